package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// SSMPutParameter attempts to write a parameter of production.
func SSMPutParameter() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.ssm.put-parameter",
		Title:    "Write a parameter of production",
		Why:      "A developer who can write parameters changes what production runs with.",
		Severity: probes.High, Fix: "Take ssm:PutParameter on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1565.001",
		Alters: []string{"ssm:Policies", "aws:RequestTag", "aws:TagKeys"},
		Needs: []probes.Need{
			elsewhere(path("parameter", "a parameter that exists, without the slash before it", "prod/payments/image"), "dev/payments/image"),
		},
	}, attempt{
		service:  "ssm",
		action:   "ssm:PutParameter",
		resource: "arn:{partition}:ssm:{region}:{account}:parameter/{parameter}",
		rule: rpc(
			"AmazonSSM.PutParameter",
			map[string]string{
				"/Name":           "/{parameter}",
				"/Overwrite":      "true",
				"/AllowedPattern": aws.NoPattern,
				"/Value":          aws.TooLong(aws.LongestValue, "{arm}"),
			},
		),
		reached: []string{"code:ParameterPatternMismatchException", "code:ValidationException"},
		call: func(in input) call {
			return sends(ssm.NewFromConfig, (*ssm.Client).PutParameter, &ssm.PutParameterInput{
				Name: in.of(
					"/{parameter}",
				),
				Value:          in.of(aws.TooLong(aws.LongestValue, "{arm}")),
				AllowedPattern: sdk.String(aws.NoPattern),
				Overwrite:      sdk.Bool(true),
				Type:           ssmtypes.ParameterTypeString,
			})
		},
		state: parameter,
	})
}
