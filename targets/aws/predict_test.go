package aws

import (
	"fmt"
	"testing"

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
		"allowed":                     {role, simulated(action, role, "allowed", without), targets.Allows},
		"denied":                      {role, simulated(action, role, "implicitDeny", without), targets.Denies},
		"denied explicitly":           {role, simulated(action, role, "explicitDeny", ""), targets.Denies},
		"a key is missing":            {role, simulated(action, role, "implicitDeny", `,"MissingContextValues":{"member":"aws:MultiFactorAuthPresent"}`), targets.Unsure},
		"two keys are missing":        {role, simulated(action, role, "allowed", `,"MissingContextValues":{"member":["a","b"]}`), targets.Unsure},
		"the organization denies":     {role, simulated(action, role, "implicitDeny", `,"OrganizationsDecisionDetail":{"AllowedByOrganizations":"false"}`), targets.Unsure},
		"the organization allows":     {role, simulated(action, role, "allowed", `,"OrganizationsDecisionDetail":{"AllowedByOrganizations":"true"}`), targets.Allows},
		"a pattern":                   {"arn:aws:iam::111122223333:role/*", simulated(action, "arn:aws:iam::111122223333:role/*", "implicitDeny", ""), targets.Unsure},
		"no resource":                 {"", simulated(action, "", "allowed", ""), targets.Unsure},
		"another action":              {role, simulated("iam:GetRole", role, "allowed", ""), targets.Unsure},
		"another resource":            {role, simulated(action, role+"x", "allowed", ""), targets.Unsure},
		"another word":                {role, simulated(action, role, "perhaps", ""), targets.Unsure},
		"several results":             {role, targets.Exchange{Status: 200, Body: `{"SimulatePrincipalPolicyResult":{"EvaluationResults":{"member":[{},{}]}}}`}, targets.Unsure},
		"nothing":                     {role, targets.Exchange{}, targets.Unsure},
		"a refusal":                   {role, targets.Exchange{Status: 403, Body: simulated(action, role, "allowed", "").Body}, targets.Unsure},
		"half an answer":              {role, targets.Exchange{Status: 200, Truncated: true, Body: simulated(action, role, "allowed", "").Body}, targets.Unsure},
		"an answer that is not whole": {role, targets.Exchange{Status: 200, Cut: 9, Body: simulated(action, role, "allowed", "").Body}, targets.Unsure},
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
