package lab

import (
	"encoding/json"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// review answers the questions that a caller may ask about itself.
func (k *Kubernetes) review(w *answer, i info, u user, body []byte) *metav1.Status {
	switch i.resource {
	case "selfsubjectreviews":
		extra := map[string]authenticationv1.ExtraValue{}
		for name, values := range u.extra {
			extra[name] = values
		}
		w.json(http.StatusCreated, authenticationv1.SelfSubjectReview{
			TypeMeta: metav1.TypeMeta{Kind: "SelfSubjectReview", APIVersion: "authentication.k8s.io/v1"},
			Status: authenticationv1.SelfSubjectReviewStatus{
				UserInfo: authenticationv1.UserInfo{Username: u.name, UID: u.uid, Groups: u.groups, Extra: extra},
			},
		})
	case "selfsubjectaccessreviews":
		var review authorizationv1.SelfSubjectAccessReview
		if err := json.Unmarshal(body, &review); err != nil || review.Spec.ResourceAttributes == nil {
			return badRequest("a review of resource attributes is wanted")
		}
		a := review.Spec.ResourceAttributes
		review.TypeMeta = metav1.TypeMeta{Kind: "SelfSubjectAccessReview", APIVersion: "authorization.k8s.io/v1"}
		review.Status.Allowed = k.allowed(
			u,
			info{verb: a.Verb, group: a.Group, resource: a.Resource, sub: a.Subresource, namespace: a.Namespace, name: a.Name},
		)
		if !review.Status.Allowed {
			k.mu.Lock()
			review.Status.Reason = k.reason
			k.mu.Unlock()
		}
		w.json(http.StatusCreated, review)
	case "selfsubjectrulesreviews":
		var review authorizationv1.SelfSubjectRulesReview
		if err := json.Unmarshal(body, &review); err != nil || review.Spec.Namespace == "" {
			return badRequest("a namespace is wanted")
		}
		review.TypeMeta = metav1.TypeMeta{Kind: "SelfSubjectRulesReview", APIVersion: "authorization.k8s.io/v1"}
		for _, rule := range k.rulesOf(u, review.Spec.Namespace) {
			review.Status.ResourceRules = append(review.Status.ResourceRules, authorizationv1.ResourceRule{
				Verbs: rule.Verbs, APIGroups: rule.APIGroups, Resources: rule.Resources, ResourceNames: rule.ResourceNames,
			})
		}
		w.json(http.StatusCreated, review)
	default:
		return noSuchPath()
	}
	return nil
}
