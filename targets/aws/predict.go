package aws

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
)

// The forms of review: IAM's own simulator, asked about one action of the identity's
// role on one resource, in the context of a real attack or without the key of it that
// has many values.
const (
	simulation = "SimulatePrincipalPolicy"
	ofAnyValue = "SimulatePrincipalPolicy, of any value"
)

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
		Reviews: reviewsOf,
		Says:    foresees,
		Notes:   asides,

		Keyed:    true,
		Recorded: recorded,
	}
}

// simulationResult is what the simulator says of one action on one resource. The
// results by resource tell more: the one above them is the strictest of all, and
// leaves out which keys are missing for which ("SimulatePrincipalPolicy", IAM API
// reference).
type simulationResult struct {
	Action       string        `json:"EvalActionName"`
	Resource     string        `json:"EvalResourceName"`
	Decision     string        `json:"EvalDecision"`
	Missing      keyList       `json:"MissingContextValues"`
	Organization *organization `json:"OrganizationsDecisionDetail"`
	Specific     *struct {
		Member *struct {
			Resource string  `json:"EvalResourceName"`
			Decision string  `json:"EvalResourceDecision"`
			Missing  keyList `json:"MissingContextValues"`
		} `json:"member"`
	} `json:"ResourceSpecificResults"`
}

type organization struct {
	Allowed string `json:"AllowedByOrganizations"`
}

// keyList are names of condition keys, as IAM lists them.
type keyList struct {
	Member oneOrMore `json:"member"`
}

// UnmarshalJSON implements json.Unmarshaler: an empty list is an empty text.
func (m *keyList) UnmarshalJSON(b []byte) error {
	type whole keyList
	if string(b) == `""` {
		return nil
	}
	return json.Unmarshal(b, (*whole)(m))
}

// simulationOf reads a recorded answer of the simulator, false where it does not
// speak of that very action on that very resource, and of it alone.
func simulationOf(a targets.Action, r targets.Review, x targets.Exchange) (simulationResult, bool) {
	var answer struct {
		Result struct {
			Results struct{ Member json.RawMessage } `json:"EvaluationResults"`
		} `json:"SimulatePrincipalPolicyResult"`
	}
	var got simulationResult
	about := a.Resource
	if !exact(about) {
		about = foundStack(about, x.Steps)
	}
	if r.Kind != simulation && r.Kind != ofAnyValue || r.Action != a || x.Status != http.StatusOK || x.Truncated || x.Cut > 0 || about == "" ||
		json.Unmarshal([]byte(x.Body), &answer) != nil || json.Unmarshal(answer.Result.Results.Member, &got) != nil {
		return got, false
	}
	if one := got.Specific; one != nil && one.Member != nil {
		if one.Member.Resource != about || one.Member.Decision != got.Decision {
			return got, false
		}
		got.Missing.Member = append(got.Missing.Member, one.Member.Missing.Member...)
	}
	return got, got.Action == a.Verb && got.Resource == about
}

// foresees reads the recorded answer of the simulator. It speaks of one exact
// resource: of a pattern, a right for some that match it would read as a denial.
func foresees(a targets.Action, r targets.Review, x targets.Exchange) targets.Opinion {
	got, ok := simulationOf(a, r, x)
	byOrganization := got.Organization != nil && got.Organization.Allowed != "true"
	switch {
	case !ok || len(got.Missing.Member) > 0 || byOrganization:
		return targets.Unsure
	case got.Decision == "allowed":
		return targets.Allows
	case r.Kind == simulation && exemplary(a.Verb) != "":
		return targets.Unsure // of one value only
	case got.Decision == "implicitDeny" || got.Decision == "explicitDeny":
		return targets.Denies
	}
	return targets.Unsure
}

// asides reads what the simulator says of the organization, and in which keys that
// the role's policies look at a session of ours is not like the person's own; and
// at which they look that nobody gave.
func asides(a targets.Action, r targets.Review, x targets.Exchange) targets.Notes {
	var out targets.Notes
	got, ok := simulationOf(a, r, x)
	if ok && len(got.Missing.Member) == 0 && got.Organization != nil {
		out.Organization = map[string]targets.Opinion{"true": targets.Allows, "false": targets.Denies}[got.Organization.Allowed]
	}
	var used []string
	for _, step := range x.Steps {
		if keys := keysUsed(step); keys != nil {
			used = append(append([]string{}, used...), keys...)
		}
	}
	out.Looks = used
	out.Unsaid = slices.DeleteFunc(slices.Clone(used), ofResource) // by any statement, where it is not known which speak of the action
	if ok {
		out.Unsaid = slices.DeleteFunc(slices.Clone(got.Missing.Member), ofResource)
	}
	out.Lacks = lacks(slices.Concat(used, got.Missing.Member), keysSent(x))
	return out
}

// reviewsOf are the questions about an action: where it has a key with many values
// in life, first with the one that an attacker would want most, whose yes is a yes;
// and then with none, since the no to one value leaves the others open.
func reviewsOf(a targets.Action) []targets.Review {
	out := []targets.Review{{Kind: simulation, Action: a}}
	if exemplary(a.Verb) != "" {
		out = append(out, targets.Review{Kind: ofAnyValue, Action: a})
	}
	return out
}

// exemplary is the key of an action that has many values in life, "" where it has
// none.
func exemplary(action string) string {
	return map[string]string{"iam:AttachRolePolicy": "iam:PolicyARN", "iam:PassRole": "iam:PassedToService"}[action]
}

// exact reports whether a resource is one, and not a pattern of several.
func exact(resource string) bool { return resource != "" && !strings.ContainsAny(resource, "*?") }

// stackOf is the name of a stack whose ARN ends in an id that a request does not
// say.
func stackOf(pattern string) (string, bool) {
	_, rest, ok := strings.Cut(pattern, ":stack/")
	name, whole := strings.CutSuffix(rest, "/*")
	return name, ok && whole && exact(name)
}

const stackID = "/DescribeStacksResult/Stacks/member/StackId"

// foundStack is the ARN of the one stack that a pattern stands for, by the recorded
// answer to DescribeStacks; "" where there is no such answer, or several.
func foundStack(pattern string, steps []targets.Exchange) string {
	if _, ok := stackOf(pattern); !ok {
		return ""
	}
	for _, x := range steps {
		v, err := document.Read([]byte(x.Body))
		if x.Status != http.StatusOK || x.Truncated || x.Cut > 0 || err != nil {
			continue
		}
		if arn := text(v, stackID); exact(arn) && wildcard(pattern, arn) {
			return arn
		}
	}
	return ""
}

// Review asks the simulator, as the observer, what the role may do. Its context
// is what a real attack would carry: the Region, who asks, the tags of the
// session, and what the action itself says. Which keys the role's policies look
// at stands as a step.
func (s *Session) Review(ctx context.Context, r targets.Review) targets.Exchange {
	t := accountOf(s.account.cfg.Target)
	observer, err := s.account.assume(ctx, s.account.cfg.Reader)
	if err != nil {
		return targets.Exchange{Unfit: "the observer cannot be assumed: " + err.Error()}
	}
	keys, problem := observer.reading(ctx)
	if problem != "" {
		return targets.Exchange{Unfit: "the observer cannot read: " + problem}
	}
	role, steps := on(s.identity).Role(), []targets.Exchange(nil)
	if role == "" {
		role, steps = s.account.roleOf(ctx, keys, on(s.identity).Principal)
	}
	if role == "" {
		return targets.Exchange{Unfit: "the simulator asks about a role, and which one " + s.identity.ID + " has cannot be read", Steps: steps}
	}
	used := s.account.once("keys of "+role, func() targets.Exchange {
		ask := Wire("iam", t.Region, func(cfg sdk.Config) error {
			in := &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: &role}
			_, err := iam.NewFromConfig(cfg).GetContextKeysForPrincipalPolicy(ctx, in)
			return err
		})
		x, _ := s.account.ask(ctx, keys, ask, nil, nil, "/GetContextKeysForPrincipalPolicyResult/ContextKeyNames")
		return x
	})
	about, steps := r.Action.Resource, append(steps, used)
	if name, ok := stackOf(about); ok {
		x := s.account.once("the stack "+name, func() targets.Exchange {
			ask := Wire("cloudformation", t.Region, func(cfg sdk.Config) error {
				_, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
				return err
			})
			x, _ := s.account.ask(ctx, keys, ask, nil, nil, stackID)
			return x
		})
		steps = append(steps, x)
		about = foundStack(about, steps)
	}
	if !exact(about) {
		return targets.Exchange{
			Unfit: "the resource is a pattern, of which the simulator would say denied where only some are",
			Steps: steps,
		}
	}
	organization := s.account.once("the organization", func() targets.Exchange {
		ask := Wire("organizations", t.Region, func(cfg sdk.Config) error {
			_, err := organizations.NewFromConfig(cfg).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
			return err
		})
		x, _ := s.account.ask(ctx, keys, ask, nil, nil, "/Organization/Id")
		return x
	})
	ask := Wire("iam", t.Region, func(cfg sdk.Config) error {
		_, err := iam.NewFromConfig(cfg).SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: &role, ActionNames: []string{r.Action.Verb}, ResourceArns: []string{about},
			ContextEntries: s.inLife(r, role, organization),
		})
		return err
	})
	x, _ := s.account.ask(ctx, keys, ask, nil, nil, "/SimulatePrincipalPolicyResult/EvaluationResults")
	x.Steps = append(steps, organization)
	return x
}

// roleOf is the ARN of the role that a session is of, by its name: a profile says
// the session alone, which leaves the role's path out ("IAM identifiers", IAM user
// guide). It is "" where that cannot be read.
func (a *Account) roleOf(ctx context.Context, keys Keys, session string) (string, []targets.Exchange) {
	_, rest, _ := strings.Cut(session, ":assumed-role/")
	name, _, ok := strings.Cut(rest, "/")
	if !ok {
		return "", nil
	}
	x := a.once("the role "+name, func() targets.Exchange {
		ask := Wire("iam", accountOf(a.cfg.Target).Region, func(cfg sdk.Config) error {
			_, err := iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
			return err
		})
		x, _ := a.ask(ctx, keys, ask, nil, nil, roleARN)
		return x
	})
	v, err := document.Read([]byte(x.Body))
	if x.Status != http.StatusOK || x.Truncated || x.Cut > 0 || err != nil {
		return "", []targets.Exchange{x}
	}
	return text(v, roleARN), []targets.Exchange{x}
}

const roleARN = "/GetRoleResult/Role/Arn"

// inLife is the context of a real attack by the action.
func (s *Session) inLife(r targets.Review, role string, org targets.Exchange) []iamtypes.ContextEntry {
	t, action := accountOf(s.account.cfg.Target), r.Action.Verb
	context := map[string]string{
		"aws:RequestedRegion": s.account.regionOf(action), "aws:PrincipalArn": role, "aws:PrincipalAccount": t.AccountID,
		"aws:PrincipalType":   "AssumedRole",
		"aws:SecureTransport": "true",
	}
	var in struct{ Organization struct{ ID string } }
	if org.Status == http.StatusOK && json.Unmarshal([]byte(org.Body), &in) == nil && in.Organization.ID != "" {
		context["aws:PrincipalOrgID"] = in.Organization.ID
	}
	for tag, value := range on(s.identity).Tags {
		context["aws:PrincipalTag/"+tag] = value
	}
	maps.Copy(context, ofAction(action, t.PartitionOf()))
	if r.Kind == ofAnyValue {
		delete(context, exemplary(action))
	}
	var out []iamtypes.ContextEntry
	for _, key := range slices.Sorted(maps.Keys(context)) {
		kind := iamtypes.ContextKeyTypeEnumString
		if key == "aws:SecureTransport" || strings.HasPrefix(key, "kms:Bypass") {
			kind = iamtypes.ContextKeyTypeEnumBoolean
		}
		out = append(out, iamtypes.ContextEntry{ContextKeyName: &key, ContextKeyType: kind, ContextKeyValues: []string{context[key]}})
	}
	return out
}

// regionOf is the Region that a request for an action goes to: some services have
// one endpoint for a whole partition, and what asks them names that endpoint's
// Region ("AWS: Denies access to AWS based on the requested Region", IAM user guide).
func (a *Account) regionOf(action string) string {
	name, _, _ := strings.Cut(action, ":")
	if s, ok := a.services[name]; ok {
		return s.region
	}
	return accountOf(a.cfg.Target).Region
}

// ofAction are the keys of a real attack by an action that tell it from others by
// the same one (Service Authorization Reference): what is attached, to which
// service a role is passed, that a parameter is overwritten.
func ofAction(action, partition string) map[string]string {
	switch action {
	case "iam:AttachRolePolicy":
		return map[string]string{"iam:PolicyARN": "arn:" + partition + ":iam::aws:policy/AdministratorAccess"}
	case "iam:PassRole":
		return map[string]string{"iam:PassedToService": "ec2.amazonaws.com"} //nolint:gosec // a service's name, and no secret
	case "kms:PutKeyPolicy":
		return map[string]string{"kms:BypassPolicyLockoutSafetyCheck": "false"}
	case "organizations:UpdatePolicy", "organizations:AttachPolicy", "organizations:DetachPolicy":
		return map[string]string{"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}
	case "ssm:PutParameter":
		return map[string]string{"ssm:Overwrite": "true"}
	}
	return nil
}

// once asks what is the same for the whole run.
func (a *Account) once(what string, ask func() targets.Exchange) targets.Exchange {
	a.mu.Lock()
	known := a.known[what]
	if known == nil {
		known = &answered{}
		a.known[what] = known
	}
	a.mu.Unlock()
	known.once.Do(func() { known.exchange = ask() })
	return known.exchange
}

// answered is a question that is asked once.
type answered struct {
	once     sync.Once
	exchange targets.Exchange
}
