package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// OrganizationsAttachPolicy attempts to attach a policy to the account.
func OrganizationsAttachPolicy() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.organizations.attach-policy", Title: "Attach a policy to the account",
		Why:    "A developer who can attach organization policies takes the guardrails of the account away.",
		Attack: "T1484", Controls: probes.PrivilegeControls(),
		Baseline: standing(),
		Limits:   []string{"Only the management account may do this: at a member the positive arm has to be waived."},
	}, attempt{
		service: "organizations", action: "organizations:AttachPolicy", resource: "arn:{partition}:organizations::*:account/*/{account}",
		rule:    rpc("AWSOrganizationsV20161128.AttachPolicy", map[string]string{"/PolicyId": aws.NoPolicyID, "/TargetId": "{account}"}),
		reached: []string{"code:PolicyNotFoundException"},
		real:    "arn:{partition}:organizations::*:policy/*",
		call: func(in input) call {
			return sends(
				organizations.NewFromConfig,
				(*organizations.Client).AttachPolicy,
				&organizations.AttachPolicyInput{PolicyId: sdk.String(aws.NoPolicyID), TargetId: in.of("{account}")},
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"organizations",
					"organizations:DescribeOrganization",
					sends(organizations.NewFromConfig, (*organizations.Client).DescribeOrganization, &organizations.DescribeOrganizationInput{}),
					true,
					"/Organization/Id",
				),
			}
		},
	})
}
