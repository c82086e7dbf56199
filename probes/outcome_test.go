package probes_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/sodprobe/sodprobe/probes"
)

func tally(list []probes.Outcome) probes.Tally {
	var t probes.Tally
	for _, o := range list {
		t.Add(o)
	}
	return t
}

// TestTally: the verdict of a set is Kleene's "and", whatever the order and
// however the set is divided, and one Permitted is never outvoted.
func TestTally(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.SampledFrom(probes.Outcomes())).Draw(t, "outcomes")
		cut := rapid.IntRange(0, len(list)).Draw(t, "cut")
		whole := tally(list)
		left, right := tally(list[:cut]), tally(list[cut:])
		right.Merge(left)
		if right != whole {
			t.Fatalf("%+v merged, %+v counted at once", right, whole)
		}
		if whole.Len() != int64(len(list)) {
			t.Fatalf("%d of %d", whole.Len(), len(list))
		}
		want := probes.Effective
		if len(list) == 0 {
			want = probes.Unproven
		}
		for _, o := range list {
			switch {
			case o == probes.Permitted:
				want = probes.Ineffective
			case o != probes.Blocked && want == probes.Effective:
				want = probes.Unproven
			}
		}
		if got := whole.Verdict(); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

func TestUnknownOutcomeIsInconclusive(t *testing.T) {
	var got probes.Tally
	got.Add(probes.Outcome(99))
	if got.Inconclusive != 1 || probes.Outcome(99).String() != "Inconclusive" || probes.Verdict(99).String() != "inconclusive" {
		t.Errorf("%+v", got)
	}
}

func TestNames(t *testing.T) {
	for _, o := range probes.Outcomes() {
		text, _ := o.MarshalText()
		var back probes.Outcome
		if err := back.UnmarshalText(text); err != nil || back != o {
			t.Errorf("%s: %v %v", text, back, err)
		}
	}
	for _, v := range probes.Verdicts() {
		text, _ := v.MarshalText()
		var back probes.Verdict
		if err := back.UnmarshalText(text); err != nil || back != v {
			t.Errorf("%s: %v %v", text, back, err)
		}
	}
	if new(probes.Outcome).UnmarshalText([]byte("blocked")) == nil || new(probes.Verdict).UnmarshalText([]byte("Effective")) == nil {
		t.Error("a name in another case is accepted")
	}
}
