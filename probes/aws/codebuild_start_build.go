package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// CodeBuildStartBuild attempts to start a build that deploys.
func CodeBuildStartBuild() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.codebuild.start-build", Title: "Start a build that deploys",
		Why:      "A developer who can start builds runs what they wrote with the rights of the build.",
		Severity: probes.High, Fix: "Take codebuild:StartBuild on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1072",
		Needs:    []probes.Need{name("project", "the project that deploys", "payments-deploy")},
		Baseline: standing(),
	}, attempt{
		service:  "codebuild",
		action:   "codebuild:StartBuild",
		resource: "arn:{partition}:codebuild:{region}:{account}:project/{project}",
		rule: rpc(
			"CodeBuild_20161006.StartBuild",
			map[string]string{"/projectName": "{project}", "/timeoutInMinutesOverride": "1", "/queuedTimeoutInMinutesOverride": "1"},
		),
		reached: []string{"code:InvalidInputException"},
		call: func(in input) call {
			return sends(codebuild.NewFromConfig, (*codebuild.Client).StartBuild, &codebuild.StartBuildInput{
				ProjectName: in.of(
					"{project}",
				),
				TimeoutInMinutesOverride:       sdk.Int32(1),
				QueuedTimeoutInMinutesOverride: sdk.Int32(1),
				IdempotencyToken:               in.of("{arm}"),
			})
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(in, "codebuild", "codebuild:BatchGetProjects", sends(
					codebuild.NewFromConfig,
					(*codebuild.Client).BatchGetProjects,
					&codebuild.BatchGetProjectsInput{
						Names: []string{*in.of("{project}")},
					},
				), true, "/projects/*/arn", "/projects/*/lastModified", "/projects/*/source"),
			}
		},
	})
}
