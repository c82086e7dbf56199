package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/template"
)

// VariableList attempts to read the project's CI variables, by the name of one
// that does not exist: GitLab asks who may read them first (lib/api/ci/variables.rb,
// 18.9), and no value is sent. A list of them would also be an event of its audit.
func VariableList() probes.Probe {
	const path = projectPath + "variables/{run}"
	p := complete(probes.Probe{
		ID: "gitlab.variable.list", Title: "Read the project's CI variables",
		Why:      "A developer who can read the CI variables holds the credentials that deploy to production.",
		Severity: probes.High, Fix: "Give developers the role Developer at most: only Maintainers may read CI/CD variables.",
		Attack: "T1552", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(),
		Limits: []string{"The variable that is asked for does not exist: no value is ever sent."},
	}, probes.SelfDefeating)
	p.Allow = []targets.Rule{{Method: "GET", Path: path, Keep: []string{}}}
	p.Reached = []string{"text:404 Variable Not Found"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		return targets.Request{
			Action: "GET /projects/:id/variables/:key", Resource: "variable", Scope: place.Scope,
			Method: "GET", Path: template.Text(path, params.Vars(place)),
		}
	}
	p.State = func(place targets.Place, _ probes.Params) []targets.StateQuery {
		return []targets.StateQuery{theProject(place)}
	}
	return p
}
