package kubernetes

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/sodprobe/sodprobe/targets"
)

// accessRules are one identity's rules in one namespace, asked for once.
type accessRules struct {
	once  sync.Once
	rules []authorizationv1.ResourceRule
	whole bool
}

// Predict asks the authorizer for its opinion of a request: "allowed",
// "denied" or "unknown". It is the design side; the attempt is the proof. One
// rules review serves a namespace; at cluster scope, or where the rules are
// not whole, each request is reviewed by itself.
func (s *Session) Predict(ctx context.Context, asked targets.Asked) string {
	if asked.Scope != "" {
		s.mu.Lock()
		r, ok := s.rules[asked.Scope]
		if !ok {
			r = &accessRules{}
			s.rules[asked.Scope] = r
		}
		s.mu.Unlock()
		r.once.Do(func() { s.readRules(ctx, asked.Scope, r) })
		if r.whole {
			return opinion(slices.ContainsFunc(r.rules, func(rule authorizationv1.ResourceRule) bool { return covers(rule, asked) }))
		}
	}
	return s.reviewAccess(ctx, asked)
}

func opinion(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "denied"
}

func (s *Session) readRules(ctx context.Context, namespace string, r *accessRules) {
	var answer authorizationv1.SelfSubjectRulesReview
	x := s.review(ctx, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "SelfSubjectRulesReview",
		map[string]string{"namespace": namespace}, &answer, "/kind")
	if x.Status == http.StatusCreated && !answer.Status.Incomplete {
		r.rules, r.whole = answer.Status.ResourceRules, true
	}
}

// reviewAccess asks about one request.
func (s *Session) reviewAccess(ctx context.Context, asked targets.Asked) string {
	resource, group, sub := parts(asked.Resource)
	var answer authorizationv1.SelfSubjectAccessReview
	x := s.review(ctx, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "SelfSubjectAccessReview",
		authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: asked.Scope, Verb: asked.Action, Group: group, Resource: resource, Subresource: sub, Name: asked.Name,
		}}, &answer, "/kind", "/status/allowed")
	if x.Status != http.StatusCreated || answer.Kind != "SelfSubjectAccessReview" {
		return "unknown"
	}
	return opinion(answer.Status.Allowed)
}

// parts takes RESOURCE[.GROUP][/SUBRESOURCE] apart.
func parts(asked string) (resource, group, sub string) {
	plural, sub, _ := strings.Cut(asked, "/")
	resource, group, _ = strings.Cut(plural, ".")
	return resource, group, sub
}

// covers reports whether one rule allows a request, by RBAC's own matching
// (k8s.io/kubernetes pkg/apis/rbac/v1/evaluation_helpers.go, v1.37.2).
func covers(rule authorizationv1.ResourceRule, asked targets.Asked) bool {
	resource, group, sub := parts(asked.Resource)
	combined := resource
	if sub != "" {
		combined += "/" + sub
	}
	return has(rule.Verbs, asked.Action, "*") && has(rule.APIGroups, group, "*") &&
		(has(rule.Resources, combined, "*") || (sub != "" && slices.Contains(rule.Resources, "*/"+sub))) &&
		(len(rule.ResourceNames) == 0 || (asked.Name != "" && slices.Contains(rule.ResourceNames, asked.Name)))
}

func has(list []string, values ...string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(list, v) })
}
