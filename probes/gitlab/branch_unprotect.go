package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// BranchUnprotect attempts to take a branch's protection away. The branch does
// not exist.
func BranchUnprotect() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.branch.unprotect", Title: "Take the protection of a branch away",
		Why:      "A developer who can take a branch's protection away pushes to it afterwards.",
		Severity: probes.Critical, Fix: "Give developers the role Developer at most: only Maintainers may remove protections.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(),
		Also: func(place targets.Place, _ targets.Request) []targets.Action {
			return []targets.Action{{Verb: "PATCH /projects/:id/protected_branches/:name", Resource: "branch protection", Scope: place.Scope}}
		},
	}, write{
		route:    "PUT /projects/:id/repository/branches/:branch/unprotect",
		path:     "repository/branches/{arm}/unprotect",
		resource: "branch protection",
		real:     "{branch}",
		reached:  []string{"text:404 Branch Not Found"},
		state: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{
				theBranch(place),
				listed(place, "protected_branches", nil, "/*/name", "/*/push_access_levels", "/*/merge_access_levels", "/*/allow_force_push"),
			}
		},
	})
}
