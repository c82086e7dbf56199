package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// IAMUpdateAssumeRolePolicy attempts to change who may assume a role.
func IAMUpdateAssumeRolePolicy() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.update-assume-role-policy", Title: "Change who may assume a role",
		Why:      "A developer who can change the trust policy of a role assumes it themselves.",
		Severity: probes.Critical, Fix: "Take iam:UpdateAssumeRolePolicy on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{name("role", "a role of production, without a path", "prod-deploy")},
		Baseline: standing(),
	}, attempt{
		service: "iam", action: "iam:UpdateAssumeRolePolicy", resource: "arn:{partition}:iam::{account}:role/{role}",
		rule:    form("UpdateAssumeRolePolicy", map[string]string{"PolicyDocument": noDocument(), "RoleName": "{role}"}),
		reached: []string{"code:MalformedPolicyDocument"},
		call: func(in input) call {
			return sends(
				iam.NewFromConfig,
				(*iam.Client).UpdateAssumeRolePolicy,
				&iam.UpdateAssumeRolePolicyInput{RoleName: in.of("{role}"), PolicyDocument: sdk.String(aws.NoDocument)},
			)
		},
		state: role,
	})
}
