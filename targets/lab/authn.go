package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// user is somebody as the server sees them.
type user struct {
	name   string
	uid    string
	groups []string
	extra  map[string][]string
}

const authenticated = "system:authenticated"

// authenticate looks the bearer token up.
func (k *Kubernetes) authenticate(r *http.Request) (user, *metav1.Status) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	name, known := k.tokens[token]
	if !ok || !known {
		return user{}, failure(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized", nil)
	}
	u := user{name: name, groups: []string{authenticated}}
	if group := map[string]string{Alice: "developers", Release: "release-managers"}[name]; group != "" {
		u.groups = append([]string{group}, u.groups...)
	}
	return u, nil
}

// impersonate takes the Impersonate-* headers, each of which the caller needs
// a right for.
func (k *Kubernetes) impersonate(caller user, i info, h http.Header) (user, *metav1.Status) {
	name := h.Get("Impersonate-User")
	if name == "" {
		return caller, nil
	}
	if !k.mayImpersonate(caller, name, h) {
		// The words of constrained impersonation, which the server tries
		// first: they name the request, and the caller.
		mode := "user-info"
		if strings.HasPrefix(name, "system:serviceaccount:") {
			mode = "serviceaccount"
		}
		ask := i
		ask.verb = "impersonate-on:" + mode + ":" + i.verb
		return user{}, forbidden(i, cannot(caller, ask))
	}
	u := user{name: name, uid: h.Get("Impersonate-Uid"), groups: slices.Clone(h.Values("Impersonate-Group")), extra: map[string][]string{}}
	if rest, ok := strings.CutPrefix(name, "system:serviceaccount:"); ok {
		namespace, _, _ := strings.Cut(rest, ":")
		u.groups = append(u.groups, "system:serviceaccounts", "system:serviceaccounts:"+namespace)
	}
	u.groups = append(u.groups, authenticated)
	for key, values := range h {
		if rest, ok := strings.CutPrefix(key, "Impersonate-Extra-"); ok {
			if name, err := url.PathUnescape(strings.ToLower(rest)); err == nil {
				u.extra[name] = values
			}
		}
	}
	return u, nil
}

// mayImpersonate asks the authorizer for each part of the identity.
func (k *Kubernetes) mayImpersonate(caller user, name string, h http.Header) bool {
	asks := []info{{verb: "impersonate", version: "v1", resource: "users", name: name}}
	if rest, ok := strings.CutPrefix(name, "system:serviceaccount:"); ok {
		namespace, account, _ := strings.Cut(rest, ":")
		asks[0] = info{verb: "impersonate", version: "v1", resource: "serviceaccounts", namespace: namespace, name: account}
	}
	for _, group := range h.Values("Impersonate-Group") {
		asks = append(asks, info{verb: "impersonate", version: "v1", resource: "groups", name: group})
	}
	if uid := h.Get("Impersonate-Uid"); uid != "" {
		asks = append(asks, info{verb: "impersonate", group: "authentication.k8s.io", version: "v1", resource: "uids", name: uid})
	}
	for _, ask := range asks {
		if k.faultIs(FaultNoImpersonation) || !k.allowed(caller, ask) {
			return false
		}
	}
	return true
}
