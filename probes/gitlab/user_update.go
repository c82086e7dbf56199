package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// UserUpdate attempts to change another user's account, which does not exist, and
// which can have no empty name.
func UserUpdate() probes.Probe {
	p := writes(probes.Probe{
		ID: "gitlab.user.update", Title: "Change another user's account",
		Why:      "A developer who can change accounts makes themselves an administrator.",
		Severity: probes.Critical, Fix: "Take the administrator role from developers.",
		Attack: "T1098", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(),
		Limits: []string{"Only an administrator may do this; where none can be lent, the positive arm has to be waived."},
	}, write{
		route: "PUT /users/:id", resource: "user",
		body:    func(_ targets.Place, params probes.Params) object { return object{"note": params.Arm, "name": ""} },
		pin:     map[string]string{"/note": "{arm}", "/name": ""},
		real:    "the accounts that exist",
		reached: []string{"text:404 User Not Found"},
		state: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{theProject(place)}
		},
	})
	const path = "/api/v4/users/" + gitlab.NoID
	request := p.Request
	p.Allow[0].Path = path
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		r := request(place, params)
		r.Path = path
		return r
	}
	return p
}
