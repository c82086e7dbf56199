package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// CodeDeployCreateDeployment attempts to deploy an application.
func CodeDeployCreateDeployment() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.codedeploy.create-deployment", Title: "Deploy an application",
		Why:      "A developer who can create deployments puts any revision into production.",
		Severity: probes.High, Fix: "Take codedeploy:CreateDeployment on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1072",
		Needs:    []probes.Need{name("application", "the application", "payments"), name("group", "its deployment group of production", "prod")},
		Baseline: standing(),
	}, attempt{
		service:    "codedeploy",
		action:     "codedeploy:CreateDeployment",
		resource:   "arn:{partition}:codedeploy:{region}:{account}:deploymentgroup:{application}/{group}",
		dependents: []string{"codedeploy:GetDeploymentConfig", "codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"},
		rule: rpc(
			"CodeDeploy_20141006.CreateDeployment",
			map[string]string{"/applicationName": "{application}", "/deploymentGroupName": "{group}", "/fileExistsBehavior": aws.NoChoice},
		),
		reached: []string{"code:RevisionRequiredException", "code:InvalidFileExistsBehaviorException"},
		call: func(in input) call {
			return sends(codedeploy.NewFromConfig, (*codedeploy.Client).CreateDeployment, &codedeploy.CreateDeploymentInput{
				ApplicationName: in.of("{application}"), DeploymentGroupName: in.of("{group}"), FileExistsBehavior: aws.NoChoice,
			})
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"codedeploy",
					"codedeploy:GetDeploymentGroup",
					sends(codedeploy.NewFromConfig, (*codedeploy.Client).GetDeploymentGroup,
						&codedeploy.GetDeploymentGroupInput{ApplicationName: in.of("{application}"), DeploymentGroupName: in.of("{group}")}),
					true,
					"/deploymentGroupInfo/deploymentGroupId",
					"/deploymentGroupInfo/targetRevision",
					"/deploymentGroupInfo/lastAttemptedDeployment/deploymentId",
				),
			}
		},
	})
}
