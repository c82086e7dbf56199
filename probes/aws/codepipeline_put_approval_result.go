package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// CodePipelinePutApprovalResult attempts to answer an approval of the pipeline.
func CodePipelinePutApprovalResult() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.codepipeline.put-approval-result",
		Title:    "Answer an approval of the pipeline",
		Why:      "A developer who can answer the approval approves their own change.",
		Severity: probes.High, Fix: "Take codepipeline:PutApprovalResult on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098",
		Needs: []probes.Need{
			name("pipeline", "the pipeline of production", "payments"),
			name("stage", "the stage that waits for approval", "Approve"),
			name("action", "the approval in it", "Release"),
		},
		Baseline: standing(),
	}, attempt{
		service:  "codepipeline",
		action:   "codepipeline:PutApprovalResult",
		resource: "arn:{partition}:codepipeline:{region}:{account}:{pipeline}/{stage}/{action}",
		rule: rpc(
			"CodePipeline_20150709.PutApprovalResult",
			map[string]string{
				"/pipelineName":   "{pipeline}",
				"/token":          aws.NoRevision,
				"/result/status":  "Rejected",
				"/result/summary": aws.TooLong(aws.LongestSummary, "{arm}"),
			},
		),
		reached: []string{"code:InvalidApprovalTokenException", "code:ApprovalAlreadyCompletedException"},
		call: func(in input) call {
			return sends(codepipeline.NewFromConfig, (*codepipeline.Client).PutApprovalResult, &codepipeline.PutApprovalResultInput{
				PipelineName: in.of("{pipeline}"), StageName: in.of("{stage}"), ActionName: in.of("{action}"), Token: sdk.String(aws.NoRevision),
				Result: &cptypes.ApprovalResult{Status: cptypes.ApprovalStatusRejected, Summary: in.of(aws.TooLong(aws.LongestSummary, "{arm}"))},
			})
		},
		state: pipeline,
	})
}
