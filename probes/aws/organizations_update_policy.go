package aws

import (
	"regexp"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// OrganizationsUpdatePolicy attempts to write a policy of the organization.
// Attaching and detaching one have no form that cannot take effect on the real
// policy, so that the rules are asked about them.
func OrganizationsUpdatePolicy() probes.Probe {
	const policy = "arn:{partition}:organizations::{management}:policy/{organization}/service_control_policy/{guardrail}"
	return defeats(probes.Probe{
		ID: "aws.organizations.update-policy", Title: "Write a service control policy",
		Why:      "A developer who can write organization policies takes the guardrails of the account away.",
		Severity: probes.Critical, Fix: "Take organizations:UpdatePolicy on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1484", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{
			{
				Name: "management", Doc: "the id of the organization's management account", Example: "999988887777",
				Pattern: regexp.MustCompile(`^[0-9]{12}$`),
			},
			{
				Name: "organization", Doc: "the id of the organization", Example: "o-exampleorg1",
				Pattern: regexp.MustCompile(`^o-[a-z0-9]{10,32}$`),
			},
			{
				Name: "guardrail", Doc: "the id of a service control policy that guards the account", Example: "p-examplepolicy1",
				Pattern: regexp.MustCompile(`^p-[0-9a-zA-Z_]{8,128}$`),
			},
		},
		Baseline: standing(),
		Limits: []string{
			"Only the management account and a delegated administrator may do this: at another member the positive arm has to be waived.",
		},
		Also: func(_ targets.Place, r targets.Request) []targets.Action {
			var out []targets.Action
			for _, verb := range []string{"organizations:DetachPolicy", "organizations:AttachPolicy"} {
				out = append(out, targets.Action{Verb: verb, Resource: r.Resource, Scope: r.Scope})
			}
			return out
		},
	}, attempt{
		service: "organizations", action: "organizations:UpdatePolicy", resource: policy,
		rule:    rpc("AWSOrganizationsV20161128.UpdatePolicy", map[string]string{"/PolicyId": "{guardrail}", "/Content": noDocument()}),
		reached: []string{"code:MalformedPolicyDocumentException"},
		call: func(in input) call {
			return sends(
				organizations.NewFromConfig,
				(*organizations.Client).UpdatePolicy,
				&organizations.UpdatePolicyInput{PolicyId: in.of("{guardrail}"), Content: sdk.String(aws.NoDocument)},
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"organizations",
					"organizations:DescribePolicy",
					sends(
						organizations.NewFromConfig,
						(*organizations.Client).DescribePolicy,
						&organizations.DescribePolicyInput{PolicyId: in.of("{guardrail}")},
					),
					true,
					"/Policy/PolicySummary/Arn",
					"/Policy/Content",
				),
			}
		},
	})
}
