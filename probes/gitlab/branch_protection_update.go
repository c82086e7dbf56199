package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// BranchProtectionUpdate attempts to change the protection of the branch
// itself: to take away an access level that it does not have, and to let in an
// account that does not exist. GitLab looks for the level before it saves
// anything, and answers 404 (ActiveRecord's nested attributes). Since 17.4 a
// custom role may do this without the role that gitlab.branch.unprotect needs.
//
// The Community Edition drops both fields, and says 200 of nothing: the request
// is sent only where the edition is known to read them.
func BranchProtectionUpdate() probes.Probe {
	return writes(probes.Probe{
		ID:       "gitlab.branch.protection-update",
		Title:    "Change who may push to the protected branch",
		Why:      "A developer who can change a branch's protection lets themselves push.",
		Severity: probes.Critical, Fix: "Give developers the role Developer at most: only Maintainers may write protections.",
		Attack:   "T1562.001",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.ProjectRole},
		Baseline: standing(),
		Requires: targets.Requirements{gitlab.Edition("Premium")},
	}, write{
		route: "PATCH /projects/:id/protected_branches/:name", path: "protected_branches/{branch_in_path}", resource: "branch protection",
		body: func(targets.Place, probes.Params) object {
			return object{
				"allowed_to_push":  []object{{"id": nobody, "_destroy": true}},
				"allowed_to_merge": []object{{"user_id": nobody}},
			}
		},
		pin: map[string]string{
			"/allowed_to_push/0/id": gitlab.NoID, "/allowed_to_push/0/_destroy": "true", "/allowed_to_merge/0/user_id": gitlab.NoID,
		},
		prepare: gitlab.Present("protected_branches/{branch_in_path}", "/name"),
		reached: []string{"text:404 Not found"},
		state: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					place,
					"protected_branches/"+place.Values["branch_in_path"],
					true,
					"/name",
					"/push_access_levels",
					"/merge_access_levels",
					"/unprotect_access_levels",
					"/allow_force_push",
					"/code_owner_approval_required",
				),
			}
		},
	})
}
