package kubernetes

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sodprobe/sodprobe/targets"
)

// Classify implements targets.Classifier for kube-apiserver's answers
// (messages as of v1.37.2: apimachinery/pkg/api/errors, apiserver
// endpoints/handlers/responsewriters). Status codes alone prove nothing: a
// denial counts only in a known form that names what was asked.
func Classify(c targets.Case) targets.Response {
	r := classify(c)
	registry, _, _ := strings.Cut(DefaultImage, "/")
	if r.Class != targets.Reached && r.Class != targets.Mutated && strings.Contains(r.Reason, registry) {
		r.Advice = strings.TrimPrefix(r.Advice+"; "+mendImage, "; ")
	}
	return r
}

func classify(c targets.Case) targets.Response {
	x := c.Exchange
	switch {
	case x.Refused != "":
		return respond(targets.HarnessDenied, "our own guard refused to send: "+x.Refused)
	case x.Unfit != "":
		return respond(targets.Unsupported, x.Unfit)
	case x.TransportError != "":
		return respond(targets.Unreachable, x.TransportError)
	case x.Status == 0:
		return respond(targets.Unknown, "no answer was recorded")
	case x.Truncated || x.Cut > 0:
		return respond(targets.Unknown, "the answer is not whole")
	case x.Status/100 == 2:
		return success(c)
	}
	status, ok := envelope(x)
	if !ok {
		return foreign(x)
	}
	if got, ok := refusal(c.Asked, status); ok {
		return got
	}
	if marked(c.Reached, x.Status, status) && x.Unexercised != "" {
		return respond(targets.Reached, "authorization let it through, and admission was not asked: "+x.Unexercised)
	}
	if marked(c.Reached, x.Status, status) {
		return respond(targets.Reached, "the answer that an authorized caller gets: "+status.Message)
	}
	return failure(c.Asked, status)
}

func respond(class targets.Class, reason string) targets.Response {
	return targets.Response{Class: class, Reason: reason}
}

func denied(layer targets.Layer, by, reason string) targets.Response {
	return targets.Response{Class: targets.Denied, Layer: layer, By: by, Reason: reason}
}

// mendImage is what helps where a policy for images refused the one that workloads
// name by default: the refusal names it.
const mendImage = "a policy for images may have refused " + DefaultImage +
	", whoever asks: give the target an image that it accepts, by digest (image: …@sha256:…)"

// header looks a header up whatever its case.
func header(x targets.Exchange, name string) string {
	for k, v := range x.Headers {
		if http.CanonicalHeaderKey(k) == name {
			return v
		}
	}
	return ""
}

func isJSON(x targets.Exchange) bool {
	kind, _, err := mime.ParseMediaType(header(x, "Content-Type"))
	return err == nil && kind == "application/json"
}

// envelope decodes the API server's own error form.
func envelope(x targets.Exchange) (metav1.Status, bool) {
	var s metav1.Status
	if !isJSON(x) || json.Unmarshal([]byte(x.Body), &s) != nil {
		return s, false
	}
	return s, s.Kind == "Status" && s.APIVersion == "v1" && s.Status == metav1.StatusFailure && int(s.Code) == x.Status
}

// success judges a 2xx answer, of which the record holds a few fields.
func success(c targets.Case) targets.Response {
	var o struct {
		Kind     string `json:"kind"`
		Status   any    `json:"status"`
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	x := c.Exchange
	switch {
	case strings.HasPrefix(header(x, "Content-Type"), "text/html"):
		return respond(targets.Unreachable, fmt.Sprintf("HTTP %d with a page: something other than the API server answered", x.Status))
	case isJSON(x) && x.Body == "":
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d without a body", x.Status))
	case !slices.Contains(c.Reached, fmt.Sprintf("status:%d", x.Status)):
		return respond(targets.Mutated, fmt.Sprintf("HTTP %d, which no safe request gets", x.Status))
	case !isJSON(x):
		return respond(targets.Unreachable, fmt.Sprintf("HTTP %d, and not in the API server's own form", x.Status))
	case json.Unmarshal([]byte(x.Body), &o) != nil || o.Kind == "":
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d without an object", x.Status))
	case o.Kind == "Status" && o.Status == metav1.StatusFailure:
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d with a failure in it", x.Status))
	case c.Action == "create" && !strings.Contains(c.Resource, "/") && o.Metadata.ResourceVersion != "":
		return respond(targets.Mutated, "the created object has a resourceVersion: it was stored")
	default:
		return respond(targets.Reached, fmt.Sprintf("HTTP %d: every layer let it through", x.Status))
	}
}

// foreign judges an answer that is not in the API server's error form.
func foreign(x targets.Exchange) targets.Response {
	text := strings.TrimSpace(x.Body)
	plain := strings.HasPrefix(header(x, "Content-Type"), "text/plain")
	switch {
	case text == "":
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d without a body", x.Status))
	case plain && x.Status == http.StatusTooManyRequests && strings.HasPrefix(text, "Too many requests, please try again later."):
		return respond(targets.Throttled, text)
	case plain && x.Status == http.StatusInternalServerError && strings.HasPrefix(text, "Internal Server Error: "):
		return respond(targets.ServerError, text)
	case plain && x.Status == http.StatusNotFound && text == "404 page not found":
		return respond(targets.TargetMissing, "the API is not served")
	case isJSON(x):
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d in an unknown JSON form", x.Status))
	default:
		return respond(targets.Unreachable, fmt.Sprintf("HTTP %d from something that is not the API server", x.Status))
	}
}

// marked reports whether an answer is one that an authorized caller gets.
func marked(markers []string, code int, s metav1.Status) bool {
	for _, m := range markers {
		kind, want, _ := strings.Cut(m, ":")
		switch {
		case want == "":
		case kind == "status" && want == fmt.Sprint(code):
			return true
		case kind == "code" && want == string(s.Reason):
			return true
		case kind == "text" && code < http.StatusInternalServerError && strings.Contains(s.Message, want):
			return true
		}
	}
	return false
}

// failure judges the answers that refuse nobody.
func failure(asked targets.Asked, s metav1.Status) targets.Response {
	switch {
	case s.Code == http.StatusUnauthorized:
		return respond(targets.Unauthenticated, s.Message)
	case s.Reason == metav1.StatusReasonAlreadyExists && asked.Action == "create":
		return respond(targets.Reached, "it exists already: every layer let the request through")
	case strings.Contains(s.Message, "dryRun is not supported"):
		return respond(targets.Unsupported, s.Message)
	case s.Code == http.StatusTooManyRequests && cause(s, "DisruptionBudget") && asked.Resource == "pods/eviction":
		return respond(targets.Reached, "a disruption budget holds the Pod: the request was let through")
	case s.Code == http.StatusTooManyRequests:
		return respond(targets.Throttled, s.Message)
	case s.Code >= http.StatusInternalServerError:
		return respond(targets.ServerError, s.Message)
	case s.Code == http.StatusNotFound:
		return respond(targets.TargetMissing, s.Message)
	case s.Code == http.StatusMethodNotAllowed || s.Code == http.StatusNotAcceptable || s.Code == http.StatusUnsupportedMediaType:
		return respond(targets.Unsupported, s.Message)
	case s.Code == http.StatusBadRequest || s.Code == http.StatusUnprocessableEntity || s.Code == http.StatusRequestEntityTooLarge:
		return respond(targets.Invalid, s.Message)
	default:
		return respond(targets.Unknown, s.Message)
	}
}

func cause(s metav1.Status, reason metav1.CauseType) bool {
	return s.Details != nil && slices.ContainsFunc(s.Details.Causes, func(c metav1.StatusCause) bool { return c.Type == reason })
}
