package aws

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/targets"
)

// simulated is the simulator's answer, as it is recorded.
func simulated(action, resource, decision, more string) targets.Exchange {
	return targets.Exchange{Status: 200, Body: fmt.Sprintf(
		`{"SimulatePrincipalPolicyResult":{"EvaluationResults":{"member":{"EvalActionName":%q,"EvalResourceName":%q,"EvalDecision":%q%s}}}}`, action, resource, decision, more)}
}

// TestForesees: the simulator's word counts for one exact resource, with all
// the context that its policies ask for, and where the organization has no part.
func TestForesees(t *testing.T) {
	const action, role = "iam:PutRolePolicy", "arn:aws:iam::111122223333:role/prod"
	const without = `,"MissingContextValues":""`
	for name, c := range map[string]struct {
		resource string
		x        targets.Exchange
		want     targets.Opinion
	}{
		"allowed":                          {role, simulated(action, role, "allowed", without), targets.Allows},
		"denied":                           {role, simulated(action, role, "implicitDeny", without), targets.Denies},
		"denied explicitly":                {role, simulated(action, role, "explicitDeny", ""), targets.Denies},
		"a key is missing":                 {role, simulated(action, role, "implicitDeny", `,"MissingContextValues":{"member":"aws:MultiFactorAuthPresent"}`), targets.Unsure},
		"two keys are missing":             {role, simulated(action, role, "allowed", `,"MissingContextValues":{"member":["a","b"]}`), targets.Unsure},
		"a key is missing of the resource": {role, simulated(action, role, "implicitDeny", without+`,"ResourceSpecificResults":{"member":{"EvalResourceName":"`+role+`","EvalResourceDecision":"implicitDeny","MissingContextValues":{"member":"aws:SourceIp"}}}`), targets.Unsure},
		"of the resource the same":         {role, simulated(action, role, "implicitDeny", without+`,"ResourceSpecificResults":{"member":{"EvalResourceName":"`+role+`","EvalResourceDecision":"implicitDeny","MissingContextValues":""}}`), targets.Denies},
		"of the resource something else":   {role, simulated(action, role, "implicitDeny", `,"ResourceSpecificResults":{"member":{"EvalResourceName":"`+role+`","EvalResourceDecision":"allowed"}}`), targets.Unsure},
		"of another resource":              {role, simulated(action, role, "allowed", `,"ResourceSpecificResults":{"member":{"EvalResourceName":"`+role+`x","EvalResourceDecision":"allowed"}}`), targets.Unsure},
		"the organization denies":          {role, simulated(action, role, "implicitDeny", `,"OrganizationsDecisionDetail":{"AllowedByOrganizations":"false"}`), targets.Unsure},
		"the organization allows":          {role, simulated(action, role, "allowed", `,"OrganizationsDecisionDetail":{"AllowedByOrganizations":"true"}`), targets.Allows},
		"a pattern":                        {"arn:aws:iam::111122223333:role/*", simulated(action, "arn:aws:iam::111122223333:role/*", "implicitDeny", ""), targets.Unsure},
		"no resource":                      {"", simulated(action, "", "allowed", ""), targets.Unsure},
		"another action":                   {role, simulated("iam:GetRole", role, "allowed", ""), targets.Unsure},
		"another resource":                 {role, simulated(action, role+"x", "allowed", ""), targets.Unsure},
		"another word":                     {role, simulated(action, role, "perhaps", ""), targets.Unsure},
		"several results":                  {role, targets.Exchange{Status: 200, Body: `{"SimulatePrincipalPolicyResult":{"EvaluationResults":{"member":[{},{}]}}}`}, targets.Unsure},
		"nothing":                          {role, targets.Exchange{}, targets.Unsure},
		"a refusal":                        {role, targets.Exchange{Status: 403, Body: simulated(action, role, "allowed", "").Body}, targets.Unsure},
		"half an answer":                   {role, targets.Exchange{Status: 200, Truncated: true, Body: simulated(action, role, "allowed", "").Body}, targets.Unsure},
		"an answer that is not whole":      {role, targets.Exchange{Status: 200, Cut: 9, Body: simulated(action, role, "allowed", "").Body}, targets.Unsure},
	} {
		a := targets.Action{Verb: action, Resource: c.resource}
		got := Oracle().Opinion(a, func(targets.Review) (targets.Exchange, bool) { return c.x, true })
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := foresees(targets.Action{Verb: action, Resource: role}, targets.Review{Kind: simulation}, simulated(action, role, "allowed", "")); got != targets.Unsure {
		t.Errorf("another question: %s", got)
	}
}

// TestAsides: what the role's policies look at, and our session does not carry as
// the person's own would; and what the organization alone says.
func TestAsides(t *testing.T) {
	const action, role = "iam:PutRolePolicy", "arn:aws:iam::111122223333:role/prod"
	used := func(keys string) []targets.Exchange {
		return []targets.Exchange{{Status: 200, Body: `{"GetContextKeysForPrincipalPolicyResult":{"ContextKeyNames":` + keys + `}}`}}
	}
	organization := func(says string) string {
		return `,"OrganizationsDecisionDetail":{"AllowedByOrganizations":"` + says + `"}`
	}
	sent := &targets.Sent{Body: "Action=SimulatePrincipalPolicy&ContextEntries.member.1.ContextKeyName=aws%3APrincipalTag%2Fteam&ContextEntries.member.1.ContextKeyValues.member.1=payments"}
	for name, c := range map[string]struct {
		x     targets.Exchange
		steps []targets.Exchange
		want  targets.Notes
	}{
		"nothing":                 {simulated(action, role, "allowed", ""), nil, targets.Notes{}},
		"no keys":                 {simulated(action, role, "allowed", ""), used(`""`), targets.Notes{Looks: []string{}}},
		"a key that all carry":    {simulated(action, role, "allowed", ""), used(`{"member":"aws:RequestedRegion"}`), targets.Notes{Looks: []string{"aws:RequestedRegion"}}},
		"MFA, of which none says": {simulated(action, role, "allowed", ""), used(`{"member":"aws:MultiFactorAuthPresent"}`), targets.Notes{Looks: []string{"aws:MultiFactorAuthPresent"}}},
		"a key of the network":    {simulated(action, role, "allowed", ""), used(`{"member":["s3:prefix","aws:SourceIp"]}`), targets.Notes{Lacks: []string{"aws:SourceIp"}, Looks: []string{"s3:prefix", "aws:SourceIp"}}},
		"tags, one of them ours": {simulated(action, role, "allowed", ""), used(`{"member":["aws:principaltag/Team","aws:PrincipalTag/level"]}`), targets.Notes{
			Lacks: []string{"aws:PrincipalTag/level"}, Looks: []string{"aws:principaltag/Team", "aws:PrincipalTag/level"},
		}},
		"a key that is missing":   {simulated(action, role, "implicitDeny", `,"MissingContextValues":{"member":"aws:userid"}`), nil, targets.Notes{Lacks: []string{"aws:userid"}, Unsaid: []string{"aws:userid"}}},
		"keys that were refused":  {simulated(action, role, "allowed", ""), []targets.Exchange{{Status: 403, Body: used(`{"member":"aws:SourceIp"}`)[0].Body}}, targets.Notes{}},
		"half of the keys":        {simulated(action, role, "allowed", ""), []targets.Exchange{{Status: 200, Truncated: true, Body: used(`{"member":"aws:SourceIp"}`)[0].Body}}, targets.Notes{}},
		"a pattern, and its keys": {targets.Exchange{Unfit: "a pattern"}, used(`{"member":"aws:SourceIp"}`), targets.Notes{Lacks: []string{"aws:SourceIp"}, Unsaid: []string{"aws:SourceIp"}, Looks: []string{"aws:SourceIp"}}},
		"the organization denies": {simulated(action, role, "implicitDeny", organization("false")), nil, targets.Notes{Organization: targets.Denies}},
		"the organization allows": {simulated(action, role, "allowed", organization("true")), nil, targets.Notes{Organization: targets.Allows}},
		"it looks at what is not known": {
			simulated(action, role, "implicitDeny", `,"MissingContextValues":{"member":"aws:x"}`+organization("false")), nil, targets.Notes{Unsaid: []string{"aws:x"}},
		},
	} {
		c.x.Steps = c.steps
		if c.x.Sent == nil {
			c.x.Sent = sent
		}
		a := targets.Action{Verb: action, Resource: role}
		got := Oracle().Note(a, func(targets.Review) (targets.Exchange, bool) { return c.x, true })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestRecorded: AWS's own record of a denial counts where it speaks of the very
// action and resource, and says how and by what it was refused as the sentence does.
func TestRecorded(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/prod"
	const id = "d3xbfwcsdoam45n7ms6nv5pl0"
	tail := ". Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/" + id +
		" for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: " + id
	implicit, explicit := "because no identity-based policy allows the iam:PutRolePolicy action"+tail, "with an explicit deny in an identity-based policy"+tail
	record := func(action, resource, effect, kind string) string {
		return fmt.Sprintf(`{"requestContext":{"aws:userid":"x"},"evaluations":[{"action":%q,"resource":%q,"context":{"iam:PolicyARN":["y"],"aws:userid":"x"},"evaluatedEffect":%q,"matchedPolicies":[{"uri":"u","matchedStatements":[{"evaluatedEffect":"DENY"}]}]}],"policies":[{"uri":"u","type":%q}]}`,
			action, resource, effect, kind)
	}
	const put, identity = "iam:PutRolePolicy", "IDENTITY_BASED_POLICY"
	for name, c := range map[string]struct {
		why, record string
		status      int
		want        targets.Opinion
	}{
		"the same":                   {implicit, record(put, role, "IMPLICIT_DENY", identity), 200, targets.Denies},
		"the same, explicitly":       {explicit, record(put, role, "EXPLICIT_DENY", identity), 200, targets.Denies},
		"another kind of policy":     {explicit, record(put, role, "EXPLICIT_DENY", "SERVICE_CONTROL_POLICY"), 200, targets.Allows},
		"explicitly, and not so":     {explicit, record(put, role, "IMPLICIT_DENY", identity), 200, targets.Allows},
		"not so, and explicitly":     {implicit, record(put, role, "EXPLICIT_DENY", identity), 200, targets.Allows},
		"allowed":                    {implicit, record(put, role, "ALLOW", identity), 200, targets.Allows},
		"an effect of nobody's":      {explicit, record(put, role, "PERHAPS", identity), 200, targets.Unsure},
		"another action":             {implicit, record("iam:PassRole", role, "IMPLICIT_DENY", identity), 200, targets.Unsure},
		"another resource":           {implicit, record(put, role+"x", "IMPLICIT_DENY", identity), 200, targets.Unsure},
		"no JSON":                    {implicit, "<html>", 200, targets.Unsure},
		"none yet":                   {implicit, "{}", 404, ""},
		"none that may be read":      {implicit, "{}", 403, ""},
		"none that the words name":   {"because no identity-based policy allows the iam:PutRolePolicy action", record(put, role, "ALLOW", identity), 200, ""},
		"what no policy's words say": {tail, record(put, role, "EXPLICIT_DENY", identity), 200, targets.Denies},
	} {
		x := answer(awsQuery, 403, "AccessDenied", "User: "+who+" is not authorized to perform: iam:PutRolePolicy on resource: role prod "+c.why)
		x.After = []targets.Exchange{{Status: c.status, Body: c.record, Sent: &targets.Sent{URL: "https://iam-toolbox.us-east-1.amazonaws.com" + recordPath + id}}}
		got := Oracle().Record(targets.Case{Asked: targets.Asked{Subject: who, Action: put, Resource: role}, Exchange: x})
		if got.Says != c.want {
			t.Errorf("%s: %q, want %q", name, got.Says, c.want)
		}
		if speaks := c.want == targets.Denies || c.want == targets.Allows || name == "an effect of nobody's"; speaks != slices.Equal(got.Keys, []string{"aws:userid", "iam:PolicyARN"}) {
			t.Errorf("%s: it saw %q", name, got.Keys)
		}
	}
}

// TestStacks: of a stack that a request names without its id, the simulator is asked
// about the one that is there.
func TestStacks(t *testing.T) {
	const action, pattern = "cloudformation:CreateChangeSet", "arn:aws:cloudformation:eu-west-1:111122223333:stack/payments/*"
	const arn = "arn:aws:cloudformation:eu-west-1:111122223333:stack/payments/51af3dc0"
	found := func(id string) targets.Exchange {
		return targets.Exchange{Status: 200, Body: `{"DescribeStacksResult":{"Stacks":{"member":{"StackId":"` + id + `"}}}}`}
	}
	for name, c := range map[string]struct {
		resource string
		step     targets.Exchange
		want     targets.Opinion
	}{
		"the stack":           {pattern, found(arn), targets.Denies},
		"another stack":       {pattern, found(arn + "x"), targets.Unsure},
		"a stack of no name":  {pattern, found("arn:aws:cloudformation:eu-west-1:111122223333:stack/search/51af3dc0"), targets.Unsure},
		"no answer":           {pattern, targets.Exchange{Status: 403}, targets.Unsure},
		"several":             {pattern, targets.Exchange{Status: 200, Body: `{"DescribeStacksResult":{"Stacks":{"member":[{"StackId":"` + arn + `"},{}]}}}`}, targets.Unsure},
		"half an answer":      {pattern, targets.Exchange{Status: 200, Truncated: true, Body: found(arn).Body}, targets.Unsure},
		"a pattern of others": {"arn:aws:cloudformation:eu-west-1:111122223333:stack/*", found(arn), targets.Unsure},
	} {
		x := simulated(action, arn, "implicitDeny", "")
		x.Steps = []targets.Exchange{c.step}
		got := Oracle().Opinion(targets.Action{Verb: action, Resource: c.resource}, func(targets.Review) (targets.Exchange, bool) { return x, true })
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
