package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/targets"
)

// Predict asks IAM's simulator for its opinion of a request by the identity's
// role: "allowed", "denied" or "unknown". The simulator knows identity
// policies, boundaries and service control policies, and neither session
// policies nor those of resources. It is the design side; the attempt is the
// proof.
func (s *Session) Predict(ctx context.Context, asked targets.Asked) string {
	role := s.identity.AWS.Role()
	if role == "" || strings.HasPrefix(asked.Action, "sts:") {
		return "unknown"
	}
	reader, err := s.account.Assume(ctx, s.account.cfg.Reader)
	if err != nil {
		return "unknown"
	}
	keys, problem := reader.reading(ctx)
	if problem != "" {
		return "unknown"
	}
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &role, ActionNames: []string{asked.Action}}
	if strings.HasPrefix(asked.Resource, "arn:") && !strings.Contains(asked.Resource, "*") {
		in.ResourceArns = []string{asked.Resource}
	}
	r := Wire("iam", s.account.cfg.Target.AWS.Region, func(cfg sdk.Config) error {
		_, err := iam.NewFromConfig(cfg).SimulatePrincipalPolicy(ctx, in)
		return err
	})
	_, v := s.account.ask(ctx, keys, r, nil, nil)
	switch text(v, "/SimulatePrincipalPolicyResult/EvaluationResults/member/EvalDecision") {
	case "allowed":
		return "allowed"
	case "implicitDeny", "explicitDeny":
		return "denied"
	default:
		return "unknown"
	}
}
