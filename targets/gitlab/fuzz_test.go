package gitlab

import (
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/targettest"
)

// FuzzDenied: whatever a server says of a push, a denial is one whole message of
// GitLab's that is on the list, with a report that says which ref was kept.
func FuzzDenied(f *testing.F) {
	targettest.Seeds(f, "testdata/corpus", func(c targets.Case) {
		if g := c.Exchange.Git; g != nil {
			var reason string
			for _, r := range g.Refs {
				reason = r.Reason
			}
			f.Add(g.Unpack, c.Resource, reason, g.Sideband, g.Fatal, c.Subject)
		}
	})
	f.Fuzz(func(t *testing.T, unpack, ref, reason, sideband, fatal, subject string) {
		for _, refs := range [][]targets.GitRefStatus{nil, {{Ref: ref, Status: "ng", Reason: reason}}, {{Ref: ref, Status: "ng", Reason: reason}, {Ref: "refs/heads/x", Status: "ok"}}} {
			g := targets.GitReport{Unpack: unpack, Refs: refs, Sideband: sideband, Fatal: fatal}
			got := Classify(targets.Case{
				Asked: targets.Asked{Subject: subject, Action: gitPush, Resource: "refs/heads/main"}, Exchange: targets.Exchange{Git: &g},
			})
			if got.Class != targets.Denied {
				continue
			}
			squash := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, "remote: ", "")), " ") }
			m, ok := find(pushMarkers(), "", 0, got.Reason)
			if !ok || m.layer != got.Layer || subject == "" || len(refs) > 1 || !strings.Contains(squash(sideband+"\n"+fatal), squash(got.Reason)) {
				t.Fatalf("%+v of %+v", got, g)
			}
		}
	})
}
