package catalog_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// askedBy is what a probe asks at production, with its own example.
func askedBy(p probes.Probe) targets.Asked {
	place, params := target(p.System).Place(targets.Production), example(p)
	r := p.Request(place, params)
	return targets.Asked{
		System: p.System, Subject: "alice", Action: r.Action, Resource: r.Resource, Name: r.Name, Scope: r.Scope,
		Technique: string(p.Technique), Reached: p.Markers(place, params),
	}
}

// TestReachedGitLab: each marker is held against a sentence that was read in
// GitLab's source, which means that the request came through; and a letter of
// another case, another key, or a sentence that goes on means none of it.
func TestReachedGitLab(t *testing.T) {
	file, err := os.ReadFile("testdata/reached/gitlab.tsv")
	if err != nil {
		t.Fatal(err)
	}
	held := map[string][]string{} // the markers of a probe that a sentence stands for
	for line := range strings.Lines(string(file)) {
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		p, found := catalog.All().Find(c[0])
		status, err := strconv.Atoi(c[1])
		if !found || err != nil || len(c) != 4 || c[3] == "" {
			t.Fatalf("no such row can be: %q", line)
		}
		classify := func(status int, body string, markers []string) targets.Class {
			asked := askedBy(p)
			asked.Reached = markers
			return gitlab.Classify(targets.Case{Asked: asked, Exchange: targets.Exchange{
				Status: status, Body: body, Headers: map[string]string{"Content-Type": "application/json"},
			}}).Class
		}
		all := askedBy(p).Reached
		if got := classify(status, c[2], all); got != targets.Reached {
			t.Errorf("%s: %s is %s", p.ID, c[2], got)
		}
		for _, marker := range all {
			if classify(status, c[2], []string{marker}) == targets.Reached {
				held[p.ID] = append(held[p.ID], marker)
			}
		}
		for _, other := range []string{strings.ToLower(c[2]), strings.ToUpper(c[2]), strings.Replace(c[2], `"message"`, `"note"`, 1), strings.Replace(c[2], `"}`, ` and more"}`, 1), strings.Replace(c[2], `"]`, ` and more"]`, 1)} {
			if open := strings.Contains(c[2], "SHA does not match") || strings.Contains(c[2], "type is forbidden"); other != c[2] && !open && classify(status, other, all) == targets.Reached {
				t.Errorf("%s: %s is still reached", p.ID, other)
			}
		}
	}
	for _, p := range of(gitlab.Name) {
		if p.Technique == probes.Examine || p.Request(target(p.System).Place(targets.Production), example(p)).Push != nil {
			continue // examined only; what git says of a push is listed beside the classifier
		}
		for _, marker := range askedBy(p).Reached {
			if !slices.Contains(held[p.ID], marker) {
				t.Errorf("%s: %q, and no sentence that was read", p.ID, marker)
			}
		}
	}
}
