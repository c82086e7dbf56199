package kubernetes

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/targettest"
)

// FuzzDenied: whatever the server says, a denial is one of the sentences that are
// known, about what was asked: printing its parts gives the message back.
func FuzzDenied(f *testing.F) {
	targettest.Seeds(f, "testdata/corpus", func(c targets.Case) {
		f.Add(c.Exchange.Status, c.Exchange.Body, c.Subject, c.Action, c.Resource, c.Name, c.Scope)
	})
	f.Fuzz(func(t *testing.T, code int, body, subject, action, resource, name, scope string) {
		asked := targets.Asked{
			System: Name, Subject: subject, Harness: "prober", Action: action, Resource: resource, Name: name, Scope: scope,
		}
		x := answers(code, "application/json", body)
		got := Classify(targets.Case{Asked: asked, Exchange: x})
		if got.Class != targets.Denied {
			return
		}
		status, ok := envelope(x)
		if !ok || subject == "" && (got.Layer == targets.Authorization || got.Layer == targets.RBACEscalation) {
			t.Fatalf("%+v of %q", got, body)
		}
		if !printable(asked, got, status.Message) {
			t.Fatalf("%+v, and its parts do not give %q", got, status.Message)
		}
	})
}

// printable reports whether a message is what its layer says of what was asked.
func printable(asked targets.Asked, got targets.Response, message string) bool {
	head, rest, _ := strings.Cut(message, " is forbidden: ")
	kind, _, _ := strings.Cut(asked.Resource, "/")
	about := head == kind || strings.HasPrefix(head, kind+` "`)
	is := map[targets.Layer]func() bool{
		targets.Authorization: func() bool { return authorizers(asked, message) },
		targets.AdmissionWebhook: func() bool {
			start := fmt.Sprintf(`admission webhook "%s" denied the request`, got.By)
			return message == start+" without explanation" || strings.HasPrefix(message, start+": ")
		},
		targets.AdmissionPolicy: func() bool {
			policy, binding, _ := strings.Cut(got.By, "/")
			return about && strings.HasPrefix(rest, fmt.Sprintf("ValidatingAdmissionPolicy '%s' with binding '%s' denied request: ", policy, binding))
		},
		targets.AdmissionPlugin: func() bool {
			return about && slices.ContainsFunc(sentences(), func(s said) bool {
				return s.plugin == got.By && s.class == targets.Denied && spells(s.form, rest)
			})
		},
		targets.RBACEscalation: func() bool { return about && (rest == mustBeAdmin || strings.Contains(rest, asked.Subject)) },
		targets.PodSecurity:    func() bool { return about && strings.HasPrefix(rest, `violates PodSecurity "`+got.By+`"`) },
		targets.Quota:          func() bool { return about && strings.Contains(rest, "quota") },
	}[got.Layer]
	return is != nil && is()
}

// authorizers prints what the authorizer says of what was asked, in its present
// and in its old words, with each reason that is given for a decision.
func authorizers(asked targets.Asked, message string) bool {
	kind, _, _ := strings.Cut(asked.Resource, "/")
	heads := []string{kind, fmt.Sprintf("%s %q", kind, asked.Name)}
	if asked.Name == "" { // any may be named
		heads = append(heads, strings.SplitN(message, " is forbidden: ", 2)[0])
	}
	plural, sub, _ := strings.Cut(asked.Resource, "/")
	bare, group, _ := strings.Cut(plural, ".")
	if sub != "" || strings.HasSuffix(asked.Resource, "/") {
		bare += "/" + sub
	}
	where := " at the cluster scope"
	if asked.Scope != "" {
		where = fmt.Sprintf(" in the namespace %q", asked.Scope)
	}
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	said := []string{
		fmt.Sprintf("User %q cannot %s resource %q in API group %q%s", asked.Subject, asked.Action, bare, group, where),
		fmt.Sprintf("User %q cannot %s %s%s", asked.Subject, asked.Action, asked.Resource, where),
		fmt.Sprintf("User %q cannot %s %s%s.", asked.Subject, asked.Action, asked.Resource, where),
	}
	for _, head := range heads {
		if message == head+" is forbidden: " && asked.Action == "get" && strings.HasPrefix(asked.Resource, "pods/") {
			return true // the second check of a stream, without a word
		}
		for _, s := range said {
			after, ok := strings.CutPrefix(message, head+" is forbidden: "+escape(s))
			if ok && (after == "" || strings.HasPrefix(after, ": ") && decision(after[2:]).class == targets.Denied) {
				return true
			}
		}
	}
	path := escape(fmt.Sprintf("forbidden: User %q cannot %s path %q", asked.Subject, asked.Action, asked.Resource))
	after, ok := strings.CutPrefix(message, path)
	return ok && (after == "" || strings.HasPrefix(after, ": ") && decision(after[2:]).class == targets.Denied)
}
