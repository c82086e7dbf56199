package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// IAMAttachRolePolicy attempts to attach a managed policy to a role: one that
// AWS attaches to the roles of its services alone.
func IAMAttachRolePolicy() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.attach-role-policy", Title: "Attach a managed policy to a role",
		Why:      "A developer who can attach policies makes any role an administrator.",
		Severity: probes.Critical, Fix: "Take iam:AttachRolePolicy on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098.003", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{name("role", "a role of production, without a path", "prod-deploy")},
		Bears:    []string{"iam:PermissionsBoundary"}, // of the role itself
		Baseline: standing(),
		Alters:   []string{"iam:PolicyARN"},
		Limits:   []string{"The policy is one of AWS's own, which nobody may attach: a right to attach some policies only may not show."},
	}, attempt{
		service: "iam", action: "iam:AttachRolePolicy", resource: "arn:{partition}:iam::{account}:role/{role}",
		rule:    form("AttachRolePolicy", map[string]string{"PolicyArn": "arn:{partition}:iam::aws:" + aws.ServicePolicy, "RoleName": "{role}"}),
		reached: []string{"code:PolicyNotAttachable"},
		call: func(in input) call {
			return sends(
				iam.NewFromConfig,
				(*iam.Client).AttachRolePolicy,
				&iam.AttachRolePolicyInput{RoleName: in.of("{role}"), PolicyArn: in.of("arn:{partition}:iam::aws:" + aws.ServicePolicy)},
			)
		},
		state: role,
	})
}
