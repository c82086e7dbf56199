package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/run"
	"github.com/sodprobe/sodprobe/targets"
)

// TestCutAnywhere: wherever a run on all three systems is cut, its record closes and
// verifies; what got through stays Permitted where the whole run says so, what is
// Blocked was Blocked in the whole run, and where the arms are all there, it stays so.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	p := demoPackage(t)
	data, err := os.ReadFile(filepath.Join(p.dir, journal.FileName))
	check(t, err)
	lines := bytes.SplitAfter(data, []byte("\n"))
	whole, err := recordOf(p.dir)
	check(t, err)
	var cut, permitted, blocked int
	for at := 3; at < len(lines)-1; at += 1 + len(lines)/14 {
		c := p.copied(t)
		c.cut(t, bytes.Join(lines[:at], nil))
		was, err := recordOf(c.dir)
		check(t, err)
		c.recover(t)
		check(t, c.verify())
		is, err := recordOf(c.dir)
		check(t, err)
		cut++
		for n, outcome := range is.outcomes {
			if outcome == probes.Permitted {
				permitted++
			}
			if outcome != probes.Blocked {
				continue
			}
			blocked++
			if whole.outcomes[n] != probes.Blocked {
				t.Errorf("cut at %d: attempt %d is Blocked, and was %s in the whole run", at, n, whole.outcomes[n])
			}
		}
		for n, class := range was.arms {
			if through := class == targets.Reached || class == targets.Mutated; through && is.outcomes[n] != whole.outcomes[n] {
				t.Errorf("cut at %d: attempt %d got through, was %s in the whole run, and is %s", at, n, whole.outcomes[n], is.outcomes[n])
			}
		}
	}
	if permitted == 0 || blocked == 0 {
		t.Errorf("of %d cuts, %d attempts stayed Permitted and %d Blocked", cut, permitted, blocked)
	}
	t.Logf("%d cuts: %d attempts Permitted, %d Blocked", cut, permitted, blocked)
}

// cut makes of the package what a killed run leaves.
func (p *package_) cut(t *testing.T, data []byte) {
	t.Helper()
	check(t, os.WriteFile(filepath.Join(p.dir, journal.FileName), data, 0o600))
	for _, file := range []string{"checkpoints/after.txt", "results.json", "report.html"} {
		check(t, os.Remove(filepath.Join(p.dir, filepath.FromSlash(file))))
	}
	ledger, err := os.ReadFile(filepath.Join(p.root, journal.LedgerName))
	check(t, err)
	first, _, _ := bytes.Cut(ledger, []byte("\n"))
	check(t, os.WriteFile(filepath.Join(p.root, journal.LedgerName), append(first, '\n'), 0o600))
}

// recover does what cleanup does, with the demo's own operator.
func (p *package_) recover(t *testing.T) {
	t.Helper()
	_, err := run.Recover(t.Context(), run.Recovery{
		Program: p.app.program(), Dir: p.dir, Operator: func(*approval.Trust) (run.Operator, error) { return p.people.Operator(), nil },
	})
	check(t, err)
	_, err = rewrite(p.dir)
	check(t, err)
}
