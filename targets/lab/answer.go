package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// answer remembers the status code that was sent.
type answer struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(code int) {
	a.code = code
	a.ResponseWriter.WriteHeader(code)
}

func (a *answer) json(code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		code, b = http.StatusInternalServerError, []byte(`{}`)
	}
	a.Header().Set("Content-Type", "application/json")
	a.WriteHeader(code)
	_, _ = a.Write(b) // a client that is gone needs no answer
}

func (a *answer) status(s *metav1.Status) { a.json(int(s.Code), s) }

// failure is the API server's error form.
func failure(code int, reason metav1.StatusReason, message string, details *metav1.StatusDetails) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: int32(code), //nolint:gosec // HTTP codes are small
		Reason: reason, Message: message, Details: details,
	}
}

func badRequest(message string) *metav1.Status {
	return failure(http.StatusBadRequest, metav1.StatusReasonBadRequest, message, nil)
}

func notFound(i info) *metav1.Status {
	return failure(http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("%s %q not found", i.qualified(), i.name),
		&metav1.StatusDetails{Name: i.name, Group: i.group, Kind: i.resource})
}

func noSuchPath() *metav1.Status {
	return failure(
		http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource", &metav1.StatusDetails{},
	)
}

// forbidden is every 403 about a resource.
func forbidden(i info, why string) *metav1.Status {
	head := i.qualified()
	if i.name != "" {
		head += fmt.Sprintf(" %q", i.name)
	}
	return failure(http.StatusForbidden, metav1.StatusReasonForbidden, head+" is forbidden: "+why,
		&metav1.StatusDetails{Name: i.name, Group: i.group, Kind: i.resource})
}

// cannot is the authorizer's sentence.
func cannot(u user, i info) string {
	resource := i.resource
	if i.sub != "" {
		resource += "/" + i.sub
	}
	s := fmt.Sprintf("User %q cannot %s resource %q in API group %q", u.name, i.verb, resource, i.group)
	if i.namespace != "" {
		s += fmt.Sprintf(" in the namespace %q", i.namespace)
	} else {
		s += " at the cluster scope"
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// success is the answer to a delete or an eviction.
func success(i info) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess,
		Details: &metav1.StatusDetails{Name: i.name, Group: i.group, Kind: i.resource},
	}
}
