package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// BranchProtect attempts to write the protection of the branch anew. It is
// protected already, and no account has the id that it names, so GitLab cannot.
func BranchProtect() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.branch.protect", Title: "Write the protection of the branch anew",
		Why:      "A developer who can write a branch's protection lets themselves push.",
		Severity: probes.Critical, Fix: "Give developers the role Developer at most: only Maintainers may write protections.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(),
	}, write{
		route: "POST /projects/:id/protected_branches", path: "protected_branches", resource: "branch protection",
		body: func(place targets.Place, _ probes.Params) object {
			return object{"name": place.Values["branch"], "allowed_to_push": []object{{"user_id": nobody}}} // Community drops the second
		},
		pin:     map[string]string{"/name": "{branch}", "/allowed_to_push/0/user_id": gitlab.NoID},
		prepare: gitlab.Exists("protected_branches/{branch_in_path}", "/name"),
		reached: []string{"text:Protected branch '{branch}' already exists"},
		state: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{reads(place, "protected_branches/"+place.Values["branch_in_path"], true,
				"/name", "/push_access_levels", "/merge_access_levels", "/allow_force_push", "/code_owner_approval_required")}
		},
	})
}
