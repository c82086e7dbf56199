package reports

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
)

// Build reads a journal and returns its report. It is pure: the same journal
// gives the same report. It does not verify; see Verify. Its memory is bounded
// by MaxRows and by the number of identities.
func Build(r io.Reader) (*Report, error) {
	b := &builder{
		report: &Report{}, arms: sharedArms{},
		rows: map[string]int{}, identities: map[string]int{}, attempts: map[int][]Attempt{},
	}
	for line, err := range journal.Read(r) {
		if err == nil {
			err = b.add(line)
		}
		if errors.Is(err, journal.ErrTorn) {
			break // a crashed run's journal; the report says that it did not end
		}
		if err != nil {
			return nil, err
		}
	}
	if b.report.Run == "" {
		return nil, errors.New("the journal does not begin with run.start")
	}
	b.finish()
	return b.report, nil
}

type builder struct {
	report     *Report
	arms       sharedArms
	rows       map[string]int    // probe and target -> index in Probes
	identities map[string]int    // identity -> index in Identities
	attempts   map[int][]Attempt // by weight, each list up to MaxRows
	controls   map[string]*probes.Tally
}

func (b *builder) add(line journal.Line) error {
	r := b.report
	r.Ended = line.T
	var err error
	switch line.Type {
	case journal.TypeRunStart:
		r.Run, r.Started = line.Run, line.T
		if err = journal.Decode(line.Body, &r.Start); err == nil {
			r.Lab, b.controls = r.Start.Lab, map[string]*probes.Tally{}
			for _, id := range r.Start.Controls {
				b.controls[id] = &probes.Tally{}
			}
		}
	case journal.TypePin:
		var pin journal.Pin
		err = journal.Decode(line.Body, &pin)
		r.Pins = append(r.Pins, pin)
	case journal.TypeArm, journal.TypeObservation:
		var a Attempt
		var ends bool
		if a, ends, err = b.arms.add(line); ends {
			b.observation(a)
		}
	case journal.TypeStop:
		r.Stopped = &journal.Stop{}
		err = journal.Decode(line.Body, r.Stopped)
	case journal.TypeRunEnd:
		var end journal.RunEnd
		err = journal.Decode(line.Body, &end)
		r.Status, r.Requests = end.Status, end.Requests
	case journal.TypeRunRecover:
		r.Recovered = true
	case journal.TypeRunSigned, journal.TypeIdentity, journal.TypeState, journal.TypeReview, journal.TypeIntent, journal.TypeRecSigned:
	}
	if err != nil {
		return fmt.Errorf("journal line %d: %w", line.Seq+1, err)
	}
	return nil
}

// observation counts one attempt, and keeps it while there is room.
func (b *builder) observation(a Attempt) {
	b.report.Counts.Add(a.Outcome)
	for _, id := range a.Controls {
		if t, ok := b.controls[id]; ok {
			t.Add(a.Outcome)
		}
	}
	b.probe(a.Observation)
	b.identity(a.Observation)
	if w := weight(a); len(b.attempts[w]) < MaxRows {
		b.attempts[w] = append(b.attempts[w], a)
	}
}

func (b *builder) identity(o journal.Observation) {
	i, ok := b.identities[o.Identity]
	if !ok {
		i = len(b.report.Identities)
		b.identities[o.Identity] = i
		b.report.Identities = append(b.report.Identities, IdentityRow{Identity: o.Identity, Fidelity: o.Fidelity})
	}
	b.report.Identities[i].Counts.Add(o.Outcome)
}

func (b *builder) probe(o journal.Observation) {
	key := o.Probe + " " + o.Target
	i, ok := b.rows[key]
	if !ok {
		i = len(b.report.Probes)
		b.rows[key] = i
		b.report.Probes = append(b.report.Probes, ProbeRow{Probe: o.Probe, Target: o.Target})
	}
	row := &b.report.Probes[i]
	row.Counts.Add(o.Outcome)
	if o.Outcome == probes.Blocked && !slices.Contains(row.Layers, o.Response.Layer) {
		row.Layers = append(row.Layers, o.Response.Layer)
	}
}

func (b *builder) finish() {
	r := b.report
	if r.Status == "" {
		r.Status = journal.NotEnded
	}
	r.Verdict = b.verdict(r.Counts)
	for _, id := range r.Start.Controls {
		t := *b.controls[id]
		r.Controls = append(r.Controls, Control{ID: id, Verdict: b.verdict(t), Counts: t})
	}
	slices.SortFunc(r.Probes, func(x, y ProbeRow) int {
		return cmp.Or(strings.Compare(x.Target, y.Target), strings.Compare(x.Probe, y.Probe))
	})
	slices.SortFunc(r.Identities, func(x, y IdentityRow) int { return strings.Compare(x.Identity, y.Identity) })
	for _, w := range slices.Sorted(maps.Keys(b.attempts)) {
		slices.SortFunc(b.attempts[w], func(x, y Attempt) int { return cmp.Compare(x.N, y.N) })
		room := MaxRows - len(r.Attempts)
		r.Attempts = append(r.Attempts, b.attempts[w][:min(room, len(b.attempts[w]))]...)
	}
	r.Omitted = r.Counts.Len() - int64(len(r.Attempts))
	r.Scope = scope(r)
}

// verdict is what a tally says, as far as the record is whole: a run without
// its end, or with planned attempts that have no observation, proves nothing
// to be effective.
func (b *builder) verdict(t probes.Tally) probes.Verdict {
	r, v := b.report, t.Verdict()
	if v == probes.Effective && (r.Recovered || r.Status == journal.NotEnded || r.Counts.Len() != r.Start.Planned) {
		return probes.Unproven
	}
	return v
}

// weight orders attempts by how much they matter.
func weight(a Attempt) int {
	switch {
	case a.Outcome == probes.Permitted:
		return 0
	case a.Urgent:
		return 1
	case a.Outcome == probes.Inconclusive:
		return 2
	case a.Disagreement != "":
		return 3
	case a.Outcome == probes.NotRun:
		return 4
	default:
		return 5
	}
}

// scope says what the verdict speaks of, and what not.
func scope(r *Report) string {
	return fmt.Sprintf(
		"This speaks of %s and %s, on %s. Other routes and other people were not tested.",
		plural(
			int64(len(r.Probes)),
			"route",
			"routes",
		),
		plural(int64(len(r.Identities)), "identity", "identities"),
		r.Started.UTC().Format("2 January 2006, 15:04 MST"),
	)
}
