package targets_test

import (
	"slices"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

func TestMarks(t *testing.T) {
	const run = "sodprobe-01k0"
	if got := targets.Mark(run, targets.ArmAttempt, 17); got != run+"-a17" {
		t.Errorf("an attempt's is %s", got)
	}
	if got := targets.Mark(run, targets.ArmPositive, -1); got != run+"-p" {
		t.Errorf("a shared arm's is %s", got)
	}
	for text, want := range map[string][]string{
		"":                              nil,
		"somebody-else-a17":             nil,
		`{"manager":"` + run + `-a17"}`: {"a17"},
		run + "-b1," + run + "-a17," + run + "-a17": {"a17", "b1"},
		"prod-" + run + "-p":                        {"p"},
		run:                                         {targets.Unmarked},
		run + "-api":                                {targets.Unmarked},
		run + "-a17x":                               {targets.Unmarked},
	} {
		if got := targets.Marks(text, run); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for name, want := range map[string][2]bool{ // ends in one, is one
		run: {true, true}, run + "-a17": {true, true}, "prod-" + run + "-p": {true, false}, run + "-a17x": {}, run + "x": {}, "payments": {},
	} {
		if got := [2]bool{targets.EndsInMark(name, run), targets.IsMark(name, run)}; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	if got := targets.Marks("anything", ""); got != nil {
		t.Errorf("no marker: %v", got)
	}
}
