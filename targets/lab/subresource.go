package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// subresource answers the subresources that are no plain object.
func (k *Kubernetes) subresource(w *answer, r *http.Request, i info, u user, body []byte) *metav1.Status {
	parent := i
	parent.sub = ""
	_, exists := k.find(parent.key())
	switch i.resource + "/" + i.sub {
	case "pods/exec", "pods/attach", "pods/portforward", "nodes/proxy", "pods/proxy", "services/proxy":
		if !r.URL.Query().Has("dryRun") {
			k.hook(i) // there is no dry run: whatever a webhook does, it does
		}
		create := i
		create.verb = "create"
		switch {
		case r.URL.Query().Has("dryRun"):
			return badRequest("dryRun is not supported") // before admission, and before the object is looked up
		case !exists:
			return notFound(parent)
		case i.verb == "get" && i.resource == "pods" && i.sub != "proxy" && !k.allowed(u, create):
			// AuthorizePodWebsocketUpgradeCreatePermission, since 1.35
			// (pkg/registry/core/pod/rest/subresources.go).
			return forbidden(parent, "")
		case i.sub == "proxy":
			w.json(http.StatusOK, object{"kind": "Reached"})
			return nil
		default:
			return badRequest("Upgrade request required")
		}
	case "pods/eviction":
		return k.evict(w, r, parent, exists, body)
	case "serviceaccounts/token":
		return k.token(w, parent, exists, body)
	default:
		return noSuchPath()
	}
}

func (k *Kubernetes) evict(w *answer, r *http.Request, pod info, exists bool, body []byte) *metav1.Status {
	var e policyv1.Eviction
	if err := json.Unmarshal(body, &e); err != nil {
		return badRequest(err.Error())
	}
	if !exists {
		return notFound(pod)
	}
	dry := dryRun(r)
	if e.DeleteOptions != nil {
		dry = slices.Equal(e.DeleteOptions.DryRun, []string{metav1.DryRunAll})
	}
	if !dry {
		k.remove(pod.key())
	}
	w.json(http.StatusCreated, success(pod))
	return nil
}

// token mints a token, dry run or not, as the real server does.
func (k *Kubernetes) token(w *answer, account info, exists bool, body []byte) *metav1.Status {
	var t authenticationv1.TokenRequest
	if err := json.Unmarshal(body, &t); err != nil {
		return badRequest(err.Error())
	}
	if !exists {
		return notFound(account)
	}
	if ref := t.Spec.BoundObjectRef; ref != nil && ref.Kind == "Pod" {
		pod := info{resource: "pods", namespace: account.namespace, name: ref.Name}
		if _, ok := k.find(pod.key()); !ok {
			return notFound(pod)
		}
	}
	t.Status.Token = fmt.Sprintf("lab-token-%s", k.newUID())
	t.Kind, t.APIVersion = "TokenRequest", "authentication.k8s.io/v1"
	w.json(http.StatusCreated, t)
	return nil
}
