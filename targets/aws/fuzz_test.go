package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/targettest"
)

// FuzzDenied: whatever the bytes, a denial is AWS's sentence about the very
// principal and action that were asked for: printing its parts gives it back.
func FuzzDenied(f *testing.F) {
	targettest.Seeds(f, "testdata/corpus", func(c targets.Case) {
		f.Add(c.Exchange.Status, c.Exchange.Headers["Content-Type"], c.Exchange.Headers["X-Amzn-Errortype"], c.Exchange.Body, c.Subject, c.Action, c.Resource)
	})
	f.Fuzz(func(t *testing.T, status int, kind, named, body, subject, action, resource string) {
		x := targets.Exchange{Status: status, Headers: map[string]string{"Content-Type": kind, "X-Amzn-Errortype": named}, Body: body}
		got := Classify(targets.Case{Asked: targets.Asked{Subject: subject, Action: action, Resource: resource}, Exchange: x})
		if got.Class != targets.Denied {
			return
		}
		failure, ok := envelope(x)
		if !ok || subject == "" {
			t.Fatalf("%+v of %q", got, body)
		}
		if action == webIdentity && failure.message == webIdentityDenied {
			return // which names nobody
		}
		d, ok := parseDenial(failure.message)
		if !ok || d.unclear != "" || d.principal != subject || !strings.EqualFold(d.action, action) || !printed(d, failure.message) {
			t.Fatalf("%+v, and its parts %+v do not give %q", got, d, failure.message)
		}
	})
}

// printed reports whether putting the parts of a sentence together gives it back,
// but for spaces.
func printed(d denial, message string) bool {
	squash := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	resources := []string{""}
	for _, kind := range []string{"", "instance profile ", "role ", "user ", "group ", "policy "} {
		resources = append(resources, " on resource: "+kind+d.resource)
	}
	resources = append(resources, ` on resource: "`+d.resource+`"`)
	reasons := []string{"", " with an explicit deny"}
	for kind, layer := range policyTypes() {
		if layer != d.layer {
			continue
		}
		for _, article := range []string{"a ", "an ", "the "} {
			reasons = append(reasons, " with an explicit deny in "+article+kind, " with an explicit deny in "+article+kind+": "+d.policy)
		}
		reasons = append(reasons, " because no "+kind+" allows the "+d.ungranted+" action")
	}
	message = squash(message)
	return slices.ContainsFunc(openings(), func(opening string) bool {
		return slices.ContainsFunc(resources, func(on string) bool {
			return slices.ContainsFunc(reasons, func(why string) bool {
				after, ok := strings.CutPrefix(message, squash(opening+"User: "+d.principal+" is not authorized to perform: "+d.action+on+why))
				_, known := tailOf(after)
				return ok && known
			})
		})
	})
}
