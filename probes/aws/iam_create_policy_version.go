package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// IAMCreatePolicyVersion attempts to write a new version of a managed policy.
func IAMCreatePolicyVersion() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.create-policy-version", Title: "Write a new version of a managed policy",
		Why:      "A developer who can write a version of a managed policy changes the rights of everybody who has it.",
		Severity: probes.Critical, Fix: "Take iam:CreatePolicyVersion on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098.003", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{name("policy", "a managed policy of the account that roles of production have", "prod-deploy")},
		Baseline: standing(),
	}, attempt{
		service:  "iam",
		action:   "iam:CreatePolicyVersion",
		resource: "arn:{partition}:iam::{account}:policy/{policy}",
		rule: form(
			"CreatePolicyVersion",
			map[string]string{"PolicyDocument": noDocument(), "PolicyArn": "arn:{partition}:iam::{account}:policy/{policy}"},
		),
		reached: []string{"code:MalformedPolicyDocument", "code:LimitExceeded"},
		call: func(in input) call {
			return sends(
				iam.NewFromConfig,
				(*iam.Client).CreatePolicyVersion,
				&iam.CreatePolicyVersionInput{
					PolicyArn:      in.of("arn:{partition}:iam::{account}:policy/{policy}"),
					PolicyDocument: sdk.String(aws.NoDocument),
				},
			)
		},
		state: managedPolicy,
	})
}
