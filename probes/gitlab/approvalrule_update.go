package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// ApprovalRuleUpdate attempts to change who must approve in the project. The
// rule does not exist, and nothing can need fewer approvals than none.
func ApprovalRuleUpdate() probes.Probe {
	return writes(probes.Probe{
		ID:       "gitlab.approvalrule.update",
		Title:    "Change the project's approval rules",
		Why:      "A developer who can change who must approve switches the independent approval off.",
		Severity: probes.Critical, Fix: `Leave approval rules to Maintainers, and switch on "Prevent editing approval rules in merge requests" for the instance or the group.`,
		Attack:   "T1562.001",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.ProjectRole},
		Baseline: standing(),
		Requires: targets.Requirements{gitlab.Edition("Premium")},
	}, write{
		route: "PUT /projects/:id/approval_rules/:approval_rule_id", path: "approval_rules/" + gitlab.NoID, resource: "approval rule",
		body: func(_ targets.Place, params probes.Params) object {
			return object{"name": params.Arm, "approvals_required": -1}
		},
		pin:     map[string]string{"/name": "{arm}", "/approvals_required": "-1"},
		real:    "the rules that are set",
		reached: []string{"text:404 Not found"},
		state:   inTheProject("approval_rules", "/*/id", "/*/name", "/*/approvals_required"),
	})
}
