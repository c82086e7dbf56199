package web_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/reports/web"
)

var update = flag.Bool("update", false, "write the golden files")

// report is that of the journal which the tests of package reports write.
func report(t *testing.T) *reports.Report {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := reports.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func render(t *testing.T, r *reports.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := web.HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	got := render(t, report(t))
	path := filepath.Join("testdata", "report.html")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// TestSelfContained: nothing that a server said becomes markup, and the page
// loads nothing and runs nothing.
func TestSelfContained(t *testing.T) {
	page := render(t, report(t))
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the server's words are not shown")
	}
	for _, bad := range []string{`(?i)<script`, `(?i)\s(src|onclick|onload)=`, `(?i)href="[^#]`, `(?i)<(link|img|iframe|object|form)\b`, `(?i)@import|url\(`} {
		if found := regexp.MustCompile(bad).FindString(page); found != "" {
			t.Errorf("the page holds %q", found)
		}
	}
}

func TestFirstScreen(t *testing.T) {
	page := render(t, report(t))
	header, _, _ := strings.Cut(page, "</header>")
	for _, want := range []string{
		"Lab evidence: it proves nothing about a real system", "Ineffective: something was permitted.",
		"<b>1</b> blocked", "<b>1</b> permitted", "<b>2</b> inconclusive", "<b>1</b> not run",
		"dana@corp.example", "erin@corp.example", "oscar@corp.example", "CHG0041234", "Other routes and other people were not tested.",
		"The run stopped early: permitted.",
	} {
		if !strings.Contains(header, want) {
			t.Errorf("the first screen does not say %q", want)
		}
	}
	r := report(t)
	r.Lab = false
	if strings.Contains(render(t, r), "Lab evidence") {
		t.Error("real evidence is watermarked")
	}
}

// TestMatrixShowsTheGravest: where one cell stands for several attempts, a
// Blocked one hides nothing.
func TestMatrixShowsTheGravest(t *testing.T) {
	attempt := func(n int64, outcome probes.Outcome) reports.Attempt {
		return reports.Attempt{Observation: journal.Observation{
			N: n, Probe: "p", Target: "prod", Identity: "alice", Judgement: probes.Judgement{Outcome: outcome},
		}}
	}
	r := &reports.Report{
		Probes: []reports.ProbeRow{{Probe: "p", Target: "prod"}}, Identities: []reports.IdentityRow{{Identity: "alice"}},
		Attempts: []reports.Attempt{attempt(7, probes.Permitted), attempt(3, probes.Blocked)},
	}
	page := render(t, r)
	if !strings.Contains(page, `<td class="Permitted"><a href="#attempt-7">Permitted</a>`) || !strings.Contains(page, "the gravest of 2") {
		t.Error("the cell does not show the permitted attempt")
	}
	r.Omitted = 1
	if strings.Contains(render(t, r), `class="matrix"`) {
		t.Error("a matrix is shown that does not hold every attempt")
	}
}
