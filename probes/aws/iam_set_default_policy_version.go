package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// IAMSetDefaultPolicyVersion attempts to make another version of a managed policy count.
func IAMSetDefaultPolicyVersion() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.set-default-policy-version", Title: "Make another version of a managed policy count",
		Why:      "A developer who can choose the version of a managed policy brings old rights back.",
		Severity: probes.Critical, Fix: "Take iam:SetDefaultPolicyVersion on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098.003", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{name("policy", "a managed policy of the account that roles of production have", "prod-deploy")},
		Baseline: standing(),
	}, attempt{
		service:  "iam",
		action:   "iam:SetDefaultPolicyVersion",
		resource: "arn:{partition}:iam::{account}:policy/{policy}",
		rule: form(
			"SetDefaultPolicyVersion",
			map[string]string{"PolicyArn": "arn:{partition}:iam::{account}:policy/{policy}", "VersionId": "v" + aws.NoVersion},
		),
		reached: []string{"code:NoSuchEntity"},
		call: func(in input) call {
			return sends(
				iam.NewFromConfig,
				(*iam.Client).SetDefaultPolicyVersion,
				&iam.SetDefaultPolicyVersionInput{
					PolicyArn: in.of("arn:{partition}:iam::{account}:policy/{policy}"),
					VersionId: sdk.String("v" + aws.NoVersion),
				},
			)
		},
		state: managedPolicy,
	})
}
