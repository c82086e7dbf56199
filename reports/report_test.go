package reports_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with testdata/NAME, which -update writes.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func journalOf(t *testing.T, tamper func(journal.Type, any) any) []byte {
	t.Helper()
	dir := t.TempDir()
	writeRun(t, dir, tamper)
	data, err := os.ReadFile(filepath.Join(dir, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func build(t *testing.T, data []byte) *reports.Report {
	t.Helper()
	r, err := reports.Build(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGolden(t *testing.T) {
	data := journalOf(t, nil)
	golden(t, "journal.jsonl", data)
	r := build(t, data)
	var b bytes.Buffer
	if err := reports.Text(&b, r, false); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.txt", b.Bytes())
}

// TestTextDrivesNoTerminal: with colors on, the only escapes are our own.
func TestTextDrivesNoTerminal(t *testing.T) {
	r := build(t, journalOf(t, nil))
	for _, color := range []bool{false, true} {
		var b bytes.Buffer
		if err := reports.Text(&b, r, color); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if !strings.Contains(text, "<script>alert(1)</script>") {
			t.Error("the server's words are not shown")
		}
		if color {
			if !strings.Contains(text, "\x1b[1;31m") {
				t.Error("no color")
			}
			text = regexp.MustCompile("\x1b\\[(1;3[123]|0)m").ReplaceAllString(text, "")
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && reports.Plain(string(r)) != string(r) }); i >= 0 {
			t.Errorf("color %t: a control character at %q", color, text[i:min(i+20, len(text))])
		}
	}
}

// TestRecordWithoutEnd: whatever is missing, the report is not effective and
// says what is missing.
func TestRecordWithoutEnd(t *testing.T) {
	blockedOnly := func(kind journal.Type, body any) any {
		switch v := body.(type) {
		case journal.RunStart:
			v.Planned = 1
			return v
		case journal.Observation:
			if v.N > 0 {
				return nil
			}
		}
		if kind == journal.TypeStop {
			return nil
		}
		return body
	}
	two := func(kind journal.Type, body any) any {
		body = blockedOnly(kind, body)
		if v, ok := body.(journal.RunStart); ok {
			v.Planned = 2
			return v
		}
		return body
	}
	whole := journalOf(t, blockedOnly)
	for name, c := range map[string]struct {
		data []byte
		want probes.Verdict
		text string
	}{
		"whole":      {whole, probes.Effective, "The control is effective: every attempt was blocked."},
		"torn":       {whole[:len(whole)-9], probes.Unproven, "inconclusive: the run's record has no end."},
		"unobserved": {journalOf(t, two), probes.Unproven, "inconclusive: 1 planned attempt has no observation."},
		"nothing":    {whole[:bytes.IndexByte(whole, '\n')+1], probes.Unproven, "inconclusive: 1 planned attempt has no observation."},
	} {
		t.Run(name, func(t *testing.T) {
			r := build(t, c.data)
			var b bytes.Buffer
			if err := reports.Text(&b, r, false); err != nil {
				t.Fatal(err)
			}
			if r.Verdict != c.want || !strings.Contains(b.String(), c.text) {
				t.Errorf("it is %s, and says:\n%s", r.Verdict, b.String())
			}
			if len(r.Controls) == 0 || r.Controls[0].Verdict != c.want {
				t.Errorf("its controls say %+v", r.Controls)
			}
		})
	}
	if _, err := reports.Build(bytes.NewReader(nil)); err == nil {
		t.Error("an empty journal has a report")
	}
}

// TestManyAttempts: a report shows up to MaxRows attempts, gravest first,
// however late in the journal they stand; its counts are exact.
func TestManyAttempts(t *testing.T) {
	dir := t.TempDir()
	w, err := journal.Create(dir, "run", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	const n = reports.MaxRows + 500
	put := func(kind journal.Type, body any) {
		t.Helper()
		if err := w.Append(t.Context(), kind, body); err != nil {
			t.Fatal(err)
		}
	}
	put(journal.TypeRunStart, journal.RunStart{Planned: n + 1, Controls: []string{"c"}})
	for i := range int64(n) {
		put(journal.TypeObservation, journal.Observation{N: i, Controls: []string{"c"}, Response: targets.Response{Class: targets.Throttled}})
	}
	put(journal.TypeObservation, journal.Observation{N: n, Controls: []string{"c"}, Judgement: probes.Judgement{Outcome: probes.Permitted}})
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	r := build(t, data)
	if r.Attempts[0].N != n || len(r.Attempts) != reports.MaxRows || r.Omitted != 501 {
		t.Errorf("first is attempt %d, %d shown, %d omitted", r.Attempts[0].N, len(r.Attempts), r.Omitted)
	}
	if want := (probes.Tally{Permitted: 1, Inconclusive: n}); r.Counts != want || r.Controls[0].Counts != want || r.Verdict != probes.Ineffective {
		t.Errorf("it counts %+v, %s", r.Counts, r.Verdict)
	}
}

func TestBecause(t *testing.T) {
	denied := targets.Response{Class: targets.Denied, Layer: targets.Quota, Reason: "exceeded quota"}
	for want, o := range map[string]journal.Observation{
		"refused by quota": {Response: denied, Judgement: probes.Judgement{Outcome: probes.Blocked}},
		"denied: exceeded quota; quota is not a layer that counts here":          {Response: denied, Judgement: probes.Judgement{Reason: "wrong-layer"}},
		"denied: exceeded quota; not held: baseline, state":                      {Response: denied, Judgement: probes.Judgement{Reason: "arms-missing", Missing: []string{"baseline", "state"}}},
		"what stands there changed, and the change carries this run's marker":    {Response: denied, Judgement: probes.Judgement{Outcome: probes.Permitted, Reason: "state-changed"}},
		"it may have been sent: the run was killed before its answer was judged": {Judgement: probes.Judgement{Reason: "indeterminate"}},
		"not attempted; not held: target":                                        {Judgement: probes.Judgement{Reason: "not-attempted", Missing: []string{"target"}}},
		"stopped: permitted":                                                     {Judgement: probes.Judgement{Outcome: probes.NotRun}, NotRunBecause: "stopped: permitted"},
		"HTTP 200; the access rules say denied, the attempt was reached":         {Response: targets.Response{Reason: "HTTP 200"}, Judgement: probes.Judgement{Outcome: probes.Permitted}, Disagreement: "the access rules say denied, the attempt was reached"},
	} {
		if got := reports.Because(reports.Attempt{Observation: o}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestDoubts: where an answer was clear and does not count, the report says why.
func TestDoubts(t *testing.T) {
	for reason, want := range map[probes.Reason]string{
		probes.ReasonOpenOtherwise:   "but the access rules allow it, or another action with the same effect: update deployments.apps api in payments",
		probes.ReasonIndiscriminate:  "but the unprivileged identity got through as well",
		probes.ReasonNotExercised:    "the request leaves out a control",
		probes.ReasonArmMutated:      "the change carries the mark of another arm",
		probes.ReasonGhost:           "no prediction carries the answer over to patch deployments.apps",
		probes.ReasonNotCorroborated: "it differs from a real one in something that the rules decide by, or may where nobody shows that it would pass: ssm:Overwrite",
		probes.ReasonRecordDiffers:   "the target's own record of its decision says something else",
		probes.ReasonSessionDiffers:  "the rules look at what the session lacks (aws:SourceIp)",
		probes.ReasonWrongLayer:      "quota is not a layer that counts here",
		probes.ReasonArmsMissing:     "not held: negative",
	} {
		a := reports.Attempt{Observation: journal.Observation{
			Arms:      unobserved(),
			Response:  targets.Response{Class: targets.Denied, Layer: targets.Quota},
			Judgement: probes.Judgement{Reason: reason, Open: []string{"update deployments.apps api in payments"}},
		}}
		a.Arms.Alters, a.Arms.Prediction.Lacks = []string{"ssm:Overwrite"}, []string{"aws:SourceIp"}
		if reason == probes.ReasonArmsMissing {
			a.Missing = []string{"negative"}
		}
		if got := reports.Because(a); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", reason, got, want)
		}
	}
}

// TestAdviceOfAnotherArm: what helps is said of whichever arm needs it.
func TestAdviceOfAnotherArm(t *testing.T) {
	a := reports.Attempt{Observation: journal.Observation{
		Arms: unobserved(), Response: targets.Response{Class: targets.Denied, Layer: targets.AdmissionWebhook, Reason: "no developers here"},
		Judgement: probes.Judgement{Reason: probes.ReasonArmsMissing, Missing: []string{"positive"}},
	}}
	if got := reports.Because(a); strings.Contains(got, "image") {
		t.Errorf("of no image: %q", got)
	}
	a.Evidence = []journal.ArmRecord{{Arm: targets.ArmPositive, Response: targets.Response{
		Class: targets.ServerError, Reason: "no such host", Advice: "give the target an image that it accepts, by digest",
	}}}
	if got := reports.Because(a); !strings.Contains(got, "give the target an image that it accepts, by digest") {
		t.Errorf("%q", got)
	}
}
