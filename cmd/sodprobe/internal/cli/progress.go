package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

// progress shows a run to people while it goes on. It is never evidence.
type progress interface {
	// Tell takes news. It is called concurrently and returns at once.
	Tell(engine.Event)
	// Close ends the view and leaves its last state on the screen.
	Close()
}

// progress picks the live table on a terminal, plain lines elsewhere.
func (a *app) progress(planned int64, title string) progress {
	width, height, ok := terminal(a.stderr)
	if !ok || a.env("TERM") == "dumb" {
		return &lines{out: a.stderr, planned: planned}
	}
	return newTable(console(a.stderr), a.environ(), tableState{
		title: title, planned: planned, width: width, height: height, started: a.now(), now: a.now,
	})
}

// everyLine is up to how many attempts the plain view prints each one.
const everyLine = 300

// lines is the plain view: every attempt of a small run; of a large one what
// is not Blocked, and a count now and then.
type lines struct {
	out     io.Writer
	planned int64
	mu      sync.Mutex
	tally   probes.Tally
}

// Tell implements progress.
func (l *lines) Tell(e engine.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Note != "" {
		_, _ = fmt.Fprintln(l.out, printable(e.Note))
	}
	if e.Observed == nil {
		return
	}
	l.tally.Add(e.Observed.Outcome)
	if done := l.tally.Len(); l.planned > everyLine && done%1000 == 0 {
		_, _ = fmt.Fprintf(l.out, "%d of %d attempts\n", done, l.planned)
	}
	if l.planned <= everyLine || (e.Observed.Outcome != probes.Blocked && e.Observed.Outcome != probes.NotRun) {
		_, _ = fmt.Fprintln(l.out, line(*e.Observed))
	}
}

// Close implements progress.
func (l *lines) Close() {}

// line renders one observation.
func line(o journal.Observation) string {
	return fmt.Sprintf("%-12s  %s  %s  %s  %s", o.Outcome, o.Probe, o.Target, o.Identity, printable(because(o)))
}

// because says in a sentence why an observation has its outcome.
func because(o journal.Observation) string {
	return reports.Because(reports.Attempt{Observation: o})
}

// printable replaces control characters: what a server says must not drive
// the terminal.
func printable(s string) string { return reports.Plain(s) }

// elapsed rounds a duration for people.
func elapsed(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }
