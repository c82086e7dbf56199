package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// IAMCreateRole attempts to create a role.
func IAMCreateRole() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.create-role", Title: "Create a role",
		Why:    "A developer who can create a role makes themselves one with any right.",
		Attack: "T1136.003", Controls: probes.PrivilegeControls(),
		Alters:   []string{"iam:PermissionsBoundary", "aws:RequestTag", "aws:TagKeys"},
		Needs:    []probes.Need{name("role", "a role that exists, without a path", "prod-deploy")},
		Baseline: standing(),
	}, attempt{
		service: "iam", action: "iam:CreateRole", resource: "arn:{partition}:iam::{account}:role/{role}",
		rule:    form("CreateRole", map[string]string{"AssumeRolePolicyDocument": noDocument(), "RoleName": "{role}"}),
		reached: []string{"code:EntityAlreadyExists", "code:MalformedPolicyDocument"},
		call: func(in input) call {
			return sends(
				iam.NewFromConfig,
				(*iam.Client).CreateRole,
				&iam.CreateRoleInput{RoleName: in.of("{role}"), AssumeRolePolicyDocument: sdk.String(aws.NoDocument)},
			)
		},
		state: role,
	})
}
