package reports

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// Build reads a journal and returns its report. It is pure: the same journal
// gives the same report. It does not verify; see Verify. Its memory is bounded
// by MaxRows and by the number of identities.
func Build(r io.Reader) (*Report, error) {
	b := &builder{report: &Report{Schema: "sodprobe.results/v1"}, arms: map[string]journal.ArmRecord{}, rows: map[string]int{}}
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
		return nil, errors.New("the journal is empty")
	}
	b.finish()
	return b.report, nil
}

type builder struct {
	report   *Report
	arms     map[string]journal.ArmRecord // those that an observation may still refer to
	rows     map[string]int               // probe and target -> index in Probes
	findings []Attempt
	others   []Attempt
	controls map[string]*probes.Tally
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
	case journal.TypeArm:
		var a journal.ArmRecord
		err = journal.Decode(line.Body, &a)
		b.arms[a.ID] = a
	case journal.TypeObservation:
		var o journal.Observation
		if err = journal.Decode(line.Body, &o); err == nil {
			b.observation(line.Seq+1, o)
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
	case journal.TypeRunSigned, journal.TypeIdentity, journal.TypeState, journal.TypeIntent, journal.TypeRecSigned:
	}
	if err != nil {
		return fmt.Errorf("journal line %d: %w", line.Seq+1, err)
	}
	return nil
}

// observation counts one attempt, and keeps it while there is room.
func (b *builder) observation(line int64, o journal.Observation) {
	r := b.report
	r.Counts.Add(o.Outcome)
	for _, id := range o.Controls {
		if t, ok := b.controls[id]; ok {
			t.Add(o.Outcome)
		}
	}
	if !slices.Contains(r.Identities, o.Identity) {
		r.Identities = append(r.Identities, o.Identity)
	}
	b.probe(o)
	a := Attempt{Observation: o, Line: line}
	for _, arm := range []targets.Arm{targets.ArmAttempt, targets.ArmBaseline, targets.ArmPositive, targets.ArmNegative} {
		for _, id := range o.Refs[string(arm)] {
			record, ok := b.arms[id]
			if !ok {
				continue
			}
			a.Evidence = append(a.Evidence, record)
			if record.N >= 0 {
				delete(b.arms, id) // nobody else refers to it
			}
		}
	}
	switch {
	case a.Finding() && len(b.findings) < MaxRows:
		b.findings = append(b.findings, a)
	case !a.Finding() && len(b.others) < MaxRows:
		b.others = append(b.others, a)
	}
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
		r.Status = "not ended"
	}
	r.Verdict = r.Counts.Verdict()
	if missing := r.Start.Planned - r.Counts.Len(); missing > 0 && r.Verdict == probes.Effective {
		r.Verdict = probes.Unproven // planned attempts have no observation
	}
	for _, id := range r.Start.Controls {
		t := *b.controls[id]
		r.Controls = append(r.Controls, Control{ID: id, Verdict: t.Verdict(), Counts: t})
	}
	slices.SortFunc(b.findings, func(x, y Attempt) int {
		return cmp.Or(weight(x)-weight(y), cmp.Compare(x.N, y.N))
	})
	slices.SortFunc(b.others, func(x, y Attempt) int { return cmp.Compare(x.N, y.N) })
	slices.SortFunc(r.Probes, func(x, y ProbeRow) int {
		return cmp.Or(strings.Compare(x.Target, y.Target), strings.Compare(x.Probe, y.Probe))
	})
	slices.Sort(r.Identities)
	r.Attempts = append(b.findings, b.others...)
	if len(r.Attempts) > MaxRows {
		r.Attempts = r.Attempts[:MaxRows]
	}
	r.Omitted = r.Counts.Len() - int64(len(r.Attempts))
	r.Scope = scope(r)
}

// weight orders findings by how much they matter.
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
	default:
		return 4
	}
}

// scope says what the verdict speaks of, and what not.
func scope(r *Report) string {
	return fmt.Sprintf("This speaks of %d routes and %d identities, on %s. Other routes and other people were not tested.",
		len(r.Probes), len(r.Identities), r.Started.UTC().Format("2 January 2006, 15:04 MST"))
}
