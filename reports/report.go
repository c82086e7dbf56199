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

// Report is what a run's journal says, for people and machines.
type Report struct {
	Schema string `json:"schema"` // sodprobe.results/v1
	Run    string `json:"run"`
	// Lab marks simulated evidence, which proves nothing about a real system.
	Lab        bool             `json:"lab,omitempty"`
	Started    time.Time        `json:"started"`
	Ended      time.Time        `json:"ended"`
	Status     string           `json:"status"`
	Stopped    *journal.Stop    `json:"stopped,omitempty"`
	Recovered  bool             `json:"recovered,omitempty"`
	Start      journal.RunStart `json:"start"`
	Pins       []journal.Pin    `json:"pins"`
	Verdict    probes.Verdict   `json:"verdict"`
	Scope      string           `json:"scope"`
	Counts     probes.Tally     `json:"counts"`
	Requests   int64            `json:"requests"`
	Controls   []Control        `json:"controls"`
	Probes     []ProbeRow       `json:"probes"`
	Identities []IdentityRow    `json:"identities"`
	Attempts   []Attempt        `json:"attempts"`
	// Omitted is how many attempts are not shown one by one.
	Omitted int64 `json:"omitted,omitempty"`
}

// Control is the result for one control of the scenario.
type Control struct {
	ID      string         `json:"id"`
	Verdict probes.Verdict `json:"verdict"`
	Counts  probes.Tally   `json:"counts"`
}

// ProbeRow is the result of one probe at one target, over all identities.
type ProbeRow struct {
	Probe  string          `json:"probe"`
	Target string          `json:"target"`
	Counts probes.Tally    `json:"counts"`
	Layers []targets.Layer `json:"layers,omitempty"` // of what was Blocked
}

// IdentityRow is the result of one identity, over all probes and targets.
type IdentityRow struct {
	Identity string           `json:"identity"`
	Fidelity targets.Fidelity `json:"fidelity,omitempty"`
	Counts   probes.Tally     `json:"counts"`
}

// Attempt is one observation with the arms that it refers to.
type Attempt struct {
	journal.Observation
	// Line is where the observation stands in the journal, from 1.
	Line int64 `json:"line"`
	// Evidence are the arms' requests and answers, redacted.
	Evidence []journal.ArmRecord `json:"evidence,omitempty"`
}

// Finding reports whether somebody has to look at an attempt.
func (a Attempt) Finding() bool {
	return a.Outcome != probes.Blocked || a.Disagreement != "" || a.Urgent
}
