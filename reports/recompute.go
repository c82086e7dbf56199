package reports

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// identity checks that a proof says what it proves.
func (c *checker) identity(l journal.Line) error {
	if err := keep(l, c.identities, func(i journal.IdentityCheck) string { return i.ID }); err != nil {
		return err
	}
	var i journal.IdentityCheck
	if err := journal.Decode(l.Body, &i); err != nil {
		return err
	}
	if err := errors.Join(c.approvedTarget(i.Target), c.exchanged(l, i.Exchange)); err != nil {
		return err
	}
	if at := i.Target + " " + i.Identity; i.Proof == targets.Proven && !slices.Contains(c.names[at], i.Subject.Name) {
		c.names[at] = append(c.names[at], i.Subject.Name)
	}
	i.Exchange = targets.Exchange{} // it need not be kept
	c.identities[i.ID], c.at[i.ID] = i, l.Seq
	if i.Proof == targets.Proven && (i.Subject.Name != i.Want || i.Want == "") {
		return fmt.Errorf("it claims to prove %q, and the server said %q", i.Want, i.Subject.Name)
	}
	return nil
}

// state keeps a read, without its exchange.
func (c *checker) state(l journal.Line) error {
	if err := keep(l, c.states, func(s journal.StateRead) string { return s.ID }); err != nil {
		return err
	}
	var s journal.StateRead
	if err := journal.Decode(l.Body, &s); err != nil {
		return err
	}
	if err := errors.Join(c.approvedTarget(s.Target), c.exchanged(l, s.Exchange)); err != nil {
		return err
	}
	s.Exchange = targets.Exchange{}
	c.states[s.ID], c.at[s.ID] = s, l.Seq
	return nil
}

// arm recomputes the class of one exchange.
func (c *checker) arm(l journal.Line) error {
	var a journal.ArmRecord
	if err := journal.Decode(l.Body, &a); err != nil {
		return err
	}
	classify, ok := c.Classify[a.Case.System]
	if !ok {
		return fmt.Errorf("no classifier for the system %q", a.Case.System)
	}
	if got := classify(a.Case); got != a.Response {
		if a.Arm == targets.ArmAttempt && (got.Class == targets.Reached || got.Class == targets.Mutated) {
			c.own.Add(probes.Permitted) // what this program calls open is never less
		}
		err := fmt.Errorf("it says %s/%s, its exchange says %s/%s", a.Response.Class, a.Response.Layer, got.Class, got.Layer)
		if err := c.otherwise(l, err); err != nil {
			return err
		}
	}
	if err := errors.Join(c.approvedTarget(a.Target), c.exchanged(l, a.Case.Exchange)); err != nil {
		return err
	}
	if c.Arm != nil {
		if err := c.Arm(a, c.start.Marker, c.names[a.Target+" "+a.Identity]); err != nil {
			return err
		}
	}
	intent, announced := c.intents[a.ID]
	sent := a.Case.Exchange.Sent
	if !announced && sent != nil && sent.Method != http.MethodGet {
		return errors.New("a request that could change something was not announced before")
	}
	if announced &&
		(intent.Arm != a.Arm || intent.N != a.N || intent.Probe != a.Probe || intent.Target != a.Target || intent.Identity != a.Identity) {
		return errors.New("it is not what was announced")
	}
	delete(c.intents, a.ID)
	if _, twice := c.arms[a.ID]; twice || a.ID == "" {
		return fmt.Errorf("the id %q is a duplicate, or empty", a.ID)
	}
	if b := c.inBatch(a.Target); a.N >= 0 {
		b.sent[a.N] = true
	}
	if a.Arm == targets.ArmAttempt {
		c.through = c.through || a.Response.Class == targets.Reached || a.Response.Class == targets.Mutated
		if sent != nil && a.Case.Exchange.Left() {
			c.batchOf(a.Target).attempt(a.Identity, a.Case.Asks())
		}
		if _, twice := c.attempts[a.N]; twice || c.observed[a.N] {
			return fmt.Errorf("attempt %d was made twice, or after its observation", a.N)
		}
		c.attempts[a.N], c.at[a.ID] = a.ID, l.Seq
	}
	if a.Arm == targets.ArmAttempt && c.start.Rule > 1 {
		c.records[a.ID] = c.Oracles[c.system(a.Target)].Record(a.Case)
	}
	a.Case.Exchange = targets.Exchange{Unexercised: a.Case.Exchange.Unexercised} // judged; the rest need not be kept
	c.arms[a.ID] = a
	return nil
}
