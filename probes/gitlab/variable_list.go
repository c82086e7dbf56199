package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// VariableList attempts to read the project's CI variables. Of the answer only
// the status is kept.
func VariableList() probes.Probe {
	const path = projectPath + "variables"
	query := map[string]string{"per_page": "1"}
	p := complete(probes.Probe{
		ID: "gitlab.variable.list", Title: "Read the project's CI variables",
		Why:    "A developer who can read the CI variables holds the credentials that deploy to production.",
		Attack: "T1552", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(),
		Limits: []string{"One variable is sent where it is allowed; it is discarded unread and never recorded."},
	}, probes.SelfDefeating)
	p.Allow = []targets.Rule{{Method: "GET", Path: path, Query: query, Keep: []string{}}}
	p.Reached = []string{"status:200"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		return targets.Request{
			Action: "GET /projects/:id/variables", Resource: "variable", Scope: place.Scope,
			Method: "GET", Path: fill(path, params.Vars(place)), Query: query,
		}
	}
	p.State = func(place targets.Place, _ probes.Params) []targets.StateQuery {
		return []targets.StateQuery{theProject(place)}
	}
	return p
}
