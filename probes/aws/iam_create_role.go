package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// IAMCreateRole attempts to create a role.
func IAMCreateRole() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.create-role", Title: "Create a role",
		Why:      "A developer who can create a role makes themselves one with any right.",
		Severity: probes.Critical, Fix: "Take iam:CreateRole on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1136.003", Controls: probes.PrivilegeControls(),
		Alters:  []string{"iam:PermissionsBoundary", "aws:RequestTag", "aws:TagKeys"},
		Carries: map[string]string{"iam:PermissionsBoundary": "boundary", "aws:RequestTag": "tags", "aws:TagKeys": "tags"},
		Needs: []probes.Need{
			name("role", "a role that exists, without a path", "prod-deploy"), tags(),
			optional(name("boundary", "the policy of the account that the right to this demands as a boundary, without a path", "developers")),
		},
		Baseline: standing(),
	}, attempt{
		service: "iam", action: "iam:CreateRole", resource: "arn:{partition}:iam::{account}:role/{role}",
		labels:  "iam:TagRole",
		rule:    form("CreateRole", map[string]string{"AssumeRolePolicyDocument": noDocument(), "RoleName": "{role}"}),
		reached: []string{"code:EntityAlreadyExists", "code:MalformedPolicyDocument"},
		call: func(in input) call {
			role := &iam.CreateRoleInput{RoleName: in.of("{role}"), AssumeRolePolicyDocument: sdk.String(aws.NoDocument)}
			if in.vars["boundary"] != none {
				role.PermissionsBoundary = in.of("arn:{partition}:iam::{account}:policy/{boundary}")
			}
			for _, l := range in.labels() {
				role.Tags = append(role.Tags, iamtypes.Tag{Key: &l[0], Value: &l[1]})
			}
			return sends(iam.NewFromConfig, (*iam.Client).CreateRole, role)
		},
		state: role,
	})
}
