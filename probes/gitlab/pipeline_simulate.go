package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// PipelineSimulate attempts a pipeline on the protected branch by GitLab's own
// dry run.
func PipelineSimulate() probes.Probe {
	p := writes(probes.Probe{
		ID: "gitlab.pipeline.simulate", Title: "Run a pipeline on the protected branch (simulated)",
		Why:      "A developer who can run pipelines on the protected branch deploys, and reads its protected variables.",
		Severity: probes.Medium, Fix: "Protect the branch: only who may merge or push there may simulate its pipelines.",
		Attack: "T1072", Controls: probes.ChangeControls(), Expect: []targets.Layer{targets.PipelinePermission},
	}, write{
		route: "POST /projects/:id/ci/lint", path: "ci/lint", resource: "pipeline",
		body: func(place targets.Place, _ probes.Params) object {
			return object{"content": "sod:\n  script: [\"true\"]\n", "dry_run": true, "ref": place.Values["branch"]}
		},
		pin:     map[string]string{"/dry_run": "true", "/ref": "{branch}"},
		reached: []string{"code:valid"}, keep: []string{"/valid", "/errors"},
		state: onThePipelines,
	})
	p.Technique = probes.DryRun
	return p
}

// onThePipelines is the branch, and the pipelines that the API has started
// there.
func onThePipelines(place targets.Place, _ probes.Params) []targets.StateQuery {
	api := map[string]string{"ref": place.Values["branch"], "source": "api"}
	return []targets.StateQuery{theBranch(place), listed(place, "pipelines", api, "/*/id")}
}
