package reports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

func TestVerify(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, dir, nil)
	got, err := reports.Verify(os.DirFS(dir), verifier())
	if err != nil {
		t.Fatal(err)
	}
	want := probes.Tally{Blocked: 1, Permitted: 1, Inconclusive: 2, NotRun: 1}
	if got.Counts != want || got.Verdict != probes.Ineffective || got.Recovered {
		t.Errorf("got %+v, %s", got.Counts, got.Verdict)
	}
}

// on changes the body of one kind of line.
func on[T any](kind journal.Type, change func(*T) bool) func(journal.Type, any) any {
	return func(k journal.Type, body any) any {
		v, ok := body.(T)
		if k != kind || !ok {
			return body
		}
		if !change(&v) {
			return nil
		}
		return v
	}
}

func observation(n int64, change func(*journal.Observation)) func(journal.Type, any) any {
	return on(journal.TypeObservation, func(o *journal.Observation) bool {
		if o.N == n {
			change(o)
		}
		return true
	})
}

func record(id string, change func(*journal.ArmRecord)) func(journal.Type, any) any {
	return on(journal.TypeArm, func(a *journal.ArmRecord) bool {
		if a.ID == id {
			change(a)
		}
		return true
	})
}

func whoami(id string, change func(*journal.IdentityCheck)) func(journal.Type, any) any {
	return on(journal.TypeIdentity, func(i *journal.IdentityCheck) bool {
		if i.ID == id {
			change(i)
		}
		return true
	})
}

func dropped[T any](kind journal.Type, this func(T) bool) func(journal.Type, any) any {
	return on(kind, func(v *T) bool { return !this(*v) })
}

// lies are runs recorded by a tool that lies about one thing, each under a
// valid tree, and what Verify has to say.
func lies() map[string]struct {
	tamper func(journal.Type, any) any
	want   string
} {
	blocked := probes.Judgement{Outcome: probes.Blocked, Reason: "denied"}
	attempt, arm := armID(targets.ArmAttempt, 1, binding), armID(targets.ArmAttempt, 0, patch)
	return map[string]struct {
		tamper func(journal.Type, any) any
		want   string
	}{
		"class":               {record(attempt, func(a *journal.ArmRecord) { a.Response.Class = targets.Denied }), "journal line 24 (arm): it says denied/, its exchange says reached/"},
		"outcome":             {observation(3, func(o *journal.Observation) { o.Judgement = blocked }), "its outcome is Blocked (denied), its cells say Inconclusive (unknown)"},
		"cell":                {observation(2, func(o *journal.Observation) { o.Arms.IdentityBefore = targets.Proven }), "the lines that it refers to say"},
		"state":               {observation(2, func(o *journal.Observation) { o.Arms.State = probes.StateChangedByUs }), "the lines that it refers to say"},
		"hidden attempt":      {observation(1, func(o *journal.Observation) { delete(o.Refs, "attempt"); o.Response = targets.Response{} }), "it does not refer to the attempt that was made"},
		"hidden as NotRun":    {hidden, "1 attempt was sent, and no observation says so"},
		"borrowed attempt":    {observation(1, func(o *journal.Observation) { o.Refs["attempt"] = []string{arm} }), "it does not refer to the attempt that was made"},
		"borrowed baseline":   {observation(0, func(o *journal.Observation) { o.Refs["baseline"] = []string{armID(targets.ArmBaseline, 3, patch)} }), "its baseline arm belongs to attempt 3"},
		"borrowed identity":   {observation(2, func(o *journal.Observation) { o.Refs["identity_before"] = []string{"whoami-alice-before"} }), "its identity_before is not in the journal, or is another's"},
		"before used twice":   {observation(0, func(o *journal.Observation) { o.Refs["state_after"] = o.Refs["state_before"] }), "its state_after stands on the wrong side of the attempt"},
		"invented arm":        {observation(0, func(o *journal.Observation) { o.Refs["negative"] = []string{"x"} }), "its negative arm is not in the journal"},
		"response":            {observation(0, func(o *journal.Observation) { o.Response.By = "x" }), "its response is not that of its attempt"},
		"unmade attempt":      {observation(2, func(o *journal.Observation) { o.Response.Class = targets.Denied }), "it says denied, and nothing was attempted"},
		"twice observed":      {observation(3, func(o *journal.Observation) { o.N = 0 }), "attempt 0 has two observations, or was not planned"},
		"not planned":         {observation(3, func(o *journal.Observation) { o.N = 5 }), "attempt 5 has two observations, or was not planned"},
		"indeterminate":       {observation(3, func(o *journal.Observation) { o.Judgement = probes.Judgement{Reason: "indeterminate"} }), "an indeterminate attempt in a run that was not recovered"},
		"NotRun with refs":    {observation(4, func(o *journal.Observation) { o.Refs = map[string][]string{"attempt": {"x"}} }), "an attempt that was not run refers to arms"},
		"missing observation": {dropped(journal.TypeObservation, func(o journal.Observation) bool { return o.N == 4 }), "the observations"},
		"unannounced":         {dropped(journal.TypeIntent, func(i journal.Intent) bool { return i.ID == arm }), "a request that could change something was not announced before"},
		"unanswered":          {dropped(journal.TypeArm, func(a journal.ArmRecord) bool { return a.ID == armID(targets.ArmBaseline, 0, patch) }), "its baseline arm is not in the journal"},
		"announced otherwise": {record(arm, func(a *journal.ArmRecord) { a.Identity = "bob" }), "it is not what was announced"},
		"made twice":          {func(k journal.Type, b any) any { return twice(k, b) }, "attempt 0 was made twice, or after its observation"},
		"judged as another":   {record(arm, func(a *journal.ArmRecord) { a.Case.Subject = "bob@corp.example"; a.Response = classify(a.Case) }), `the attempt was judged as "bob@corp.example", the server saw "alice@corp.example"`},
		"no classifier":       {record(arm, func(a *journal.ArmRecord) { a.Case.System = "aws" }), `no classifier for the system "aws"`},
		"proof":               {whoami("whoami-bob-before", func(i *journal.IdentityCheck) { i.Proof = targets.Proven }), `it claims to prove "bob@corp.example", and the server said "system:anonymous"`},
		"id twice":            {whoami("whoami-bob-before", func(i *journal.IdentityCheck) { i.ID = "whoami-alice-before" }), `the id "whoami-alice-before" is a duplicate`},
		"counts":              {on(journal.TypeRunEnd, func(e *journal.RunEnd) bool { e.Counts[probes.Blocked] = 2; return true }), "it counts 2 Blocked, the observations 1"},
		"verdict":             {on(journal.TypeRunEnd, func(e *journal.RunEnd) bool { e.Verdict = probes.Effective; return true }), "it says effective, the observations say ineffective"},
		"no end":              {dropped(journal.TypeRunEnd, func(journal.RunEnd) bool { return true }), "the run did not end"},
		"operator":            {on(journal.TypeRunSigned, func(s *journal.Signed) bool { s.Signature = "by alice"; return true }), "journal line 2 (run.signed): the operator's signature"},
		"namespace":           {on(journal.TypeRunSigned, func(s *journal.Signed) bool { s.Namespace = "approve@sodprobe"; return true }), "it is not the operator's signature over run.start"},
		"unsigned":            {dropped(journal.TypeRunSigned, func(journal.Signed) bool { return true }), "journal line 2 (pin): a run begins with run.start and run.signed"},
		"approved long ago": {on(journal.TypeRunStart, func(s *journal.RunStart) bool {
			s.Approval.VerifiedAt = s.Approval.VerifiedAt.Add(-time.Hour)
			return true
		}), "far from the run's start"},
	}
}

// hidden says that the permitted attempt was not run, and counts it so.
func hidden(_ journal.Type, body any) any {
	switch v := body.(type) {
	case journal.Observation:
		if v.N == 1 {
			v.Judgement, v.Refs, v.Response = probes.Judgement{Outcome: probes.NotRun, Reason: "not-run"}, nil, targets.Response{}
			v.NotRunBecause = "stopped: permitted"
			return v
		}
	case journal.RunEnd:
		v.Counts[probes.Permitted], v.Counts[probes.NotRun], v.Verdict = 0, 2, probes.Unproven
		return v
	}
	return body
}

// twice lets a second attempt take the place of the first one's baseline.
func twice(k journal.Type, body any) any {
	baseline := armID(targets.ArmBaseline, 0, patch)
	if i, ok := body.(journal.Intent); ok && i.ID == baseline {
		i.Arm = targets.ArmAttempt
		return i
	}
	if a, ok := body.(journal.ArmRecord); ok && k == journal.TypeArm && a.ID == baseline {
		a.Arm = targets.ArmAttempt
		return a
	}
	return body
}

func TestVerifyFindsLies(t *testing.T) {
	for name, c := range lies() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeRun(t, dir, c.tamper)
			_, err := reports.Verify(os.DirFS(dir), verifier())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestVerifyFindsChanges flips single bytes of a finished journal, one in
// each line, and takes lines away from its end.
func TestVerifyFindsChanges(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, dir, nil)
	path := filepath.Join(dir, journal.FileName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(changed []byte, what string, n int) {
		t.Helper()
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := reports.Verify(os.DirFS(dir), verifier()); err == nil {
			t.Errorf("%s %d: nobody noticed", what, n)
		}
	}
	all := bytes.SplitAfter(data, []byte("\n"))
	all = all[:len(all)-1]
	at := 0
	for n, line := range all {
		changed := bytes.Clone(data)
		stamp := at + bytes.Index(line, []byte(`:00:`)) + 1 // the minutes: still a valid time
		changed[stamp] ^= 1
		check(changed, "changed line", n+1)
		at += len(line)
		check(data[:len(data)-len(bytes.Join(all[n:], nil))], "cut before line", n+1)
	}
	check(append(bytes.Clone(data), all[0]...), "appended line", len(all)+1)
}

func TestVerifyHoldsTheRecordToThePlan(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*journal.Observation)
		want   string
	}{
		"as planned":     {func(*journal.Observation) {}, ""},
		"identity":       {func(o *journal.Observation) { o.Identity = "mallory" }, "attempt 0 is " + patch + " as alice"},
		"expect":         {func(o *journal.Observation) { o.Arms.Expect = []targets.Layer{targets.Quota} }, "attempt 0 counts the layers [authorization]"},
		"waived":         {func(o *journal.Observation) { o.Arms.Waived = true }, "attempt 0 counts the layers"},
		"technique":      {func(o *journal.Observation) { o.Arms.Technique = probes.SelfDefeating }, "attempt 0 is dry-run"},
		"ghost":          {func(o *journal.Observation) { o.Arms.Ghost = true }, "attempt 0 is dry-run (a ghost: false)"},
		"alters":         {func(o *journal.Observation) { o.Arms.Alters = []string{"s3:x-amz-acl"} }, "attempt 0 is dry-run"},
		"another action": {func(o *journal.Observation) { o.Arms.Prediction.Also = nil }, "its cells are"},
		"fidelity":       {func(o *journal.Observation) { o.Fidelity = targets.RealCredential }, "attempt 0 has the fidelity"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeRun(t, dir, nil)
			v := verifier()
			v.Planned = func(n int64, _ string) (reports.Planned, bool) {
				o := planOf(t)[n]
				if n == 0 {
					c.change(&o)
				}
				return asPlanned(o), true
			}
			_, err := reports.Verify(os.DirFS(dir), v)
			if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// asPlanned adds the reads that the fixture makes.
func asPlanned(o journal.Observation) reports.Planned {
	return reports.Planned{Observation: o, State: []string{deployment}}
}

// planOf is the fixture's plan.
func planOf(t *testing.T) []journal.Observation {
	t.Helper()
	var out []journal.Observation
	for n, as := range []string{"alice", "alice", "bob", "alice", "bob"} {
		o := journal.Observation{
			N: int64(n), Probe: patch, Target: "prod", Identity: as, Fidelity: targets.Impersonated, Controls: []string{"nist/cm-5"},
			Arms: unobserved(),
		}
		if n == 1 || n == 4 {
			o.Probe = binding
		}
		if n == 4 {
			o.Controls = []string{"nist/ac-5"}
		}
		out = append(out, o)
	}
	return out
}

// TestVerifyRecovered kills the fixture's run at every line, recovers it without
// judging what was recorded, and verifies: it never says more than was recorded, and
// what says less, of an attempt whose answer is there, does not verify.
func TestVerifyRecovered(t *testing.T) {
	whole := t.TempDir()
	writeRun(t, whole, nil)
	data, err := os.ReadFile(filepath.Join(whole, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	all, verified := bytes.SplitAfter(data, []byte("\n")), 0
	for n := 2; n < len(all); n++ {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		left := append(bytes.Join(all[:n], nil), []byte(`{"v":1,"se`)...)
		if err := errors.Join(os.WriteFile(filepath.Join(dir, journal.FileName), left, 0o600), os.Remove(filepath.Join(dir, "checkpoints", "after.txt"))); err != nil {
			t.Fatal(err)
		}
		if _, err := reports.Verify(os.DirFS(dir), verifier()); err == nil {
			t.Fatalf("killed after line %d: it verifies without a recovery", n)
		}
		recoverRun(t, dir)
		got, err := reports.Verify(os.DirFS(dir), verifier())
		if forgotten(t, left) {
			if err == nil || !strings.Contains(err.Error(), "its answer is on record") {
				t.Errorf("killed after line %d: an answer was forgotten: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("killed after line %d: %v", n, err)
		}
		verified++
		if !got.Recovered || got.Counts.Len() != 5 || got.Counts.Blocked > 1 || got.Counts.Permitted > 1 {
			t.Errorf("killed after line %d: %+v", n, got.Counts)
		}
	}
	if verified < 8 {
		t.Errorf("only %d recoveries verify", verified)
	}
}

// forgotten reports whether a piece of a journal has the answer of an attempt, and no
// observation of it.
func forgotten(t *testing.T, data []byte) bool {
	t.Helper()
	open := map[int64]bool{}
	for line, err := range journal.Read(bytes.NewReader(data)) {
		if err != nil {
			break // the torn end
		}
		var body struct {
			N   int64       `json:"n"`
			Arm targets.Arm `json:"arm"`
		}
		switch _ = json.Unmarshal(line.Body, &body); {
		case line.Type == journal.TypeArm && body.Arm == targets.ArmAttempt:
			open[body.N] = true
		case line.Type == journal.TypeObservation:
			delete(open, body.N)
		}
	}
	return len(open) > 0
}

func recoverRun(t *testing.T, dir string) {
	t.Helper()
	key, verifier := fixedKey(t, "sodprobe-recover")
	plan := planOf(t)
	var planned iter.Seq[journal.Observation] = func(yield func(journal.Observation) bool) {
		for _, o := range plan {
			if !yield(o) {
				return
			}
		}
	}
	at := time.Date(2026, 10, 5, 4, 0, 0, 0, time.UTC)
	_, err := journal.Recover(t.Context(), dir, journal.Recovery{
		Planned: func(string) iter.Seq[journal.Observation] { return planned }, Origin: origin, Sealer: key, Now: func() time.Time { return at },
		Record: journal.RunRecover{RunKey: verifier, Operator: journal.Principal{Person: "oscar"}},
		Sign:   func([]byte) ([]byte, error) { return []byte("by oscar"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOldRecords: a run that was recorded before techniques and predictions
// were still verifies, by the rule as far as it can be applied.
func TestOldRecords(t *testing.T) {
	v := verifier()
	got, err := reports.Verify(os.DirFS("testdata/rule0"), v)
	if err != nil || got.Start.Rule != 0 || got.Counts.Len() != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
	v.Planned = func(n int64, _ string) (reports.Planned, bool) {
		return asPlanned(planOf(t)[n]), true
	}
	if _, err = reports.Verify(os.DirFS("testdata/rule0"), v); err != nil {
		t.Error(err)
	}
}

// TestVerifyPredictions: what the rules said is read again from the journal,
// and a record that tells otherwise, or leaves it out, does not hold.
func TestVerifyPredictions(t *testing.T) {
	of := func(n int64) func(change func(*journal.Observation)) func(journal.Type, any) any {
		return func(change func(*journal.Observation)) func(journal.Type, any) any {
			return func(_ journal.Type, body any) any {
				if o, ok := body.(journal.Observation); ok && o.N == n {
					change(&o)
					return o
				}
				return body
			}
		}
	}
	of0, of1 := of(0), of(1)
	for name, c := range map[string]struct {
		tamper func(journal.Type, any) any
		want   string
	}{
		"the rules allow more than it says": {func(_ journal.Type, body any) any {
			if r, ok := body.(journal.Review); ok {
				r.Exchange.Body = "delete update"
				return r
			}
			return body
		}, "its cells are"},
		"a denial that nobody gave": {of0(func(o *journal.Observation) { delete(o.Refs, "prediction") }), "its prediction rests on"},
		"what the rules said left out": {of0(func(o *journal.Observation) {
			delete(o.Refs, "prediction")
			o.Predicted, o.Arms.Prediction.Real.Says, o.Arms.Prediction.Also[0].Says = targets.Unsure, targets.Unsure, targets.Unsure
		}), "its prediction rests on"},
		"another word for the reader": {of0(func(o *journal.Observation) { o.Predicted = targets.Allows }), "it says that the rules say"},
		"a finding that is left out":  {of1(func(o *journal.Observation) { o.Disagreement = "" }), "it says of the rules and the attempt"},
		"somebody else's rules": {func(_ journal.Type, body any) any {
			if r, ok := body.(journal.Review); ok {
				r.Identity = "bob"
				return r
			}
			return body
		}, "its prediction rests on"},
		"no rules at all": {func(kind journal.Type, body any) any {
			if kind == journal.TypeReview {
				return nil
			}
			return body
		}, "its prediction rests on"},
		"an attempt that was not made":   {of0(func(o *journal.Observation) { o.Arms.Prediction.Also[0].Attempted = true }), "its cells are"},
		"a layer that it does not cover": {of0(func(o *journal.Observation) { o.Arms.Prediction.Covers = nil }), "its cells are"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeRun(t, dir, c.tamper)
			if _, err := reports.Verify(os.DirFS(dir), verifier()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestVerifyTargetMissing: an attempt that was not made for want of something
// refers to the read that shows it missing.
func TestVerifyTargetMissing(t *testing.T) {
	missing := func(refs map[string][]string) func(journal.Type, any) any {
		return func(_ journal.Type, body any) any {
			if o, ok := body.(journal.Observation); ok && o.N == 4 {
				o.Reason, o.NotRunBecause, o.Refs = probes.ReasonTargetMissing, "target-missing", refs
				return o
			}
			return body
		}
	}
	gone := func(inner func(journal.Type, any) any) func(journal.Type, any) any {
		return func(kind journal.Type, body any) any {
			if i, ok := body.(journal.StateRead); ok && i.ID == "state-gone" {
				i.Exists, i.Digest = false, ""
				return i
			}
			return inner(kind, body)
		}
	}
	for name, c := range map[string]struct {
		tamper func(journal.Type, any) any
		want   string
	}{
		"it is gone":          {gone(missing(map[string][]string{"exists": {"state-gone"}})), ""},
		"it is there":         {missing(map[string][]string{"exists": {"state-before"}}), "is missing, and the read says otherwise"},
		"nobody looked":       {missing(nil), "does not refer to the reads"},
		"no such read":        {missing(map[string][]string{"exists": {"another"}}), "its exists is not in the journal"},
		"it refers to an arm": {gone(missing(map[string][]string{"exists": {"state-gone"}, "attempt": {"attempt-0-" + patch}})), "does not refer to the reads"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeRun(t, dir, c.tamper)
			if _, err := reports.Verify(os.DirFS(dir), verifier()); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestVerifyHoldsRefsToThePlan: an observation refers to the reads that the
// plan wants, and to no others; what its journal says of them stands.
func TestVerifyHoldsRefsToThePlan(t *testing.T) {
	missing := func(attempt0 bool) func(journal.Type, any) any {
		return func(_ journal.Type, body any) any {
			switch x := body.(type) {
			case journal.StateRead:
				if x.ID == "state-gone" {
					x.Exists, x.Digest, x.Key = false, "", elsewhere
					return x
				}
			case journal.Intent:
				if attempt0 && x.Arm == targets.ArmAttempt && x.N == 0 {
					return nil
				}
			case journal.ArmRecord:
				if attempt0 && x.Arm == targets.ArmAttempt && x.N == 0 {
					return nil
				}
			case journal.Observation:
				if attempt0 && x.N == 0 {
					x.Response, x.Arms = targets.Response{}, unobserved()
					x.Judgement = probes.Judgement{Outcome: probes.NotRun, Reason: probes.ReasonTargetMissing}
					x.NotRunBecause, x.Refs = "target-missing", map[string][]string{"exists": {"state-gone"}}
					return x
				}
			}
			return body
		}
	}
	plan := func(needs ...string) func(int64, string) (reports.Planned, bool) {
		return func(n int64, _ string) (reports.Planned, bool) {
			p := asPlanned(planOf(t)[n])
			p.Needs = needs
			return p, true
		}
	}
	for name, c := range map[string]struct {
		tamper  func(journal.Type, any) any
		planned func(int64, string) (reports.Planned, bool)
		want    string
	}{
		"the reads of what it needs are left out":       {missing(false), plan(elsewhere), "its exists are reads of"},
		"it says that nothing was sent, and an arm was": {missing(true), plan(elsewhere), "an arm of it was"},
		"as planned": {nil, plan(), ""},
	} {
		dir := t.TempDir()
		writeRun(t, dir, c.tamper)
		v := verifier()
		v.Planned = c.planned
		if _, err := reports.Verify(os.DirFS(dir), v); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// elsewhere is a read at the allowed place.
const elsewhere = "GET /apis/apps/v1/namespaces/payments-dev/deployments/api"

// TestNothingNewAfterARecovery: whoever closes a killed run's record adds only what
// ends it.
func TestNothingNewAfterARecovery(t *testing.T) {
	arm := func(f *fixture) { f.arm(targets.ArmNegative, -1, patch, "nobody", targets.Production, denial) }
	for name, more := range map[string]func(*fixture){
		"a read":     func(f *fixture) { f.state("before") },
		"an arm":     arm,
		"a pin":      func(f *fixture) { f.put(journal.TypePin, journal.Pin{Target: "prod", Pin: targets.Pin{OK: true}}) },
		"a question": func(f *fixture) { f.identity("alice", "before", "alice@corp.example") },
		"a stop":     func(f *fixture) { f.put(journal.TypeStop, journal.Stop{Reason: "interrupted"}) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w, err := journal.Create(dir, "20261005T030000Z-1", func() time.Time { return time.Date(2026, 10, 5, 3, 0, 0, 0, time.UTC) })
			if err != nil {
				t.Fatal(err)
			}
			key, runKey := fixedKey(t, "sodprobe-run")
			f := &fixture{T: t, w: w, key: key}
			f.put(journal.TypeRunStart, runStart(runKey))
			f.put(journal.TypeRunSigned, journal.Signed{Namespace: "operate@sodprobe", Signature: "by oscar"})
			f.checkpoint("before")
			f.put(journal.TypeRunRecover, journal.RunRecover{RunKey: runKey, Operator: journal.Principal{Person: "oscar"}})
			f.put(journal.TypeRecSigned, journal.Signed{Seq: 2, Namespace: "operate@sodprobe", Signature: "by oscar"})
			more(f)
			if err := w.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := reports.Verify(os.DirFS(dir), verifier()); err == nil || !strings.Contains(err.Error(), "adds only what ends the run") {
				t.Error(err)
			}
		})
	}
}
