package guard

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

// payload is what a request carries: a JSON document or a push.
type payload struct {
	text     string
	document map[string]any
	broken   error // why the text is no document
	push     *gitpush.Command
	history  *gitpush.History
	seen     gitpush.Advertised
	replaced string // the only body of a rule that replaces an object
	host     func(service string) string
}

// parsedPush reads a push.
func parsedPush(body []byte) (*gitpush.Command, error) {
	push, err := gitpush.Parse(body)
	if err != nil {
		return nil, refuse("%v", err)
	}
	return &push, nil
}

// match returns the one rule that a request fits. None, or more than one, is
// a refusal.
func match(rules []targets.Rule, r *http.Request, query map[string]string, body payload) (targets.Rule, error) {
	var found []targets.Rule
	why := "the lease has no rules"
	for _, rule := range rules {
		if misfit := fits(rule, r, query, body); misfit != "" {
			why = misfit
			continue
		}
		found = append(found, rule)
	}
	if len(found) != 1 {
		if len(found) > 1 {
			why = fmt.Sprintf("%d rules match", len(found))
		}
		return targets.Rule{}, refuse("%s %s is not what the lease allows: %s", r.Method, r.URL.RequestURI(), why)
	}
	return found[0], nil
}

// fits says why a rule does not match, "" where it does.
func fits(rule targets.Rule, r *http.Request, query map[string]string, body payload) string {
	switch {
	case strings.ContainsAny(rule.Path, "{}"):
		return "the rule has a hole in it"
	case r.URL.Host != body.host(rule.Service):
		return "the service differs"
	case r.Method != rule.Method:
		return "the method differs"
	case r.URL.EscapedPath() != rule.Path:
		return "the path differs"
	case !maps.Equal(query, rule.Query):
		return "the query differs"
	case (rule.Push == nil) != (body.push == nil):
		return "one is a push and the other is not"
	case rule.Replace != nil:
		if body.replaced == "" || body.text != body.replaced || len(rule.Body) > 0 || rule.Text != "" {
			return "the body is not the object as it was read, with its changes"
		}
	case rule.Text != "":
		if body.text != rule.Text || len(rule.Body) > 0 {
			return "the text differs"
		}
	case body.broken != nil:
		return body.broken.Error()
	case len(rule.Body) == 0 && len(body.document) > 0:
		return "the rule allows no body"
	}
	if rule.Push != nil {
		if body.seen.Repository()+"/git-receive-pack" != r.URL.Path {
			return "the server advertised another repository"
		}
		if misfit := body.push.Misfit(*rule.Push, body.history, body.seen); misfit != "" {
			return misfit
		}
	}
	for name, want := range rule.Header {
		if r.Header.Get(name) != want {
			return "the header " + name + " differs"
		}
	}
	for pointer, want := range rule.Body {
		v, ok := document.At(body.document, pointer)
		if !ok || document.String(v) != want {
			return "the body differs at " + pointer
		}
	}
	return ""
}
