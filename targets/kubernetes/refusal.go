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

// webhook recognizes an admission webhook's refusal, whose words follow a
// prefix that the API server writes. What the webhook says after it, such as
// the words of the authorizer, counts for nothing. The status is the webhook's
// own: one that could not decide says so there.
func webhook(s metav1.Status) (targets.Response, bool) {
	message := s.Message
	rest, ok := strings.CutPrefix(message, `admission webhook "`)
	if !ok {
		return targets.Response{}, false
	}
	name, rest, ok := strings.Cut(rest, `" `)
	switch {
	case s.Code >= http.StatusInternalServerError || s.Code == http.StatusRequestTimeout:
		return respond(targets.ServerError, "the webhook could not decide: "+message), true
	case s.Code == http.StatusTooManyRequests:
		return respond(targets.Throttled, message), true
	case s.Code == http.StatusUnauthorized:
		return respond(targets.Unknown, message), true
	case ok && (strings.HasPrefix(rest, "denied the request: ") || rest == "denied the request without explanation"):
		return denied(targets.AdmissionWebhook, name, message), true
	case ok && rest == "does not support dry run":
		return respond(targets.Unsupported, message), true
	default:
		return respond(targets.Unknown, message), true
	}
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
	return denied(targets.Authorization, "", message), true
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

// spoken takes any sentence of the authorizer apart: user and verb.
func spoken() *regexp.Regexp { return regexp.MustCompile(`^User ("(?:[^"\\]|\\.)*") cannot (\S+) `) }

// authorizer recognizes a refusal by the authorizer, and whom it refused.
func authorizer(asked targets.Asked, head, rest string) (targets.Response, bool) {
	if after, ok := strings.CutPrefix(rest, sentence(asked)); ok && asked.Subject != "" && (after == "" || strings.HasPrefix(after, ": ")) {
		if !addresses(asked, head) {
			return respond(targets.DependencyDenied, "of another object: "+head), true
		}
		return denied(targets.Authorization, "", rest), true
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
	case strings.Contains(rest, " is attempting to grant RBAC permissions not currently held:"):
		if asked.Subject == "" || !strings.HasPrefix(rest, fmt.Sprintf("user %q (groups=", asked.Subject)) {
			return respond(targets.HarnessDenied, rest), true
		}
		return denied(targets.RBACEscalation, "", rest), true
	case starts(`violates PodSecurity "`):
		return denied(targets.PodSecurity, between(rest, `violates PodSecurity "`, `"`), rest), true
	case starts("status unknown for quota: "):
		return respond(targets.ServerError, rest), true
	case starts("exceeded quota: "):
		return denied(targets.Quota, between(rest, "quota: ", ","), rest), true
	case starts("failed quota: "):
		return denied(targets.Quota, between(rest, "quota: ", ":"), rest), true
	case starts("insufficient quota "):
		return denied(targets.Quota, "", rest), true
	case limitRange(rest):
		return denied(targets.AdmissionPlugin, "LimitRanger", rest), true
	case strings.Contains(rest, "because it is being terminated"):
		return respond(targets.TargetMissing, rest), true
	case strings.Contains(rest, "not yet ready to handle request"):
		return respond(targets.ServerError, rest), true
	case starts("user not permitted to approve requests with signerName ", "user not permitted to sign requests with signerName ",
		"cannot set an ownerRef on a resource you can't delete: ", "cannot set blockOwnerDeletion ",
		"error looking up service account "):
		return denied(targets.AdmissionPlugin, "", rest), true
	default:
		return targets.Response{}, false
	}
}

// limitRange recognizes the LimitRanger's words (kube-apiserver v1.37.2,
// plugin/pkg/admission/limitranger/admission.go), alone or in a list.
func limitRange(rest string) bool {
	return regexp.MustCompile(
		`^\[?(?:(?:maximum|minimum) \S+ usage|\S+ max limit to request ratio) per (?:Pod|Container|PersistentVolumeClaim) is `,
	).MatchString(
		rest,
	)
}
