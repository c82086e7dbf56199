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
// override the query (kube-apiserver v1.37.2, handlers/delete.go). shown is what
// was read just before.
func Invariant(r *http.Request, body []byte, shown []string) error {
	at := locate(r.URL.Path)
	dryRun := slices.Equal(r.URL.Query()["dryRun"], []string{"All"})
	switch {
	case at.resource == "watch" || at.resource == "proxy": // requestinfo.go, specialVerbs
		return fmt.Errorf("%s is an old form, in which what comes before the namespace is a verb", r.URL.Path)
	case at.group == "" && at.resource == "secrets" && !metadataAlone(r.Header.Get("Accept")):
		return errors.New("an answer that could hold the contents of a Secret")
	case r.Method == http.MethodGet:
		return reaches(at, dryRun, shown)
	case r.Method == http.MethodPost && isReview(r.URL.Path):
		return nil // the server stores no review
	case !dryRun:
		return fmt.Errorf("%s %s is a write without dryRun=All", r.Method, r.URL.Path)
	case !Builtin(at.group) && !slices.Contains(shown, served(at.resource, at.group, at.version)):
		return fmt.Errorf("%s.%s may be served by something that does not know a dry run", at.resource, at.group)
	}
	return written(r.Method, at, body)
}

// reaches judges a GET that could reach what is behind a Pod, a Service or a Node.
func reaches(at location, dryRun bool, shown []string) error {
	switch {
	case dryRun:
		return nil
	case at.sub == "proxy":
		return errors.New("a proxy request without dryRun=All reaches what is behind it")
	case at.resource == "pods" && isStream(at.sub) && !slices.Contains(shown, unhooked(at.sub)):
		return errors.New("a webhook could act on the stream that it asks for")
	}
	return nil // no Upgrade header passes the guard, so no stream opens
}

// written judges a write that is a dry run in its query.
func written(method string, at location, body []byte) error {
	switch {
	case !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, method):
		return fmt.Errorf("method %s", method)
	case at.sub == "token" && !boundToNothing(body):
		return errors.New("a token request that is bound to nothing: a dry run mints a usable token")
	case at.sub == "eviction" && !isAll(in(body, "deleteOptions", "dryRun")):
		return errors.New("an eviction whose deleteOptions do not say dryRun")
	case method == http.MethodDelete && at.name == "":
		return errors.New("a delete of a whole collection, or of a namespace")
	case method == http.MethodDelete && !isAll(in(body, "dryRun")):
		return errors.New("a delete whose body does not say dryRun")
	case method == http.MethodPut && !boundToOne(body):
		return errors.New("a replacement that is not bound to one object by uid and resourceVersion")
	}
	return nil
}

// boundToOne reports whether a body names the very object that was read.
func boundToOne(body []byte) bool {
	for _, name := range []string{"name", "uid", "resourceVersion"} {
		if text, ok := in(body, "metadata", name).(string); !ok || text == "" {
			return false
		}
	}
	return true
}

func isStream(sub string) bool {
	return slices.Contains([]string{"exec", "attach", "portforward"}, sub)
}

// location is what a path names. A namespace itself has no name here, so that
// it counts as all that is in it.
type location struct{ group, version, namespace, resource, name, sub string }

// locate reads a path (apiserver/pkg/endpoints/request/requestinfo.go).
func locate(path string) location {
	part := strings.Split(strings.Trim(path, "/"), "/")
	var at location
	switch part[0] {
	case "api":
		part = part[1:]
	case "apis":
		if len(part) > 1 {
			at.group = part[1]
		}
		part = part[min(2, len(part)):]
	default:
		return at
	}
	if len(part) > 0 {
		at.version = part[0]
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

// isReview reports whether a path is one of the reviews of the caller itself.
func isReview(path string) bool {
	return slices.Contains([]string{
		"/apis/authentication.k8s.io/v1/selfsubjectreviews",
		"/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		"/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
	}, path)
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
