package awslab

import (
	"strings"
)

// denied is a decision that the account keeps a record of.
type denied struct {
	action, resource string
	verdict          verdict
	saw              keys
	asked            int // how often it was asked for
}

// recorded keeps a record of a denial, as AWS does of IAM's, and is what stands
// behind the sentence then ("Troubleshoot access denied error messages with
// authorization ID", IAM user guide, and transcripts of 2026).
func (c call) recorded(action, resource string, v verdict) string {
	if !strings.HasPrefix(c.operation, "iam:") || c.as.role == prober {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := strings.ToLower(c.random())[:25]
	if c.denials == nil {
		c.denials = map[string]denied{}
	}
	c.denials[id] = denied{action: action, resource: resource, verdict: v, saw: c.keysOf(c.as, action, resource)}
	return ". Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/" + id +
		" for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: " + id
}

// details answers with a record; it is made some time after the denial, so that
// the first question finds none.
func (c call) details() reply {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, known := c.denials[c.of("authorizationId")]
	d.asked++
	if known {
		c.denials[c.of("authorizationId")] = d
	}
	if !known || d.asked < 2 {
		return fail(404, "ResourceNotFoundException", "The authorization details were not found.")
	}
	kind := map[string]string{
		"identity-based policy": "IDENTITY_BASED_POLICY", "permissions boundary": "PERMISSIONS_BOUNDARY", "session policy": "SESSION_POLICY",
		"service control policy": "SERVICE_CONTROL_POLICY", "resource-based policy": "RESOURCE_BASED_POLICY",
	}[d.verdict.kind]
	effect, matched := "IMPLICIT_DENY", []any{}
	if d.verdict.explicit {
		effect = "EXPLICIT_DENY"
		matched = []any{map[string]any{"uri": "lab:policy", "matchedStatements": []any{map[string]any{"sid": "Lab", "evaluatedEffect": "DENY"}}}}
	}
	if c.lies {
		effect = "ALLOW"
	}
	return ok(encode(map[string]any{
		"requestContext": d.saw,
		"evaluations": []any{map[string]any{
			"action": d.action, "resource": d.resource, "context": map[string]any{}, "evaluatedEffect": effect,
			"matchedPolicies": matched,
		}},
		"policies": []any{map[string]any{"uri": "lab:policy", "type": kind}},
	}))
}

// Lie makes the account's own records of its denials say something else than its
// answers.
func (a *AWS) Lie() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lies = true
}
