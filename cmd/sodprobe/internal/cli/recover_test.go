package cli

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
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
	d, err := p.app.packagedDocument(p.dir)
	check(t, err)
	plan, err := engine.NewPlan(d.scenario, p.app.catalog)
	check(t, err)
	sealer, verifier, err := journal.NewRunKey(rand.Reader, "sodprobe-recover")
	check(t, err)
	tool, err := p.app.tool()
	check(t, err)
	kind, print := approval.Names(p.people.operator.key)
	books, err := p.app.ledgersOf(p.dir, "")
	check(t, err)
	recovery := engine.NewRecovery(plan, p.app.systems.Classifiers(), p.app.systems.Oracles())
	done, err := journal.Recover(t.Context(), p.dir, journal.Recovery{
		Line: recovery.Line, Planned: recovery.Planned, Permit: books.permit, Origin: d.trust.Policy.Origin, Sealer: sealer, Now: time.Now,
		Record: journal.RunRecover{Tool: tool, RunKey: verifier, Operator: journal.Principal{
			Principal: p.people.operator.principal, Person: "nightly", KeyType: kind, Fingerprint: print,
		}},
		Sign: func(line []byte) ([]byte, error) { return p.people.operator.signer.Sign(t.Context(), operate, line) },
	})
	check(t, err)
	check(t, books[0].Recovered(done.Run, done.Size, done.Root))
	_, err = rewrite(p.dir)
	check(t, err)
}
