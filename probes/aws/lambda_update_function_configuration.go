package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// LambdaUpdateFunctionConfiguration attempts to change the configuration of a function.
func LambdaUpdateFunctionConfiguration() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.lambda.update-function-configuration", Title: "Change the configuration of a function",
		Why:      "A developer who can change a function's configuration changes its environment, its layers and its role.",
		Severity: probes.High, Fix: "Take lambda:UpdateFunctionConfiguration on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1648",
		Alters: []string{"lambda:VpcIds", "lambda:SubnetIds", "lambda:SecurityGroupIds", "lambda:Layer"},
		Needs:  []probes.Need{elsewhere(name("function", "the function of production", "payments"), "payments-dev")},
	}, attempt{
		service:  "lambda",
		action:   "lambda:UpdateFunctionConfiguration",
		resource: "arn:{partition}:lambda:{region}:{account}:function:{function}",
		rule: rest(
			"PUT",
			"/2015-03-31/functions/{function}/configuration",
			map[string]string{"/RevisionId": aws.NoRevision, "/DeadLetterConfig/TargetArn": "arn:{partition}:sqs:{region}:{account}:{arm}"},
		),
		reached: []string{"code:PreconditionFailedException"},
		call: func(in input) call {
			return sends(
				lambda.NewFromConfig,
				(*lambda.Client).UpdateFunctionConfiguration,
				&lambda.UpdateFunctionConfigurationInput{
					FunctionName:     in.of("{function}"),
					RevisionId:       sdk.String(aws.NoRevision),
					DeadLetterConfig: &lambdatypes.DeadLetterConfig{TargetArn: in.of("arn:{partition}:sqs:{region}:{account}:{arm}")},
				},
			)
		},
		state: function,
	})
}
