package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// SSMSendCommand attempts to run a command on an instance.
func SSMSendCommand() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.ssm.send-command", Title: "Run a command on an instance",
		Why:      "A developer who can send commands changes production by hand.",
		Attack:   "T1651",
		Needs:    []probes.Need{name("document", "the document that commands run by", "AWS-RunShellScript")},
		Baseline: standing(),
		Limits:   []string{"The instance does not exist: a right for some instances only may not show."},
	}, attempt{
		service: "ssm", action: "ssm:SendCommand", resource: "*",
		rule:    rpc("AmazonSSM.SendCommand", map[string]string{"/DocumentName": "{document}", "/InstanceIds/0": aws.NoInstance}),
		reached: []string{"code:InvalidInstanceId"},
		call: func(in input) call {
			return sends(ssm.NewFromConfig, (*ssm.Client).SendCommand, &ssm.SendCommandInput{
				DocumentName: in.of("{document}"), InstanceIds: []string{aws.NoInstance}, Comment: in.of("{arm}"), Parameters: map[string][]string{"commands": {"true"}},
			})
		},
		state: document,
	})
}
