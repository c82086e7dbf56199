package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// MergeRequestRuleUpdate attempts to change who must approve a merge request.
// The rule does not exist.
func MergeRequestRuleUpdate() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.mergerequest.rule-update", Title: "Change the approval rules of a merge request",
		Why:    "A developer who can change who must approve their change chooses their own approver.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(), Tier: "Premium",
		Needs: []probes.Need{number("mergeRequest", "the number (!) of an open merge request of another's", "8")},
	}, write{
		route: "PUT /projects/:id/merge_requests/:iid/approval_rules/:approval_rule_id", path: "merge_requests/{mergeRequest}/approval_rules/" + gitlab.NoID, resource: "approval rule",
		body:    func(_ targets.Place, params probes.Params) object { return object{"name": params.Arm} },
		pin:     map[string]string{"/name": "{arm}"},
		prepare: gitlab.Opened(),
		reached: []string{"text:404 Not found"},
		state: func(place targets.Place, params probes.Params) []targets.StateQuery {
			return []targets.StateQuery{
				reads(place, "merge_requests/"+params.With["mergeRequest"], true, "/iid", "/state"),
				listed(place, "merge_requests/"+params.With["mergeRequest"]+"/approval_rules", nil, "/*/id", "/*/name", "/*/approvals_required"),
			}
		},
	})
}
