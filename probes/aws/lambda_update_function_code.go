package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// LambdaUpdateFunctionCode attempts to replace the code of a function.
func LambdaUpdateFunctionCode() probes.Probe {
	return complete(probes.Probe{
		ID: "aws.lambda.update-function-code", Title: "Replace the code of a function",
		Why:      "A developer who can replace the code of a function deploys it without review.",
		Severity: probes.High, Fix: "Take lambda:UpdateFunctionCode on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1648",
		Needs:  []probes.Need{elsewhere(name("function", "the function of production", "payments"), "payments-dev")},
	}, probes.DryRun, attempt{
		service:  "lambda",
		action:   "lambda:UpdateFunctionCode",
		resource: "arn:{partition}:lambda:{region}:{account}:function:{function}",
		rule:     rest("PUT", "/2015-03-31/functions/{function}/code", map[string]string{"/DryRun": "true", "/RevisionId": aws.NoRevision}),
		reached: []string{
			"status:200",
			"code:PreconditionFailedException",
			"text:Uploaded file must be a non-empty zip",
			"text:Could not unzip uploaded file",
		},
		call: func(in input) call {
			return sends(
				lambda.NewFromConfig,
				(*lambda.Client).UpdateFunctionCode,
				&lambda.UpdateFunctionCodeInput{
					FunctionName: in.of("{function}"),
					DryRun:       true,
					RevisionId:   sdk.String(aws.NoRevision),
					ZipFile:      emptyZip(),
				},
			)
		},
		state: function,
	})
}
