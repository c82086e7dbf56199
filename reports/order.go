package reports

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// ClockSkew is how far this machine's clock may be from a server's own, by the
// Date of its answers.
const ClockSkew = 5 * time.Minute

// closing is how long the reads that close brackets may take after the window's end,
// beside the time that one answer has.
const closing = 45 * time.Second

// slack is how far a clock may be set back during a run.
const slack = 5 * time.Second

// moment checks that time goes on from line to line, and inside the window while
// anything is asked.
func (c *checker) moment(l journal.Line) error {
	if l.T.Before(c.last) {
		return fmt.Errorf("it was written at %s, before the line above it", clockOf(l.T))
	}
	c.last = l.T
	switch l.Type {
	case journal.TypePin, journal.TypeIdentity, journal.TypeState, journal.TypeReview, journal.TypeIntent, journal.TypeArm:
		return c.inWindow(l.T)
	case journal.TypeRunStart, journal.TypeRunSigned, journal.TypeObservation, journal.TypeStop, journal.TypeRunEnd, journal.TypeRunRecover,
		journal.TypeRecSigned:
	}
	return nil
}

func clockOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func (c *checker) inWindow(t time.Time) error {
	a := c.start.Approval
	if t.Before(a.NotBefore) || t.After(a.NotAfter.Add(closing+c.Timeout)) {
		return fmt.Errorf("it is of %s, outside the approved window from %s to %s", clockOf(t), clockOf(a.NotBefore), clockOf(a.NotAfter))
	}
	return nil
}

// exchanged checks when a request was sent, with all that came before and after it,
// and counts it: not before the run and not after the line that tells of it, and
// as the server's own clock has it.
func (c *checker) exchanged(l journal.Line, x targets.Exchange) error {
	if x.Sent != nil {
		c.requests++ // its steps may be shared with other lines
		if late := l.T.Sub(x.Sent.At.Add(x.Sent.Took)); !x.Sent.At.IsZero() && late > ClockSkew {
			return fmt.Errorf("it was written %s after the answer that it tells of", late.Round(time.Second))
		}
	}
	if err := c.timely(l, x); err != nil {
		return err
	}
	if x.Sent != nil && x.Headers["Date"] != "" {
		c.dated++
	}
	return nil
}

func (c *checker) timely(l journal.Line, x targets.Exchange) error {
	for _, other := range append(x.Steps[:len(x.Steps):len(x.Steps)], x.After...) {
		if err := c.timely(l, other); err != nil {
			return err
		}
	}
	if x.Sent == nil || x.Sent.At.IsZero() {
		return nil
	}
	at := x.Sent.At
	if at.Before(c.began.Add(-slack)) || at.After(l.T.Add(slack)) {
		return fmt.Errorf("a request was sent at %s, before the run began or after this line was written", clockOf(at))
	}
	if err := c.inWindow(at); err != nil {
		return err
	}
	date, err := http.ParseTime(x.Headers["Date"])
	if err != nil {
		return nil //nolint:nilerr // a server need not say what time it is
	}
	if skew := date.Sub(at.Add(x.Sent.Took)).Abs(); skew > ClockSkew {
		return fmt.Errorf("a request was sent at %s by this machine's clock, and answered at %s by the server's: more than %s apart",
			clockOf(at), clockOf(date), ClockSkew)
	}
	return nil
}

// pin checks that a target was compared with the approved one, once.
func (c *checker) pin(l journal.Line) error {
	if err := keep(l, c.pins, func(p journal.Pin) string { return p.Target }); err != nil {
		return err
	}
	var p journal.Pin
	if err := journal.Decode(l.Body, &p); err != nil {
		return err
	}
	for _, x := range p.Exchanges {
		if err := c.exchanged(l, x); err != nil {
			return err
		}
	}
	if !c.planned(p.Target) {
		return fmt.Errorf("the target %q was not planned", p.Target)
	}
	if c.Pinned == nil {
		return nil
	}
	err := c.Pinned(p)
	switch {
	case p.OK:
		return err
	case err == nil && p.Harness != "":
		return errors.New("it says that this is not the approved target, and its answers show that it is")
	}
	return nil
}

// planned reports whether a target is one of the run's.
func (c *checker) planned(target string) bool {
	return slices.ContainsFunc(c.start.Targets, func(t journal.Target) bool { return t.ID == target })
}

// approvedTarget checks that something was asked of a target that was shown to be
// the approved one.
func (c *checker) approvedTarget(id string) error {
	if pin, ok := c.pins[id]; !ok || !pin.OK {
		return fmt.Errorf("nothing shows that the target %q is the approved one", id)
	}
	return nil
}

// skipped checks that what an attempt says of why it was not run can be: of an
// exclusion and a ceiling the plan tells, of an end the stop, and of a kill that
// the record was closed afterwards.
func (c *checker) skipped(o journal.Observation) error {
	code, _, _ := strings.Cut(o.NotRunBecause, ": ")
	if c.Planned != nil {
		p, _ := c.Planned(o.N, c.start.Marker)
		if code == "excluded" && !p.Excluded {
			return fmt.Errorf("attempt %d says %q, and the scenario does not exclude it", o.N, o.NotRunBecause)
		}
		if code == "technique" {
			return errors.New("it says that it is above the ceiling, and the scenario was approved with it")
		}
	}
	switch code {
	case "excluded", "technique", "the request cannot be built":
		return nil
	case "the run was killed":
		if !c.recovered {
			return errors.New("it says that the run was killed, and nobody closed its record afterwards")
		}
		for _, i := range c.intents {
			if i.N == o.N {
				return errors.New("it says that it never began, and it was announced")
			}
		}
		return nil
	case "stopped", string(journal.StopWindow), string(journal.StopFile), string(journal.StopWithdrawn), string(journal.StopBudget):
		c.stopsMissing = true
		return nil
	}
	return fmt.Errorf("it says %q, which is no reason that a run has", o.NotRunBecause)
}

// halted checks that a run which left attempts out stopped, and that what it says
// of why can be, as far as its record shows it.
func (c *checker) halted() error {
	switch {
	case c.stop == nil && c.stopsMissing && !c.recovered:
		return errors.New("attempts were left out because the run stopped, and it did not")
	case c.stop == nil:
		return nil
	}
	says := map[journal.StopReason]bool{
		journal.StopPermitted: c.through,
		journal.StopRefused:   c.refused(),
		journal.StopWindow:    c.last.After(c.start.Approval.NotAfter),
		journal.StopBudget:    c.recovered || c.MaxRequests == 0 || c.ended == nil || c.ended.Requests >= c.MaxRequests,
	}
	if holds, known := says[c.stop.Reason]; known && !holds {
		return fmt.Errorf("it says that it stopped because of %s, and nothing shows that", c.stop.Reason)
	}
	return nil
}

func (c *checker) refused() bool {
	for _, p := range c.pins {
		if !p.OK {
			return true
		}
	}
	return false
}

// counted checks the number of requests: no fewer than the record has answers to,
// and no more than were approved.
func (c *checker) counted(end journal.RunEnd) error {
	if c.recovered {
		return nil // what a killed run had sent is known only in part
	}
	if end.Requests < c.requests {
		return fmt.Errorf("it counts %d requests, the record has %d", end.Requests, c.requests)
	}
	if c.MaxRequests > 0 && end.Requests > c.MaxRequests {
		return fmt.Errorf("it counts %d requests, approved were %d", end.Requests, c.MaxRequests)
	}
	return nil
}

// wholly checks that an attempt which the plan excludes was not made.
func (c *checker) wholly(o journal.Observation) error {
	if c.Planned == nil || o.Outcome == probes.NotRun {
		return nil
	}
	if p, _ := c.Planned(o.N, c.start.Marker); p.Excluded {
		return errors.New("the scenario excludes it")
	}
	return nil
}
