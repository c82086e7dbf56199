package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// IAMPutRolePolicy attempts to put a policy into a role.
func IAMPutRolePolicy() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.put-role-policy", Title: "Put a policy into a role",
		Why:      "A developer who can write the policy of a role gives it any right.",
		Severity: probes.Critical, Fix: "Take iam:PutRolePolicy on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098.003", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{name("role", "a role of production, without a path", "prod-deploy")},
		Bears:    []string{"iam:PermissionsBoundary"}, // of the role itself
		Baseline: standing(),
	}, attempt{
		service: "iam", action: "iam:PutRolePolicy", resource: "arn:{partition}:iam::{account}:role/{role}",
		rule:    form("PutRolePolicy", map[string]string{"PolicyDocument": noDocument(), "RoleName": "{role}", "PolicyName": "{arm}"}),
		reached: []string{"code:MalformedPolicyDocument"},
		call: func(in input) call {
			return sends(
				iam.NewFromConfig,
				(*iam.Client).PutRolePolicy,
				&iam.PutRolePolicyInput{RoleName: in.of("{role}"), PolicyName: in.of("{arm}"), PolicyDocument: sdk.String(aws.NoDocument)},
			)
		},
		state: role,
	})
}
