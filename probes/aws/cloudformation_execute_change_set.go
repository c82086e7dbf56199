package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/sodprobe/sodprobe/probes"
)

// CloudFormationExecuteChangeSet attempts to execute a change of the stack.
func CloudFormationExecuteChangeSet() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.cloudformation.execute-change-set", Title: "Execute a change of the stack",
		Why:      "A developer who can execute change sets deploys by themselves.",
		Severity: probes.High, Fix: "Take cloudformation:ExecuteChangeSet on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1072",
		Alters:   []string{"cloudformation:ChangeSetName"},
		Needs:    []probes.Need{name("stack", "the stack of production", "payments"), prefix()},
		Baseline: standing(),
	}, attempt{
		service:  "cloudformation",
		action:   "cloudformation:ExecuteChangeSet",
		resource: "arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/*",
		rule:     form("ExecuteChangeSet", map[string]string{"StackName": "{stack}", "ChangeSetName": "{prefix}x-{arm}"}),
		reached:  []string{"code:ChangeSetNotFound"},
		call: func(in input) call {
			return sends(
				cloudformation.NewFromConfig,
				(*cloudformation.Client).ExecuteChangeSet,
				&cloudformation.ExecuteChangeSetInput{
					StackName:          in.of("{stack}"),
					ChangeSetName:      in.of("{prefix}x-{arm}"),
					ClientRequestToken: in.of("{arm}"),
				},
			)
		},
		state: stack,
	})
}
