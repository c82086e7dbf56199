package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// VariableCreate attempts to create a CI variable whose name is none.
func VariableCreate() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.variable.create", Title: "Write a CI variable",
		Why:      "A developer who can write CI variables changes what the pipeline deploys, and as whom.",
		Severity: probes.High, Fix: "Give developers the role Developer at most: only Maintainers may write CI/CD variables.",
		Attack: "T1565.001", Controls: probes.ChangeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(),
		Limits: []string{"The variables are not read before and after: that would read their values."},
	}, write{
		route: "POST /projects/:id/variables", path: "variables", resource: "variable",
		body: func(targets.Place, probes.Params) object {
			return object{"key": gitlab.NoVariable, "value": "x", "masked": true}
		},
		pin:     map[string]string{"/key": gitlab.NoVariable, "/masked": "true"},
		reached: []string{"text:key: can contain only letters, digits and '_'."},
		state: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{theProject(place)}
		},
	})
}
