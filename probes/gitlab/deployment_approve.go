package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// DeploymentApprove attempts to approve one's own deployment, which has ended.
func DeploymentApprove() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.deployment.approve", Title: "Approve one's own deployment",
		Why:    "A developer who can approve their own deployment needs nobody else.",
		Attack: "T1098", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.EnvironmentProtection}, Baseline: standing(), Tier: "Premium", Own: true,
		Needs: []probes.Need{number("deployment", "the id of a deployment to production that the developer made and that has ended", "501")},
	}, write{
		route: "POST /projects/:id/deployments/:deployment_id/approval", path: "deployments/{deployment}/approval", resource: "deployment",
		body: func(_ targets.Place, params probes.Params) object {
			return object{"status": "approved", "comment": params.Arm}
		},
		pin:     map[string]string{"/status": "approved"},
		prepare: gitlab.EndedDeployment(),
		reached: []string{"text:This deployment is not waiting for approvals."},
		state:   numbered("deployments/", "deployment", "/id", "/status", "/approvals"),
	})
}
