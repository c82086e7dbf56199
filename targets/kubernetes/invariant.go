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
func Invariant(r *http.Request, body []byte, _ []string) error {
	at := locate(r.URL.Path)
	dryRun := slices.Equal(r.URL.Query()["dryRun"], []string{"All"})
	switch {
	case r.Method == http.MethodGet && at.sub == "proxy" && !dryRun:
		return errors.New("a proxy request without dryRun=All reaches what is behind it")
	case r.Method == http.MethodGet && at.group == "" && at.resource == "secrets" && !metadataAlone(r.Header.Get("Accept")):
		return errors.New("a read of a Secret with its contents")
	case r.Method == http.MethodGet, r.Method == http.MethodPost && harmless(at, r.URL.Path, body):
		return nil
	case !dryRun:
		return fmt.Errorf("%s %s is a write without dryRun=All", r.Method, r.URL.Path)
	case !slices.Contains([]string{http.MethodPost, http.MethodPatch, http.MethodDelete}, r.Method):
		return fmt.Errorf("method %s", r.Method)
	case at.sub == "token":
		return errors.New("a token request: a dry run mints a usable token")
	case at.sub == "eviction" && !isAll(in(body, "deleteOptions", "dryRun")):
		return errors.New("an eviction whose deleteOptions do not say dryRun")
	case r.Method == http.MethodDelete && at.name == "":
		return errors.New("a delete of a whole collection, or of a namespace")
	case r.Method == http.MethodDelete && !isAll(in(body, "dryRun")):
		return errors.New("a delete whose body does not say dryRun")
	}
	return nil
}

// location is what a path names. A namespace itself has no name here, so that
// it counts as all that is in it.
type location struct{ group, namespace, resource, name, sub string }

// locate reads a path (apiserver/pkg/endpoints/request/requestinfo.go).
func locate(path string) location {
	part := strings.Split(strings.Trim(path, "/"), "/")
	var at location
	switch part[0] {
	case "api":
		part = part[1:] // version …
	case "apis":
		if len(part) > 1 {
			at.group = part[1]
		}
		part = part[min(2, len(part)):]
	default:
		return at
	}
	if len(part) > 2 && part[1] == "namespaces" {
		at.namespace = part[2]
		part = part[2:]
	}
	for i, field := range []*string{&at.resource, &at.name, &at.sub} {
		if len(part) > i+1 {
			*field = part[i+1]
		}
	}
	return at
}

// metadataAlone reports whether an answer can only hold metadata: a second
// media type would be a way out.
func metadataAlone(accept string) bool {
	return strings.HasPrefix(accept, "application/json;as=PartialObjectMetadata") && !strings.Contains(accept, ",")
}

// harmless lists the forms of POST that take no effect without dryRun.
func harmless(at location, path string, body []byte) bool {
	switch path {
	case "/apis/authentication.k8s.io/v1/selfsubjectreviews",
		"/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		"/apis/authorization.k8s.io/v1/selfsubjectrulesreviews":
		return true // the server stores no review
	}
	switch {
	case at.group != "" || at.namespace == "":
		return false
	case at.resource == "pods" && slices.Contains([]string{"exec", "attach", "portforward"}, at.sub):
		return string(body) == "{}" // no Upgrade header passes the guard, so no stream opens
	case at.resource == "serviceaccounts" && at.sub == "token":
		return boundToNothing(body)
	default:
		return false
	}
}

// boundToNothing reports whether a token request is bound to a Pod that only
// this program could have made, and that it never makes.
func boundToNothing(body []byte) bool {
	name, _ := in(body, "spec", "boundObjectRef", "name").(string)
	audiences, _ := in(body, "spec", "audiences").([]any)
	return in(body, "spec", "boundObjectRef", "kind") == "Pod" && strings.HasPrefix(name, "sodprobe-") &&
		len(audiences) == 1 && audiences[0] == "sodprobe.invalid"
}

// isAll reports whether a value is ["All"].
func isAll(v any) bool {
	list, ok := v.([]any)
	return ok && len(list) == 1 && list[0] == "All"
}

// in returns the value at a path of fields of a body, nil where there is
// none. Unlike decoding into a struct it does not fold case: the server does
// not either.
func in(body []byte, path ...string) any {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return nil
	}
	for _, name := range path {
		o, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = o[name]
	}
	return v
}
