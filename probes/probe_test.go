package probes_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

func TestWithin(t *testing.T) {
	list := probes.Techniques()
	for i, a := range list {
		for j, b := range list {
			if got := a.Within(b); got != (i <= j) {
				t.Errorf("%s within %s: %t", a, b, got)
			}
		}
		if a.Within("made-up") || probes.Technique("made-up").Within(a) {
			t.Errorf("an unknown technique is within %s", a)
		}
	}
}

func TestMarkers(t *testing.T) {
	p := probes.Probe{Reached: []string{`text:pods "{run}" not found in {scope}`, "status:200", "{object}"}}
	got := p.Markers(targets.Place{Scope: "payments"}, probes.Params{Run: "sodprobe-1", With: map[string]string{"object": "{run}"}})
	if diff := cmp.Diff([]string{`text:pods "sodprobe-1" not found in payments`, "status:200", "{run}"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNeed(t *testing.T) {
	n := probes.Need{Name: "deployment", Example: "api", Pattern: regexp.MustCompile(`^[a-z]+$`)}
	if n.Valid("api") != nil || n.Valid("../api") == nil || n.Valid("") == nil {
		t.Error("the form is not checked")
	}
}
