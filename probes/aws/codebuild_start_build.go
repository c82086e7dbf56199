package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/codebuild"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// CodeBuildStartBuild attempts to start a build that deploys.
func CodeBuildStartBuild() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.codebuild.start-build", Title: "Start a build that deploys",
		Why:      "A developer who can start builds runs what they wrote with the rights of the build.",
		Attack:   "T1072",
		Needs:    []probes.Need{prefix(), name("project", "the project that deploys, which must stay as it is", "payments-deploy")},
		Baseline: standing(),
		Limits:   []string{"What it names does not exist: a right that is granted for some names only may not show."},
	}, attempt{
		service: "codebuild", action: "codebuild:StartBuild", resource: "arn:{partition}:codebuild:{region}:{account}:project/{prefix}{arm}",
		rule:    rpc("CodeBuild_20161006.StartBuild", map[string]string{"/projectName": "{prefix}{arm}"}),
		reached: []string{"code:ResourceNotFoundException"},
		call: func(in input) call {
			return sends(codebuild.NewFromConfig, (*codebuild.Client).StartBuild, &codebuild.StartBuildInput{ProjectName: in.of("{prefix}{arm}")})
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{reads(in, "codebuild", "codebuild:BatchGetProjects", sends(codebuild.NewFromConfig, (*codebuild.Client).BatchGetProjects,
				&codebuild.BatchGetProjectsInput{Names: []string{*in.of("{project}")}}), true, "/projects/*/arn", "/projects/*/lastModified", "/projects/*/source")}
		},
	})
}
