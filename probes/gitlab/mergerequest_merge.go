package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// MergeRequestMerge attempts to merge one's own merge request, with the hash
// of another commit.
func MergeRequestMerge() probes.Probe {
	return writes(probes.Probe{
		ID:       "gitlab.mergerequest.merge",
		Title:    "Merge one's own merge request without approval",
		Why:      "A developer who can merge what nobody approved deploys alone.",
		Severity: probes.Critical, Fix: `Protect the branch, set "Allowed to merge" to the release accounts, and require approvals.`,
		Attack:   "T1195.002",
		Controls: probes.ChangeControls(),
		Expect:   []targets.Layer{targets.BranchProtection, targets.MergeApproval},
		Requires: targets.Requirements{gitlab.Own()},
		Needs: []probes.Need{
			elsewhere(
				number(
					"mergeRequest",
					"the number (!) of an open merge request of the developer's into the protected branch, which lacks nothing but approval; under permitted, one into the allowed branch",
					"7",
				),
				"8",
			),
		},
	}, write{
		route: "PUT /projects/:id/merge_requests/:iid/merge", path: "merge_requests/{mergeRequest}/merge", resource: "merge request",
		body:    func(targets.Place, probes.Params) object { return object{"sha": gitlab.Nowhere} },
		pin:     map[string]string{"/sha": gitlab.Nowhere},
		prepare: gitlab.Opened(),
		reached: []string{"text:SHA does not match HEAD of source branch…"},
		state:   owned("merge_requests/", "mergeRequest", "/author/username", "/iid", "/state", "/sha", "/target_branch"),
	})
}
