package aws

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sodprobe/sodprobe/targets"
)

// simulation is the one form of review: IAM's own simulator, asked about one
// action of the identity's role on one resource.
const simulation = "SimulatePrincipalPolicy"

// Oracle foresees what a role's policies and its permissions boundary decide.
// The simulator takes the organization's policies into account, too, but does not
// say which keys of the request their conditions would look at
// (MissingContextValues lists those of identity and resource policies only): what
// the organization decides is unknown.
func Oracle() targets.Oracle {
	return targets.Oracle{
		Covers: []targets.Layer{targets.IdentityPolicy, targets.PermissionsBoundary},
		Unseen: []string{
			"service and resource control policies, resource policies, session policies, VPC endpoint policies",
			"keys of a request that only a real one has, such as the source address",
		},
		Reviews: func(a targets.Action) []targets.Review { return []targets.Review{{Kind: simulation, Action: a}} },
		Says:    foresees,
	}
}

// foresees reads the recorded answer of the simulator. It speaks of one exact
// resource: of a pattern, a right for some that match it would read as a denial.
func foresees(a targets.Action, r targets.Review, x targets.Exchange) targets.Opinion {
	if r.Kind != simulation || r.Action != a || x.Status != http.StatusOK || x.Truncated || x.Cut > 0 || !exact(a.Resource) {
		return targets.Unsure
	}
	var answer struct {
		Result struct {
			Results struct{ Member json.RawMessage } `json:"EvaluationResults"`
		} `json:"SimulatePrincipalPolicyResult"`
	}
	var result struct {
		Action       string `json:"EvalActionName"`
		Resource     string `json:"EvalResourceName"`
		Decision     string `json:"EvalDecision"`
		Missing      any    `json:"MissingContextValues"`
		Organization *struct {
			Allowed string `json:"AllowedByOrganizations"`
		} `json:"OrganizationsDecisionDetail"`
	}
	if json.Unmarshal([]byte(x.Body), &answer) != nil || json.Unmarshal(answer.Result.Results.Member, &result) != nil {
		return targets.Unsure
	}
	missing := result.Missing != nil && result.Missing != ""
	byOrganization := result.Organization != nil && result.Organization.Allowed != "true"
	switch {
	case result.Action != a.Verb || result.Resource != a.Resource || missing || byOrganization:
		return targets.Unsure
	case result.Decision == "allowed":
		return targets.Allows
	case result.Decision == "implicitDeny" || result.Decision == "explicitDeny":
		return targets.Denies
	}
	return targets.Unsure
}

// exact reports whether a resource is one, and not a pattern of several.
func exact(resource string) bool { return resource != "" && !strings.ContainsAny(resource, "*?") }

// Review asks the simulator, as the observer, what the role may do. Its context
// is what a real attack would carry: the Region, and who asks.
func (s *Session) Review(ctx context.Context, r targets.Review) targets.Exchange {
	role := s.identity.AWS.Role()
	if role == "" {
		return targets.Exchange{Unfit: "the simulator asks about a role, and " + s.identity.ID + " is a profile's"}
	}
	if !exact(r.Action.Resource) {
		return targets.Exchange{Unfit: "the resource is a pattern, of which the simulator would say denied where only some are"}
	}
	t := s.account.cfg.Target.AWS
	observer, err := s.account.Assume(ctx, s.account.cfg.Reader)
	if err != nil {
		return targets.Exchange{Unfit: "the observer cannot be assumed: " + err.Error()}
	}
	keys, problem := observer.reading(ctx)
	if problem != "" {
		return targets.Exchange{Unfit: "the observer cannot read: " + problem}
	}
	entry := func(key, value string) iamtypes.ContextEntry {
		return iamtypes.ContextEntry{ContextKeyName: &key, ContextKeyType: iamtypes.ContextKeyTypeEnumString, ContextKeyValues: []string{value}}
	}
	ask := Wire("iam", t.Region, func(cfg sdk.Config) error {
		_, err := iam.NewFromConfig(cfg).SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: &role, ActionNames: []string{r.Action.Verb}, ResourceArns: []string{r.Action.Resource},
			ContextEntries: []iamtypes.ContextEntry{
				entry("aws:RequestedRegion", t.Region), entry("aws:PrincipalArn", role), entry("aws:PrincipalAccount", t.AccountID),
			},
		})
		return err
	})
	x, _ := s.account.ask(ctx, keys, ask, nil, nil, "/SimulatePrincipalPolicyResult/EvaluationResults")
	return x
}
