package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// SSMStartSession attempts to open a shell on an instance.
func SSMStartSession() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.ssm.start-session",
		Title:    "Open a shell on an instance",
		Why:      "A developer who can open a shell changes production by hand, unseen by the pipeline.",
		Severity: probes.High, Fix: "Take ssm:StartSession on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1021.007",
		Needs: []probes.Need{
			name("document", "the document that commands run by", "AWS-RunShellScript"),
			id("instance", "an instance of production, of which the rules are asked", "i"),
		},
		Baseline: standing(),
		Limits:   []string{"The instance does not exist: a right for some instances only may not show."},
	}, attempt{
		service: "ssm", action: "ssm:StartSession", resource: "arn:{partition}:ec2:{region}:{account}:instance/" + aws.NoInstance,
		rule:    rpc("AmazonSSM.StartSession", map[string]string{"/Target": aws.NoInstance}),
		reached: []string{"code:TargetNotConnected"},
		real:    "arn:{partition}:ec2:{region}:{account}:instance/{instance}",
		call: func(in input) call {
			return sends(
				ssm.NewFromConfig,
				(*ssm.Client).StartSession,
				&ssm.StartSessionInput{Target: sdk.String(aws.NoInstance), Reason: in.of("{arm}")},
			)
		},
		state: func(in input) []targets.StateQuery { return append(document(in), theInstance(in)) },
	})
}
