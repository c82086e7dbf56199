package kubernetes

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// An authorizer may add a reason to its refusal. Some authorizers are webhooks,
// and refuse with their own outage as the reason: a refusal is a decision only
// where the reason is on the list of those that are given for decisions.

// reason is one that an authorizer gives, as a pattern, with what it means.
type reason struct {
	form   string
	class  targets.Class
	advice string
}

const (
	askAzure = "Azure RBAC knows a person by the oid: give the identity extra: {oid: [OBJECT-ID]}, " +
		"or use the person's own credential instead of impersonation"
	askAgain = "nothing was decided: run again when the authorizer answers"
	askOther = "GKE lets nobody take on this identity by impersonation: use its own credential"
)

// reasons is the list. Forms are those of their sources, in which %q stands for a
// quoted text, %s for a word, and %v for any text.
func reasons() []reason {
	decided := func(forms ...string) []reason {
		var out []reason
		for _, f := range forms {
			out = append(out, reason{form: f, class: targets.Denied})
		}
		return out
	}
	return slices.Concat(
		// k8s.io/kubernetes v1.37.2, plugin/pkg/auth/authorizer/rbac/rbac.go: the
		// roles that a binding names and that do not exist grant nothing.
		decided(`RBAC: %s %q not found`, `RBAC: [%v not found]`),
		// Same, pkg/auth/authorizer/abac/abac.go, and apiserver v0.37.2,
		// pkg/authorization/authorizerfactory/builtin.go.
		decided(`No policy matched.`, `Everything is forbidden.`),
		nodeReasons(decided),
		// Google Kubernetes Engine: IAM, and Autopilot's limits of who may do what
		// (cloud.google.com/kubernetes-engine/docs/how-to/iam; cert-manager's and
		// Teleport's documentation quote the second and third).
		decided(`requires one of [%v] permission(s).`, `Required %q permission.`, `Unknown user %q`,
			`GKE Warden authz [denied by managed-namespaces-limitation]: %v`),
		[]reason{
			{`GKE Warden authz [denied by user-impersonation-limitation]: %v`, targets.HarnessDenied, askOther},
			{`GKE Warden authz [denied by required-webhooks-limitation]%v`, targets.ServerError, askAgain},
		},
		// AKS and Azure Arc: kubeguard/guard, authz/providers/azure/rbac/checkaccessreqhelper.go
		// and server/utils.go. A user without oid is one that Azure was not asked about.
		decided(`User does not have access to the resource in Azure. Update role assignment to allow access.`,
			`Azure does not have opinion for this user.`),
		[]reason{
			{`Azure does not have opinion for this non AAD user.%v`, targets.HarnessDenied, askAzure},
			{`Access denied by Azure RBAC for non AAD users.%v`, targets.HarnessDenied, askAzure},
			{`Error occured during authorization check.%v`, targets.ServerError, askAgain}, //nolint:misspell // as it is said
		},
		// OpenShift 3 and 4, pkg/authorization/authorizer: RBAC and the scopes of
		// a token.
		decided(`no RBAC policy matched`, `scopes [%v] prevent this action`),
	)
}

// nodeReasons are those of the node authorizer (k8s.io/kubernetes v1.37.2,
// plugin/pkg/auth/authorizer/node/node_authorizer.go).
func nodeReasons(decided func(...string) []reason) []reason {
	return decided(
		`unknown node for user %q`, `no relationship found between node '%s' and this object`,
		`can only get/update/patch this type`, `can only update status subresource`, `can only get individual resources of this type`,
		`cannot get subresource`, `can only read resources of this type`, `cannot read subresource`,
		`can only read namespaced object of this type`, `No Object name found`, `not allowed to get service accounts`,
		`can only create tokens for individual service accounts`, `can only create token subresource of serviceaccount`,
		`can only get, create, update, patch, or delete a node lease`, `can only access leases in the %q system namespace`,
		`can only access node lease with the same name as the requesting node`,
		`can only get, create, update, patch, or delete a CSINode`, `CSINode status access requires CSIVolumeHealth feature`,
		`can only get, update, or patch CSINode status`, `cannot authorize CSINode subresources`,
		`can only access CSINode with the same name as the requesting node`, `cannot authorize ResourceSlice subresources`,
		`can only list/watch/deletecollection resourceslices with nodeName field selector`,
		`only the following verbs are allowed for a ResourceSlice: %v`,
		`nodes may not access the status subresource of PodCertificateRequests`,
		`can only list/watch podcertificaterequests with nodeName field selector`, `nodes may not %s podcertificaterequests`,
		`node '%s' cannot read all nodes, only its own Node object`, `node '%s' cannot read '%s', only its own Node object`,
		`can only list/watch pods with spec.nodeName field selector`,
	)
}

// spells reports whether a text is one of a form, whole.
func spells(form, text string) bool {
	if start, _, _ := strings.Cut(form, "%"); !strings.HasPrefix(text, start) {
		return false // which most are, and cheaply found out
	}
	expression := strings.NewReplacer("%q", `"(?:[^"\\]|\\.)*"`, "%s", `\S+`, "%d", `-?\d+`, "%v", `(?s:.*)`).Replace(regexp.QuoteMeta(form))
	return regexp.MustCompile(`^` + expression + `$`).MatchString(text)
}

// named is how an authorizer of a chain stands before its reason (apiserver,
// pkg/authorization/union/union.go, since v1.37).
func named() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?: `) }

// decision is what the reasons of all authorizers of a chain, one a line, come to:
// Denied only where each is given for a decision.
func decision(text string) reason {
	out := reason{class: targets.Denied}
	if text == "" {
		return out
	}
	for line := range strings.SplitSeq(text, "\n") {
		got := meaning(line)
		if weight(got.class) > weight(out.class) {
			out = got
		}
	}
	return out
}

// meaning is that of one authorizer's reason.
func meaning(line string) reason {
	for _, text := range []string{line, named().ReplaceAllString(line, "")} {
		for _, r := range reasons() {
			if spells(r.form, text) {
				return r
			}
		}
	}
	return reason{class: targets.Unknown, advice: "the authorizer gives a reason that is on no list of decisions: see what it says of itself"}
}

// weight orders the classes of reasons: the one that says least counts.
func weight(c targets.Class) int {
	return slices.Index([]targets.Class{targets.Denied, targets.HarnessDenied, targets.Unknown, targets.ServerError}, c)
}
