package gitlab

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// sentence is one row of testdata/sentences.tsv: what GitLab says, whole, as
// it was read in the file that the row names.
type sentence struct {
	read, action string
	status       int
	means, text  string
}

func sentences(t *testing.T) []sentence {
	t.Helper()
	file, err := os.ReadFile("testdata/sentences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []sentence
	for line := range strings.Lines(string(file)) {
		part := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(part) != 5 {
			t.Fatalf("a row of %d parts: %q", len(part), line)
		}
		status, err := strconv.Atoi(part[2])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, sentence{part[0], part[1], status, part[3], strings.ReplaceAll(part[4], `\n`, "\n")})
	}
	return out
}

// through are the doors by which a sentence comes in.
func (s sentence) through(text string) map[string]targets.Case {
	asked := targets.Asked{System: Name, Subject: "alice", Action: gitPush, Resource: "refs/heads/main", Scope: "payments/api"}
	if s.action == gitPush || s.action == "push" {
		return map[string]targets.Case{
			"hook":         {Asked: asked, Exchange: hooked("GitLab: " + text + "\n")},
			"hook, below":  {Asked: asked, Exchange: hooked("GitLab:\nremote: " + text)},
			"before, HTTP": {Asked: asked, Exchange: said(403, text)},
		}
	}
	if asked.Action = s.action; s.action == "any" {
		asked.Action = "POST /projects/:id/members"
	}
	asked.Resource = ""
	message, _ := json.Marshal(text) // a string always marshals
	body := `{"message":` + string(message) + `}`
	if strings.HasSuffix(s.action, "/ci/lint") {
		body = `{"valid":false,"errors":[` + string(message) + `]}`
	}
	status := s.status
	if status == 0 {
		status = 400
	}
	return map[string]targets.Case{"REST": {Asked: asked, Exchange: answered(status, body)}}
}

// TestSentences: every sentence means what its row says, through every door,
// and a letter less or another case of one means no denial.
func TestSentences(t *testing.T) {
	for _, s := range sentences(t) {
		class, layer := targets.Class(s.means), targets.Layer("")
		if slices.Contains(targets.Layers(), targets.Layer(s.means)) {
			class, layer = targets.Denied, targets.Layer(s.means)
		}
		for door, c := range s.through(s.text) {
			if got := Classify(c); got.Class != class || got.Layer != layer {
				t.Errorf("%s: %q is %s %s, want %s %s", door, s.text, got.Class, got.Layer, class, layer)
			}
		}
		for _, text := range []string{s.text[1:], "x" + s.text, strings.ToUpper(s.text), strings.ToLower(s.text)} {
			if text == s.text {
				continue
			}
			for door, c := range s.through(text) {
				if got := Classify(c); got.Class == targets.Denied && got.Layer != targets.PushRule {
					t.Errorf("%s: %q is still %s %s", door, text, got.Class, got.Layer)
				}
			}
		}
	}
}

// TestMarkersAreRead: every marker says where it was read, and a sentence that
// was read there is held against it; and every sentence has its marker.
func TestMarkersAreRead(t *testing.T) {
	list := sentences(t)
	for _, m := range append(pushMarkers(), restMarkers()...) {
		held := m.action != "" && m.text == "403 Forbidden" // authorize! says no more than the status
		for _, s := range list {
			action := s.action
			if action == "push" || action == "any" {
				action = ""
			}
			held = held || m.read == s.read && m.action == action && m.fits(m.action, m.status, s.text)
		}
		if m.read == "" || !held {
			t.Errorf("%q, read in %q, and no sentence from there", m.text, m.read)
		}
	}
}

func TestSpells(t *testing.T) {
	for pattern, c := range map[string]struct{ yes, no []string }{
		"a":     {[]string{"a"}, []string{"", "ab", "A"}},
		"a…":    {[]string{"a", "ab"}, []string{"", "ba"}},
		"…a":    {[]string{"a", "ba"}, []string{"", "ab"}},
		"a…b":   {[]string{"axb", "axbb"}, []string{"ab", "axbc"}},
		"a…b…c": {[]string{"axbxc"}, []string{"abxc", "axbc", "axc"}},
		"…a…b…": {[]string{"axb", "xaxbx"}, []string{"ab", "bxa"}},
	} {
		for _, text := range c.yes {
			if !spells(pattern, text) {
				t.Errorf("%q does not spell %q", pattern, text)
			}
		}
		for _, text := range c.no {
			if spells(pattern, text) {
				t.Errorf("%q spells %q", pattern, text)
			}
		}
	}
}
