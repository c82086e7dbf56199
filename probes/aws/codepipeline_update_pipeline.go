package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// CodePipelineUpdatePipeline attempts to change the pipeline.
func CodePipelineUpdatePipeline() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.codepipeline.update-pipeline",
		Title:    "Change the pipeline",
		Why:      "A developer who can change the pipeline leaves its approval out.",
		Severity: probes.High, Fix: "Take codepipeline:UpdatePipeline on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1195.002",
		Needs: []probes.Need{
			name("pipeline", "the pipeline of production", "payments"),
			path("role", "the pipeline's own service role, with its path if it has one", "payments-pipeline"),
		},
		Baseline: standing(),
	}, attempt{
		service:    "codepipeline",
		action:     "codepipeline:UpdatePipeline",
		resource:   "arn:{partition}:codepipeline:{region}:{account}:{pipeline}",
		dependents: []string{"iam:PassRole"},
		rule: rpc(
			"CodePipeline_20150709.UpdatePipeline",
			map[string]string{
				"/pipeline/name":          "{pipeline}",
				"/pipeline/stages":        "[]",
				"/pipeline/executionMode": aws.NoChoice,
				"/pipeline/roleArn":       "arn:{partition}:iam::{account}:role/{role}",
			},
		),
		reached: []string{"code:InvalidStructureException", "code:InvalidStageDeclarationException", "code:ValidationException"},
		call: func(in input) call {
			return sends(
				codepipeline.NewFromConfig,
				(*codepipeline.Client).UpdatePipeline,
				&codepipeline.UpdatePipelineInput{Pipeline: &cptypes.PipelineDeclaration{
					Name: in.of(
						"{pipeline}",
					),
					RoleArn:       in.of("arn:{partition}:iam::{account}:role/{role}"),
					ExecutionMode: aws.NoChoice,
					Stages:        []cptypes.StageDeclaration{},
				}},
			)
		},
		state: ownPipeline,
	})
}
