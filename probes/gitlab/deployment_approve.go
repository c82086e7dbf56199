package gitlab

import (
	"strings"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// DeploymentApprove attempts to approve one's own deployment, which waits for it.
// The approval cannot be stored for two reasons, each of which would do: it is made
// for a group that is in no rule, and its comment is longer than one may be. GitLab
// looks at both only after it has decided who may approve
// (ee/app/services/deployments/approval_service.rb, ee/app/models/deployments/approval.rb, 18.9).
func DeploymentApprove() probes.Probe {
	tooLong := strings.Repeat(".", 256)
	return writes(probes.Probe{
		ID:       "gitlab.deployment.approve",
		Title:    "Approve one's own deployment",
		Why:      "A developer who can approve their own deployment needs nobody else.",
		Severity: probes.Critical, Fix: "Protect the environment, and require an approval by a group that its developers are not in, without self-approval.",
		Attack:   "T1098",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.EnvironmentProtection},
		Baseline: standing(),
		Requires: targets.Requirements{gitlab.Edition("Premium"), gitlab.Own()},
		Needs: []probes.Need{
			number("deployment", "the id of a deployment to production that the developer made and that waits for approval", "502"),
		},
	}, write{
		route: "POST /projects/:id/deployments/:deployment_id/approval", path: "deployments/{deployment}/approval", resource: "deployment",
		body: func(_ targets.Place, params probes.Params) object {
			return object{"status": "approved", "represented_as": params.Run, "comment": params.Arm + tooLong}
		},
		pin:     map[string]string{"/status": "approved", "/represented_as": "{run}", "/comment": "{arm}" + tooLong},
		shown:   true,
		prepare: gitlab.WaitingDeployment(),
		reached: []string{"text:There are no approval rules for the given `represent_as` parameter"},
		state:   owned("deployments/", "deployment", "/user/username", "/id", "/status", "/approvals"),
	})
}
