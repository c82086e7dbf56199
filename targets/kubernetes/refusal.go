package kubernetes

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sodprobe/sodprobe/targets"
)

// refusal recognizes who refused, by the message's own words. ok is false
// where the answer is no refusal in a known form.
func refusal(asked targets.Asked, s metav1.Status) (got targets.Response, ok bool) {
	if got, ok := webhook(s); ok {
		return got, true
	}
	if misconfigured(s.Message) {
		return respond(targets.ServerError, s.Message), true
	}
	head, rest, found := strings.Cut(s.Message, " is forbidden: ")
	if found && names(asked, head) {
		if got, ok := policy(rest); ok {
			return got, true
		}
	}
	if s.Code != http.StatusForbidden {
		return got, false
	}
	if got, ok := path(asked, s.Message); ok {
		return got, true
	}
	if !found {
		return respond(targets.Unknown, s.Message), true
	}
	if got, ok := authorizer(asked, head, rest); ok {
		return got, true
	}
	if names(asked, head) {
		if got, ok := admissionPlugin(asked, rest); ok {
			return got, true
		}
	}
	return respond(targets.Unknown, s.Message), true
}

// misconfigured recognizes what a policy that was not evaluated answers to
// everybody (apiserver v0.37.2, admission/plugin/policy/generic/policy_dispatcher.go):
// it names no object. A MutatingAdmissionPolicy refuses in no other way.
func misconfigured(message string) bool {
	return strings.HasPrefix(message, "policy '") &&
		regexp.MustCompile(`^policy '[^']+' (with binding '[^']+' )?denied request: `).MatchString(message)
}

// policyForm is how a ValidatingAdmissionPolicy refuses.
func policyForm() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^ValidatingAdmissionPolicy '([^']+)' (?:with binding '([^']+)' )?denied request: (.*)$`)
}

// policy recognizes an admission policy's refusal. A policy that is broken
// refuses everybody, so it is no control decision.
func policy(rest string) (targets.Response, bool) {
	if !strings.HasPrefix(rest, "ValidatingAdmissionPolicy '") {
		return targets.Response{}, false
	}
	m := policyForm().FindStringSubmatch(rest)
	if m == nil {
		return targets.Response{}, false
	}
	if m[2] == "" || broken(m[3]) {
		return respond(targets.ServerError, rest), true
	}
	return denied(targets.AdmissionPolicy, m[1]+"/"+m[2], rest), true
}

// broken recognizes the words of a policy that could not be evaluated
// (apiserver v0.37.2, admission/plugin/policy/validating and admission/plugin/cel).
func broken(text string) bool {
	for _, start := range []string{
		"failed to configure ", "failed to convert object version: ", "failed to prepare ", "failed messageExpression: ",
		"compilation error: ", "unexpected internal error compiling expression", "environment misconfigured: ",
		"validation failed due to running out of cost budget", "runtime cost could not be calculated for expression: ",
		"unrecognized failure policy: ", "Invalid type sent to validator",
	} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return strings.HasPrefix(text, "expression '") && strings.Contains(text, "' resulted in error: ")
}

// path recognizes the authorizer's refusal of a path that is no resource,
// such as /metrics.
func path(asked targets.Asked, message string) (targets.Response, bool) {
	if !strings.HasPrefix(asked.Resource, "/") || asked.Subject == "" {
		return targets.Response{}, false
	}
	want := escaped(fmt.Sprintf("forbidden: User %q cannot %s path %q", asked.Subject, asked.Action, asked.Resource))
	after, ok := strings.CutPrefix(message, want)
	if !ok || (after != "" && !strings.HasPrefix(after, ": ")) {
		return targets.Response{}, false
	}
	return because(message, after), true
}

// because is the refusal of the very thing that was asked, by the reason that
// stands after its sentence.
func because(said, after string) targets.Response {
	why := decision(strings.TrimPrefix(after, ": "))
	if why.class != targets.Denied {
		return targets.Response{Class: why.class, Reason: said, Advice: why.advice}
	}
	return denied(targets.Authorization, "", said)
}

// escaped replaces what the server replaces in the authorizer's words.
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// addresses reports whether the head of a refusal by the authorizer names
// exactly what was asked for. The authorizer knows an object's name from the
// URL or a field selector only, so a create or a list may name none.
func addresses(asked targets.Asked, head string) bool {
	resource, sub, _ := strings.Cut(asked.Resource, "/")
	if asked.Name == "" { // nobody asked for an object by name
		got, _, _ := strings.Cut(head, ` "`)
		return got == resource
	}
	if head == resource {
		return sub == "" && slices.Contains([]string{"create", "list", "watch", "deletecollection"}, asked.Action)
	}
	return head == fmt.Sprintf("%s %q", resource, asked.Name)
}

// names reports whether the head of an admission refusal names the resource
// that was asked for: RESOURCE[.GROUP][ "NAME"].
func names(asked targets.Asked, head string) bool {
	resource, _, _ := strings.Cut(asked.Resource, "/")
	got, quoted, named := strings.Cut(head, ` "`)
	if got != resource {
		return false
	}
	return !named || asked.Name == "" || quoted == asked.Name+`"`
}

// sentence is what the authorizer says, in the words of
// apiserver/pkg/endpoints/handlers/responsewriters/errors.go (v1.37.2).
func sentence(asked targets.Asked) string {
	plural, sub, hasSub := strings.Cut(asked.Resource, "/")
	resource, group, _ := strings.Cut(plural, ".")
	if hasSub {
		resource += "/" + sub
	}
	s := fmt.Sprintf("User %q cannot %s resource %q in API group %q", asked.Subject, asked.Action, resource, group)
	if asked.Scope != "" {
		s += fmt.Sprintf(" in the namespace %q", asked.Scope)
	} else {
		s += " at the cluster scope"
	}
	return escaped(s)
}

// oldSentence is the same before v1.12 (same file, v1.7 to v1.11), with a full
// stop in the older of these.
func oldSentence(asked targets.Asked) string {
	s := fmt.Sprintf("User %q cannot %s %s", asked.Subject, asked.Action, asked.Resource)
	if asked.Scope != "" {
		s += fmt.Sprintf(" in the namespace %q", asked.Scope)
	} else {
		s += " at the cluster scope"
	}
	return escaped(s)
}

// spoken takes any sentence of the authorizer apart: user and verb.
func spoken() *regexp.Regexp { return regexp.MustCompile(`^User ("(?:[^"\\]|\\.)*") cannot (\S+) `) }

// authorizer recognizes a refusal by the authorizer, and whom it refused.
func authorizer(asked targets.Asked, head, rest string) (targets.Response, bool) {
	for _, sentence := range []string{sentence(asked), oldSentence(asked), oldSentence(asked) + "."} {
		after, ok := strings.CutPrefix(rest, sentence)
		switch {
		case !ok || asked.Subject == "" || after != "" && !strings.HasPrefix(after, ": "):
		case !addresses(asked, head):
			return respond(targets.DependencyDenied, "of another object: "+head), true
		default:
			return because(rest, after), true
		}
	}
	if rest == "" && rechecked(asked) && addresses(asked, head) {
		return denied(targets.Authorization, "", "the stream needs the verb create as well, and the subject lacks it"), true
	}
	m := spoken().FindStringSubmatch(rest)
	if m == nil {
		return targets.Response{}, false
	}
	user, err := strconv.Unquote(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(m[1]))
	switch {
	case err != nil:
		return respond(targets.Unknown, rest), true
	case user == "system:anonymous":
		return respond(targets.Unauthenticated, "the server saw no credential: "+rest), true
	case strings.HasPrefix(m[2], "impersonate") && user == asked.Subject && takesOn(asked, rest):
		return respond(targets.DependencyDenied, "it refuses this one request as somebody else, and names nobody: "+rest), true
	case strings.HasPrefix(m[2], "impersonate"):
		return respond(targets.HarnessDenied, rest), true
	case user == asked.Subject:
		return respond(targets.DependencyDenied, rest), true
	case asked.Harness == "" || user == asked.Harness:
		return respond(targets.HarnessDenied, rest), true
	default:
		return respond(targets.Unknown, "somebody else was refused: "+rest), true
	}
}

// takesOn reports whether the subject itself, and not our prober, asked to
// act as somebody else, and was refused just that. Constrained impersonation
// (KEP-5284, on by default since v1.36) names the request that was to be made
// as the other, here a review of oneself, and not whom. Whoever may make another
// request as the other is refused in the same words, so that they prove
// nothing.
func takesOn(asked targets.Asked, rest string) bool {
	if asked.Action != "impersonate" || asked.Subject == asked.Harness {
		return false
	}
	for _, mode := range []string{"user-info", "serviceaccount", "arbitrary-node", "associated-node"} {
		want := fmt.Sprintf(
			`User %q cannot impersonate-on:%s:create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope`,
			asked.Subject,
			mode,
		)
		if rest == escaped(want) {
			return true
		}
	}
	return false
}

// rechecked reports whether a request opens a stream by GET. The server then
// checks the verb create too, and refuses without a word (since v1.35,
// AuthorizePodWebsocketUpgradeCreatePermission).
func rechecked(asked targets.Asked) bool {
	return asked.Action == "get" && slices.Contains([]string{"pods/exec", "pods/attach", "pods/portforward"}, asked.Resource)
}

// between returns what stands between two marks, "" where they do not stand.
func between(s, before, after string) string {
	_, rest, _ := strings.Cut(s, before)
	got, _, found := strings.Cut(rest, after)
	if !found {
		return ""
	}
	return got
}

// escalates recognizes the check against granting what one does not hold
// (k8s.io/kubernetes v1.37.2, pkg/registry/rbac/validation/rule.go and
// clusterrole/policybased/storage.go; the second form until v1.15).
func escalates(rest string) bool {
	return strings.Contains(rest, " is attempting to grant RBAC permissions not currently held:") ||
		strings.HasPrefix(rest, "attempt to grant extra privileges: ") || rest == mustBeAdmin
}

const mustBeAdmin = "must have cluster-admin privileges to use the aggregationRule"

// grants reports whether it was the subject who did. The last form names nobody:
// the check asks about whoever made the request, and the authorizer let that one
// through.
func grants(asked targets.Asked, rest string) bool {
	old := strings.HasPrefix(rest, "attempt to grant extra privileges: ") && strings.Contains(rest, " user=&{"+asked.Subject+" ")
	return asked.Subject != "" && (old || rest == mustBeAdmin || strings.HasPrefix(rest, fmt.Sprintf("user %q (groups=", asked.Subject)))
}

// admissionPlugin recognizes the refusals of the plugins that are compiled
// into the API server.
func admissionPlugin(asked targets.Asked, rest string) (targets.Response, bool) {
	starts := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(rest, p) {
				return true
			}
		}
		return false
	}
	switch {
	case escalates(rest):
		if !grants(asked, rest) {
			return respond(targets.HarnessDenied, rest), true
		}
		return denied(targets.RBACEscalation, "", rest), true
	case starts(`violates PodSecurity "`):
		return denied(targets.PodSecurity, between(rest, `violates PodSecurity "`, `"`), rest), true
	case starts("exceeded quota: "):
		return denied(targets.Quota, between(rest, "quota: ", ","), rest), true
	case starts("failed quota: "):
		return denied(targets.Quota, between(rest, "quota: ", ":"), rest), true
	case starts("insufficient quota "):
		return denied(targets.Quota, "", rest), true
	}
	for _, known := range sentences() {
		if spells(known.form, rest) {
			if known.class == targets.Denied {
				return denied(targets.AdmissionPlugin, known.plugin, rest), true
			}
			return respond(known.class, rest), true
		}
	}
	return targets.Response{}, false
}
