package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// MergeRequestRuleUpdate attempts to change who must approve one's own merge
// request. The rule does not exist, and nothing can need fewer approvals than none.
func MergeRequestRuleUpdate() probes.Probe {
	return writes(probes.Probe{
		ID:       "gitlab.mergerequest.rule-update",
		Title:    "Change the approval rules of one's own merge request",
		Why:      "A developer who can change who must approve their change chooses their own approver.",
		Severity: probes.Critical, Fix: `Switch on "Prevent editing approval rules in merge requests".`,
		Attack:   "T1562.001",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.ProjectRole},
		Baseline: standing(),
		Requires: targets.Requirements{gitlab.Edition("Premium"), gitlab.Own()},
		Needs:    []probes.Need{number("mergeRequest", "the number (!) of an open merge request of the developer's", "7")},
	}, write{
		route:    "PUT /projects/:id/merge_requests/:iid/approval_rules/:approval_rule_id",
		path:     "merge_requests/{mergeRequest}/approval_rules/" + gitlab.NoID,
		resource: "approval rule",
		body: func(_ targets.Place, params probes.Params) object {
			return object{"name": params.Arm, "approvals_required": -1}
		},
		pin:     map[string]string{"/name": "{arm}", "/approvals_required": "-1"},
		prepare: gitlab.Opened(),
		real:    "the rules of !{mergeRequest}",
		reached: []string{"text:404 Not found"},
		state: func(place targets.Place, params probes.Params) []targets.StateQuery {
			return append(owned("merge_requests/", "mergeRequest", "/author/username", "/iid", "/state")(place, params),
				listed(place, "merge_requests/"+params.With["mergeRequest"]+"/approval_rules", nil, "/*/id", "/*/name", "/*/approvals_required"))
		},
	})
}
