package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// PipelineCreate attempts a pipeline on the protected branch, with one variable
// named twice, which GitLab refuses before it stores anything.
func PipelineCreate() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.pipeline.create", Title: "Run a pipeline on the protected branch",
		Why:      "A developer who can run pipelines on the protected branch runs its deployment jobs, with its protected variables.",
		Severity: probes.High, Fix: "Protect the branch: only who may merge or push there may run its pipelines.",
		Attack: "T1072", Controls: probes.ChangeControls(), Expect: []targets.Layer{targets.PipelinePermission},
		Requires: targets.Requirements{gitlab.Version("17.11")},
	}, write{
		route: "POST /projects/:id/pipeline", path: "pipeline", resource: "pipeline",
		body: func(place targets.Place, _ probes.Params) object {
			return object{"ref": place.Values["branch"], "variables": []object{{"key": "SODPROBE", "value": "1"}, {"key": "SODPROBE", "value": "2"}}}
		},
		pin:     map[string]string{"/ref": "{branch}", "/variables/0/key": "SODPROBE", "/variables/1/key": "SODPROBE"},
		before:  "it looks at the variables before it asks who may run a pipeline",
		reached: []string{"text:Duplicate variable name: SODPROBE", "text:Insufficient permissions to set pipeline variables"},
		state:   onThePipelines,
	})
}
