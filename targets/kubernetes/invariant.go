package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Invariant is the adapter's last word to the guard: whatever a rule allows,
// a request that could change a cluster does not leave. Every write is a dry
// run, in the query to the letter, and in the body where a body would
// override the query (kube-apiserver v1.37.2, handlers/delete.go).
func Invariant(r *http.Request, body []byte) error {
	dryRun := slices.Equal(r.URL.Query()["dryRun"], []string{"All"})
	if r.Method == http.MethodGet {
		if slices.Contains(strings.Split(r.URL.Path, "/"), "proxy") && !dryRun {
			return errors.New("a proxy request without dryRun=All reaches what is behind it")
		}
		return nil
	}
	if harmless(r.Method, r.URL.Path, body) {
		return nil
	}
	if !dryRun {
		return fmt.Errorf("%s %s is a write without dryRun=All", r.Method, r.URL.Path)
	}
	switch {
	case r.Method == http.MethodDelete && !dryRunIn(body, "dryRun"):
		return errors.New("a delete whose body does not say dryRun")
	case r.Method == http.MethodDelete && collection(r.URL.Path):
		return errors.New("a delete of a whole collection")
	case strings.HasSuffix(r.URL.Path, "/token"):
		return errors.New("a token request: a dry run mints a usable token")
	case strings.HasSuffix(r.URL.Path, "/eviction") && !dryRunIn(body, "deleteOptions", "dryRun"):
		return errors.New("an eviction whose deleteOptions do not say dryRun")
	case !slices.Contains([]string{http.MethodPost, http.MethodPatch, http.MethodDelete}, r.Method):
		return fmt.Errorf("method %s", r.Method)
	}
	return nil
}

// harmless lists the forms of POST that take no effect without dryRun.
func harmless(method, path string, body []byte) bool {
	if method != http.MethodPost {
		return false
	}
	part := strings.Split(strings.Trim(path, "/"), "/")
	last := part[len(part)-1]
	pod := len(part) == 7 && part[0] == "api" && part[4] == "pods"
	switch {
	case strings.HasPrefix(path, "/apis/authentication.k8s.io/v1/selfsubjectreviews"),
		strings.HasPrefix(path, "/apis/authorization.k8s.io/v1/selfsubject"):
		return true // the server stores no review
	case pod && slices.Contains([]string{"exec", "attach", "portforward"}, last):
		return string(body) == "{}" // no Upgrade header passes the guard, so no stream opens
	case len(part) == 7 && part[4] == "serviceaccounts" && last == "token":
		return boundToNothing(body)
	default:
		return false
	}
}

// boundToNothing reports whether a token request is bound to a Pod that only
// this program could have made, and that it never makes.
func boundToNothing(body []byte) bool {
	var t struct {
		Spec struct {
			Audiences      []string `json:"audiences"`
			BoundObjectRef struct {
				Kind string `json:"kind"`
				Name string `json:"name"`
			} `json:"boundObjectRef"`
		} `json:"spec"`
	}
	return json.Unmarshal(body, &t) == nil && t.Spec.BoundObjectRef.Kind == "Pod" &&
		strings.HasPrefix(t.Spec.BoundObjectRef.Name, "sodprobe-") && slices.Equal(t.Spec.Audiences, []string{"sodprobe.invalid"})
}

// dryRunIn reports whether a body holds ["All"] at a path of fields.
func dryRunIn(body []byte, path ...string) bool {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return false
	}
	for _, field := range path {
		o, ok := v.(map[string]any)
		if !ok {
			return false
		}
		v = o[field]
	}
	list, ok := v.([]any)
	return ok && len(list) == 1 && list[0] == "All"
}

// collection reports whether a path names no single object.
func collection(path string) bool {
	part := strings.Split(strings.Trim(path, "/"), "/")
	if part[0] == "apis" {
		part = part[1:] // group and version, where the core API has a version
	}
	if len(part) > 3 && part[2] == "namespaces" {
		part = append(part[:2], part[4:]...)
	}
	return len(part) < 4
}
