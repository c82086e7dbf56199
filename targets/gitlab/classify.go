package gitlab

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// gitPush is the action of a push.
const gitPush = "git-push"

// Classify implements targets.Classifier for GitLab's answers. GitLab's words
// do not name who was refused what, so a denial counts only where the pair of
// status and exact text is on the list for that very route; all else is
// unknown.
func Classify(c targets.Case) targets.Response {
	x := c.Exchange
	switch {
	case x.Refused != "":
		return respond(targets.HarnessDenied, "our own guard refused to send: "+x.Refused)
	case x.Unfit != "":
		return respond(targets.Unsupported, x.Unfit)
	case strings.Contains(x.TransportError, "ssh: unable to authenticate"):
		return respond(targets.Unauthenticated, x.TransportError)
	case x.TransportError != "":
		return respond(targets.Unreachable, x.TransportError)
	case x.Git != nil:
		return pushed(c, *x.Git)
	case x.Status == 0:
		return respond(targets.Unknown, "no answer was recorded")
	case x.Git == nil && x.Status/100 == 2 && contentType(x) != "text/html" && carriedOut(c):
		return respond(targets.Mutated, fmt.Sprintf("HTTP %d, which no safe request gets", x.Status))
	case x.Truncated || x.Cut > 0:
		return respond(targets.Unknown, "the answer is not whole")
	case c.Technique == "examine":
		return respond(targets.Unsupported, "examined only, which proves nothing by itself: "+x.Body)
	case c.Action == gitPush:
		return beforePush(c)
	}
	e, ok := envelope(x)
	if !ok {
		return foreign(x)
	}
	if e.code == someTags {
		return respond(
			targets.Unknown,
			"the registry token allows a push, but not of every tag, and which one production runs is not known: "+x.Body,
		)
	}
	if got, ok := refusal(c, e); ok {
		return got
	}
	if marked(c.Reached, x.Status, e) {
		return respond(targets.Reached, fmt.Sprintf("HTTP %d, which an authorized caller gets: %s", x.Status, e.text()))
	}
	return failure(c, e)
}

// mutates reports whether a request would change something if it could.
func mutates(c targets.Case) bool {
	return c.Action != "" && !strings.HasPrefix(c.Action, "GET ") && route(c.Action) != simulates
}

// carriedOut reports whether a success to a request says that it was carried out:
// that of any write whose probe does not list it, whatever its body, and a delete
// has none.
func carriedOut(c targets.Case) bool {
	status := fmt.Sprintf("status:%d", c.Exchange.Status)
	return c.Action != gitPush && mutates(c) && !slices.Contains(c.Reached, status)
}

// simulates is the route whose success may say that it would fail.
const simulates = "POST /projects/:x/ci/lint"

func respond(class targets.Class, reason string) targets.Response {
	return targets.Response{Class: class, Reason: reason}
}

func (m marker) respond(text string) targets.Response {
	return targets.Response{Class: m.class, Layer: m.layer, Reason: text}
}

// header looks a header up whatever its case.
func header(x targets.Exchange, name string) string {
	for k, v := range x.Headers {
		if http.CanonicalHeaderKey(k) == name {
			return v
		}
	}
	return ""
}

func contentType(x targets.Exchange) string {
	kind, _, err := mime.ParseMediaType(header(x, "Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// answer is a body in GitLab's own form.
type answer struct {
	// texts are its messages, each on its own.
	texts []string
	// code is its machine-readable word, if it has one.
	code string
}

func (a answer) text() string { return strings.Join(a.texts, "; ") }

// envelope decodes GitLab's own forms: message, error, errors, or an object of
// the API.
func envelope(x targets.Exchange) (answer, bool) {
	kind := contentType(x)
	if kind != "application/json" && (kind != "" || x.Body == "") {
		return answer{}, false
	}
	var body map[string]any
	if json.Unmarshal([]byte(x.Body), &body) != nil {
		return answer{}, false
	}
	var a answer
	for _, name := range []string{"message", "errors", "error_description"} {
		a.texts = append(a.texts, texts(body[name])...)
	}
	if code, ok := body["error"].(string); ok {
		a.code = code
		if len(a.texts) == 0 {
			a.texts = []string{code}
		}
	}
	if valid, ok := body["valid"].(bool); ok && valid {
		a.code = "valid"
	}
	if access, ok := body["access"].([]any); ok && x.Status == http.StatusOK {
		a.code = registryCode(access)
	}
	return a, x.Status/100 == 2 || len(a.texts) > 0
}

// texts flattens a message: {"base": ["a"]} says a, {"key": ["b"]} says key: b.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, texts(e)...)
		}
		return out
	case map[string]any:
		if text, ok := v["message"].(string); ok {
			return []string{text}
		}
		var out []string
		for name, e := range v {
			for _, text := range texts(e) {
				if name != "base" && name != "error" {
					text = name + ": " + text
				}
				out = append(out, text)
			}
		}
		sort.Strings(out)
		return out
	default:
		return nil
	}
}

// registryCode says whether a registry token would allow a push.
func registryCode(access []any) string {
	for _, e := range access {
		o, ok := e.(map[string]any)
		if !ok {
			continue
		}
		actions, _ := o["actions"].([]any)
		if !slices.Contains(actions, any("push")) && !slices.Contains(actions, any("*")) {
			continue
		}
		meta, _ := o["meta"].(map[string]any)
		deny, _ := meta["tag_deny_access_patterns"].(map[string]any)
		if listed(deny["push"]) || listed(meta["tag_immutable_patterns"]) {
			return someTags
		}
		return "push"
	}
	return "no-push"
}

// someTags is a registry's token that allows a push, and not of every tag.
const someTags = "push-of-some-tags"

func listed(v any) bool {
	list, ok := v.([]any)
	return v != nil && (!ok || len(list) > 0)
}

// refusal finds an answer in the list of those that refuse somebody.
func refusal(c targets.Case, e answer) (targets.Response, bool) {
	if c.Subject == "" {
		return targets.Response{}, false // nobody was proven: whom it refuses is not known
	}
	x, action := c.Exchange, route(c.Action)
	switch {
	case e.code == "insufficient_scope" || e.code == "insufficient_granular_scope":
		return respond(targets.HarnessDenied, "the token's scopes were refused, not the account: "+e.text()), true
	case action == "GET /jwt/auth" && e.code == "no-push":
		return targets.Response{Class: targets.Denied, Layer: targets.ProjectRole, Reason: "the registry token does not allow a push"}, true
	case action == "PUT /projects/:x/merge_requests/:x/merge" && x.Status == http.StatusMethodNotAllowed:
		return unmergeable(x, e), true
	case len(e.texts) != 1:
		return targets.Response{}, false
	}
	if m, ok := find(restMarkers(), action, x.Status, e.texts[0]); ok {
		return m.respond(e.texts[0]), true
	}
	return targets.Response{}, false
}

// unmergeable tells, by what was read before, whether it was the missing
// approval that refused a merge: GitLab's answer is the same for a draft, a
// failed pipeline and an open discussion.
func unmergeable(x targets.Exchange, e answer) targets.Response {
	for _, step := range x.Steps {
		var mr struct {
			Status string `json:"detailed_merge_status"`
		}
		if json.Unmarshal([]byte(step.Body), &mr) != nil || mr.Status == "" {
			continue
		}
		if mr.Status == "not_approved" && slices.Equal(e.texts, []string{"405 Method Not Allowed"}) {
			return targets.Response{Class: targets.Denied, Layer: targets.MergeApproval, By: mr.Status, Reason: e.text()}
		}
		return respond(targets.Unknown, "it cannot be merged for another reason than approval: "+mr.Status)
	}
	return respond(targets.Unknown, "it cannot be merged, and nothing says why: "+e.text())
}

// marked reports whether an answer is one that an authorized caller gets.
func marked(markers []string, status int, e answer) bool {
	for _, m := range markers {
		kind, want, _ := strings.Cut(m, ":")
		switch {
		case want == "":
		case kind == "status" && want == fmt.Sprint(status), kind == "code" && want == e.code:
			return true
		case kind == "text" && status == http.StatusNotFound && e.code != "": // a route, and no record: its key is error
		case kind == "text" && status < http.StatusInternalServerError &&
			slices.ContainsFunc(e.texts, func(text string) bool { return whole(text, want) }):
			return true
		}
	}
	return false
}

// statusWords begin GitLab's messages that repeat the status
// (lib/api/helpers.rb, bad_request! and forbidden!).
var statusWords = regexp.MustCompile(`^[0-9]{3} [A-Z][A-Za-z ]* - `)

// whole reports whether a message is exactly the one that is wanted, or begins
// with it where that ends in "…": one letter tells "404 Not found", which GitLab
// says of a record, from "404 Not Found", which it says of a route.
func whole(text, want string) bool {
	text = statusWords.ReplaceAllString(text, "")
	if prefix, open := strings.CutSuffix(want, "…"); open {
		return strings.HasPrefix(text, prefix)
	}
	return text == want
}

// failure judges the answers that refuse nobody.
func failure(c targets.Case, e answer) targets.Response {
	x := c.Exchange
	text := fmt.Sprintf("HTTP %d: %s", x.Status, e.text())
	switch {
	case x.Status/100 == 2 && !mutates(c) && e.code == "" && len(e.texts) > 0:
		return respond(targets.Unknown, text) // a success that reports errors
	case x.Status/100 == 2:
		return respond(targets.Mutated, fmt.Sprintf("HTTP %d, which no safe request gets", x.Status))
	case x.Status == http.StatusUnauthorized:
		return respond(targets.Unauthenticated, text)
	case x.Status == http.StatusNotFound:
		return respond(targets.TargetMissing, text)
	case x.Status == http.StatusTooManyRequests:
		return respond(targets.Throttled, text)
	case x.Status >= http.StatusInternalServerError:
		return respond(targets.ServerError, text)
	case x.Status == http.StatusBadRequest || x.Status == http.StatusUnprocessableEntity:
		return respond(targets.Invalid, text)
	default:
		return respond(targets.Unknown, text)
	}
}

// foreign judges an answer that is not in GitLab's own form.
func foreign(x targets.Exchange) targets.Response {
	text, kind := strings.TrimSpace(x.Body), contentType(x)
	plain := kind == "text/plain" || kind == ""
	switch {
	case x.Status/100 == 2 && kind == "application/json":
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d without an object", x.Status))
	case x.Status/100 == 2 && kind != "text/html":
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d in an unknown form", x.Status))
	case text == "":
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d without a body", x.Status))
	case plain && x.Status == http.StatusTooManyRequests && strings.HasPrefix(text, "Retry later"):
		return respond(targets.Throttled, text)
	case plain && x.Status == http.StatusForbidden &&
		(text == "Forbidden" || strings.HasPrefix(text, "Too many failed authentication attempts from this IP")):
		return respond(targets.HarnessDenied, "this machine's address is banned: "+text)
	case kind == "application/json":
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d in an unknown JSON form", x.Status))
	default:
		return respond(targets.Unreachable, fmt.Sprintf("HTTP %d from something that is not GitLab's API", x.Status))
	}
}
