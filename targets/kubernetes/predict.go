package kubernetes

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/sodprobe/sodprobe/targets"
)

// The forms of reviews: all that the caller may do in one namespace, or one
// request.
const (
	rulesReview  = "SelfSubjectRulesReview"
	accessReview = "SelfSubjectAccessReview"
)

// Oracle reads what a cluster's authorizer says of a caller. It foresees
// authorization and nothing after it. One rules review serves a namespace; an
// access review is asked at cluster scope, and where the rules are not whole
// (an authorizer other than RBAC says so: "incomplete" in
// k8s.io/api/authorization/v1, SubjectRulesReviewStatus).
func Oracle() targets.Oracle {
	return targets.Oracle{
		Covers:  []targets.Layer{targets.Authorization},
		Unseen:  []string{"admission: policies, webhooks, plugins, Pod Security, quotas"},
		Reviews: reviews,
		Says:    foresees,
	}
}

func reviews(a targets.Action) []targets.Review {
	access := targets.Review{Kind: accessReview, Action: a}
	if a.Scope == "" {
		return []targets.Review{access}
	}
	return []targets.Review{{Kind: rulesReview, Action: targets.Action{Scope: a.Scope}}, access}
}

// foresees reads the recorded answer to a review.
func foresees(a targets.Action, r targets.Review, x targets.Exchange) targets.Opinion {
	if x.Status != http.StatusCreated || x.Truncated {
		return targets.Unsure
	}
	switch {
	case r.Kind == rulesReview && r.Action.Scope == a.Scope && a.Scope != "":
		rules, whole := rulesOf(x.Body)
		if !whole {
			return targets.Unsure
		}
		return opinion(slices.ContainsFunc(rules, func(rule authorizationv1.ResourceRule) bool { return covers(rule, a) }))
	case r.Kind == accessReview && r.Action == a:
		allowed, why, ok := accessOf(x.Body)
		if !ok || !allowed && why.class != targets.Denied {
			return targets.Unsure // an authorizer that could not decide says no as well
		}
		return opinion(allowed)
	}
	return targets.Unsure
}

// accessOf reads an access review: whether the caller may, and what the reason
// means where it may not (k8s.io/api/authorization/v1, SubjectAccessReviewStatus).
func accessOf(body string) (allowed bool, why reason, ok bool) {
	var answer struct {
		Kind   string `json:"kind"`
		Status struct {
			Allowed *bool  `json:"allowed"`
			Reason  string `json:"reason"`
			Error   string `json:"evaluationError"`
		} `json:"status"`
	}
	if json.Unmarshal([]byte(body), &answer) != nil || answer.Kind != accessReview || answer.Status.Allowed == nil {
		return false, reason{}, false
	}
	why = decision(answer.Status.Reason)
	if answer.Status.Error != "" && why.class == targets.Denied {
		why = decision("RBAC: " + answer.Status.Error) // the rules that could not be read; roles that are gone grant nothing
	}
	return *answer.Status.Allowed, why, true
}

// rulesOf reads a rules review. It is whole only if the server says so, and
// lists rules at all (k8s.io/api/authorization/v1: Incomplete, EvaluationError).
func rulesOf(body string) ([]authorizationv1.ResourceRule, bool) {
	var answer struct {
		Kind   string `json:"kind"`
		Status struct {
			Incomplete      *bool                           `json:"incomplete"`
			EvaluationError string                          `json:"evaluationError"`
			Rules           *[]authorizationv1.ResourceRule `json:"resourceRules"`
		} `json:"status"`
	}
	s := &answer.Status
	if json.Unmarshal([]byte(body), &answer) != nil || answer.Kind != rulesReview || s.Rules == nil ||
		s.Incomplete == nil || *s.Incomplete || s.EvaluationError != "" {
		return nil, false
	}
	return *s.Rules, true
}

func opinion(allowed bool) targets.Opinion {
	if allowed {
		return targets.Allows
	}
	return targets.Denies
}

// Review asks the authorizer about the session's own identity. The server
// stores no review. An answer that is longer than the record keeps is dropped:
// half a list of rules says nothing.
func (s *Session) Review(ctx context.Context, r targets.Review) targets.Exchange {
	const group = "/apis/authorization.k8s.io/v1/"
	if r.Kind == rulesReview {
		x := s.review(ctx, group+"selfsubjectrulesreviews", rulesReview, map[string]string{"namespace": r.Action.Scope},
			&authorizationv1.SelfSubjectRulesReview{}, "/kind", "/status/incomplete", "/status/evaluationError", "/status/resourceRules")
		if len(x.Body) > targets.MaxBody {
			x.Cut, x.Body, x.Truncated = int64(len(x.Body)), "", true
		}
		return x
	}
	resource, api, sub := parts(r.Action.Resource)
	return s.review(ctx, group+"selfsubjectaccessreviews", accessReview,
		authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: r.Action.Scope, Verb: r.Action.Verb, Group: api, Resource: resource, Subresource: sub, Name: r.Action.Name,
		}}, &authorizationv1.SelfSubjectAccessReview{}, "/kind", "/status/allowed", "/status/reason", "/status/evaluationError")
}

// parts takes RESOURCE[.GROUP][/SUBRESOURCE] apart.
func parts(asked string) (resource, group, sub string) {
	plural, sub, _ := strings.Cut(asked, "/")
	resource, group, _ = strings.Cut(plural, ".")
	return resource, group, sub
}

// covers reports whether one rule allows an action, by RBAC's own matching
// (k8s.io/kubernetes pkg/apis/rbac/v1/evaluation_helpers.go, v1.37.2).
func covers(rule authorizationv1.ResourceRule, a targets.Action) bool {
	resource, group, sub := parts(a.Resource)
	combined := resource
	if sub != "" {
		combined += "/" + sub
	}
	return has(rule.Verbs, a.Verb, "*") && has(rule.APIGroups, group, "*") &&
		(has(rule.Resources, combined, "*") || (sub != "" && slices.Contains(rule.Resources, "*/"+sub))) &&
		(len(rule.ResourceNames) == 0 || (a.Name != "" && slices.Contains(rule.ResourceNames, a.Name)))
}

func has(list []string, values ...string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(list, v) })
}
