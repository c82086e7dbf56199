package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// KMSPutKeyPolicy attempts to write the policy of a key.
func KMSPutKeyPolicy() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.kms.put-key-policy", Title: "Write the policy of a key",
		Why:      "A developer who can write a key's policy decides who reads the secrets of production.",
		Severity: probes.Critical, Fix: "Take kms:PutKeyPolicy on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{name("key", "the id of a key of production", "1234abcd-12ab-34cd-56ef-1234567890ab")},
		Baseline: standing(),
	}, attempt{
		service: "kms", action: "kms:PutKeyPolicy", resource: "arn:{partition}:kms:{region}:{account}:key/{key}",
		rule:    rpc("TrentService.PutKeyPolicy", map[string]string{"/KeyId": "{key}", "/Policy": noDocument(), "/PolicyName": aws.NoChoice}),
		reached: []string{"code:MalformedPolicyDocumentException"},
		call: func(in input) call {
			return sends(
				kms.NewFromConfig,
				(*kms.Client).PutKeyPolicy,
				&kms.PutKeyPolicyInput{KeyId: in.of("{key}"), Policy: sdk.String(aws.NoDocument), PolicyName: sdk.String(aws.NoChoice)},
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"kms",
					"kms:GetKeyPolicy",
					sends(kms.NewFromConfig, (*kms.Client).GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: in.of("{key}")}),
					true,
					"/Policy",
				),
			}
		},
	})
}
