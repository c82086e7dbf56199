package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// SSMSendCommand attempts to run a command on an instance.
func SSMSendCommand() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.ssm.send-command",
		Title:    "Run a command on an instance",
		Why:      "A developer who can send commands changes production by hand.",
		Severity: probes.High, Fix: "Take ssm:SendCommand on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1651",
		Needs: []probes.Need{
			name("document", "the document that commands run by", "AWS-RunShellScript"),
			id("instance", "an instance of production", "i"),
		},
		Baseline: standing(),
	}, attempt{
		service:  "ssm",
		action:   "ssm:SendCommand",
		resource: "*",
		asks:     "arn:{partition}:ec2:{region}:{account}:instance/{instance}",
		rule: rpc(
			"AmazonSSM.SendCommand",
			map[string]string{
				"/DocumentName":                         "{document}",
				"/InstanceIds/0":                        "{instance}",
				"/DocumentHash":                         aws.NoHash,
				"/Parameters/" + aws.NoParameter + "/0": "true",
			},
		),
		reached: []string{"code:InvalidParameters", "code:InvalidDocumentVersion"},
		call: func(in input) call {
			return sends(ssm.NewFromConfig, (*ssm.Client).SendCommand, &ssm.SendCommandInput{
				DocumentName: in.of("{document}"),
				InstanceIds:  []string{*in.of("{instance}")},
				Comment:      in.of("{arm}"),
				Parameters: map[string][]string{
					aws.NoParameter: {"true"},
				},
				DocumentHash:     sdk.String(aws.NoHash),
				DocumentHashType: ssmtypes.DocumentHashTypeSha256,
			})
		},
		state: func(in input) []targets.StateQuery { return append(document(in), theInstance(in)) },
	})
}
