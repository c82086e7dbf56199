package reports

import (
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// MaxRows is how many attempts a report shows one by one: findings first. The
// counts cover all attempts, and the journal holds each.
const MaxRows = 2000

// Report is what a run's journal says, for people. Formats render it.
type Report struct {
	Run string
	// Lab marks simulated evidence, which proves nothing about a real system.
	Lab            bool
	Started, Ended time.Time
	Status         journal.Status
	Stopped        *journal.Stop
	Recovered      bool
	Start          journal.RunStart
	Pins           []journal.Pin
	Verdict        probes.Verdict
	Scope          string
	Counts         probes.Tally
	Requests       int64
	Controls       []Control
	Probes         []ProbeRow
	Identities     []IdentityRow
	// Attempts are up to MaxRows, findings first; Each yields all.
	Attempts []Attempt
	// Omitted is how many attempts are not among them.
	Omitted int64
}

// Control is the result for one control of the scenario.
type Control struct {
	ID      string
	Verdict probes.Verdict
	Counts  probes.Tally
}

// ProbeRow is the result of one probe at one target, over all identities.
type ProbeRow struct {
	Probe  string
	Target string
	Counts probes.Tally
	Layers []targets.Layer // of what was Blocked
}

// IdentityRow is the result of one identity, over all probes and targets.
type IdentityRow struct {
	Identity string
	Fidelity targets.Fidelity
	Counts   probes.Tally
}

// Attempt is one observation with the arms that it refers to.
type Attempt struct {
	journal.Observation
	// Line is where the observation stands in the journal, from 1.
	Line int64
	// Evidence are the arms' requests and answers, redacted.
	Evidence []journal.ArmRecord
}

// Finding reports whether somebody has to look at an attempt.
func (a Attempt) Finding() bool {
	return a.Outcome != probes.Blocked || a.Disagreement != "" || a.Urgent
}
