package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/template"
)

// MergeRequestApprove asks whether the author may approve. There is no form of
// the approval itself that could not count, so this is examined only.
func MergeRequestApprove() probes.Probe {
	const path = projectPath + "merge_requests/{mergeRequest}/approvals"
	p := complete(probes.Probe{
		ID:       "gitlab.mergerequest.approve",
		Title:    "Approve one's own merge request",
		Why:      "A developer who can approve their own change needs nobody else.",
		Severity: probes.Critical, Fix: `Switch on "Prevent approval by merge request creator" and "Prevent approvals by users who add commits".`,
		Attack:   "T1098",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.MergeApproval},
		Baseline: standing(),
		Requires: targets.Requirements{gitlab.Edition("Premium")},
		Needs:    []probes.Need{number("mergeRequest", "the number (!) of an open merge request of the developer's", "7")},
		Limits:   []string{"Examined only: GitLab's opinion is recorded, and is never a verdict."},
	}, probes.Examine)
	p.Allow = []targets.Rule{{Method: "GET", Path: path, Keep: []string{"/user_can_approve", "/user_has_approved"}}}
	p.Reached = []string{"status:200"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		return targets.Request{
			Action: "GET /projects/:id/merge_requests/:iid/approvals", Resource: "approval", Scope: place.Scope,
			Method: "GET", Path: template.Text(path, params.Vars(place)),
		}
	}
	p.State = numbered("merge_requests/", "mergeRequest", "/iid", "/state", "/sha")
	return p
}
