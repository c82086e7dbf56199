package awslab

import (
	"encoding/json"
	"slices"
	"strings"
)

// document is a policy, as far as the lab's go.
type document struct{ Statement []statement }

type statement struct {
	Effect    string
	Action    texts
	NotAction texts
	Resource  texts
	Condition conditions
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = texts{one}
		return nil
	}
	var list []string
	err := json.Unmarshal(b, &list)
	*t = list
	return err
}

// parsePolicy reads a policy; one without a statement is none.
func parsePolicy(text string) (document, bool) {
	var d document
	if json.Unmarshal([]byte(text), &d) != nil || len(d.Statement) == 0 {
		return d, false
	}
	return d, !slices.ContainsFunc(d.Statement, func(s statement) bool { return s.Effect != "Allow" && s.Effect != "Deny" })
}

func allow(actions texts, resources ...string) statement {
	return statement{Effect: "Allow", Action: actions, Resource: resources}
}

// names reports whether a statement speaks of an action on a resource.
func (s statement) names(action, resource string) bool {
	any := func(patterns texts, text string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return like(strings.ToLower(p), strings.ToLower(text)) })
	}
	if len(s.Action) > 0 && !any(s.Action, action) || len(s.NotAction) > 0 && any(s.NotAction, action) {
		return false
	}
	return any(s.Resource, resource)
}

// says is what a policy says of a request: Allow, Deny, or nothing.
func (d document) says(action, resource string, of keys) string {
	effect := ""
	for _, s := range d.Statement {
		if s.names(action, resource) && s.Condition.hold(of) && effect != "Deny" {
			effect = s.Effect
		}
	}
	return effect
}

// like matches a text against a pattern with * in it.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// verdict is what all policies say together.
type verdict struct {
	allowed bool
	// kind is the policy type that refused, in AWS's words.
	kind     string
	explicit bool
}

// decide evaluates a request ("Policy evaluation logic" in the IAM user
// guide): any explicit deny refuses, and each kind of policy has to allow.
func (a *AWS) decide(who *session, action, resource string, of keys) verdict {
	type layer struct {
		kind string
		says string
		set  bool
	}
	r := a.roles[who.role]
	var own layer
	if who.policy != nil {
		own = layer{"session policy", who.policy.says(action, resource, of), true}
	}
	scp := layer{"service control policy", a.scp.says(action, resource, of), true}
	identity := layer{"identity-based policy", r.policy.says(action, resource, of), true}
	boundary := layer{"permissions boundary", r.boundary.says(action, resource, of), len(r.boundary.Statement) > 0}
	for _, l := range []layer{own, scp, boundary, identity} {
		if l.set && l.says == "Deny" {
			return verdict{kind: l.kind, explicit: true}
		}
	}
	for _, l := range []layer{scp, identity, boundary, own} {
		if l.set && l.says != "Allow" {
			return verdict{kind: l.kind}
		}
	}
	return verdict{allowed: true}
}
