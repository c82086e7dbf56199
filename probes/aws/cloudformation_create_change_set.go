package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// CloudFormationCreateChangeSet attempts to prepare a change of the stack.
func CloudFormationCreateChangeSet() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.cloudformation.create-change-set", Title: "Prepare a change of the stack",
		Why:      "A developer who can prepare change sets has whoever executes them deploy what nobody reviewed.",
		Severity: probes.High, Fix: "Take cloudformation:CreateChangeSet on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1072",
		Alters:   []string{"cloudformation:ChangeSetName", "cloudformation:TemplateUrl", "cloudformation:RoleArn"},
		Needs:    []probes.Need{name("stack", "the stack of production", "payments"), prefix()},
		Baseline: standing(),
	}, attempt{
		service:  "cloudformation",
		action:   "cloudformation:CreateChangeSet",
		resource: "arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/*",
		rule: form(
			"CreateChangeSet",
			map[string]string{
				"StackName":                        "{stack}",
				"ChangeSetName":                    "{prefix}c-{arm}",
				"ChangeSetType":                    "UPDATE",
				"TemplateBody":                     nothing(),
				"Parameters.member.1.ParameterKey": aws.NoParameter,
			},
		),
		reached: []string{"text:At least one Resources member must be defined."},
		call: func(in input) call {
			return sends(cloudformation.NewFromConfig, (*cloudformation.Client).CreateChangeSet, &cloudformation.CreateChangeSetInput{
				StackName: in.of(
					"{stack}",
				),
				ChangeSetName: in.of("{prefix}c-{arm}"),
				ChangeSetType: cfntypes.ChangeSetTypeUpdate,
				TemplateBody:  sdk.String(aws.NoPolicy),
				ClientToken:   in.of("{arm}"),
				Parameters:    []cfntypes.Parameter{{ParameterKey: sdk.String(aws.NoParameter), ParameterValue: sdk.String(aws.Anything)}},
			})
		},
		state: stack,
	})
}
