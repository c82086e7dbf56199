package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// plannedIn looks up what a plan says of an attempt, by its number.
func plannedIn(plan *engine.Plan) func(int64, string) (reports.Planned, bool) {
	all := map[int64]engine.Planned{}
	for x := range plan.All() {
		all[x.N] = x
	}
	return func(n int64, marker string) (reports.Planned, bool) {
		x, ok := all[n]
		if !ok {
			return reports.Planned{}, false
		}
		state, needs := x.Item.Bind(marker).Keys()
		return reports.Planned{Observation: engine.Unobserved(x, marker), Excluded: x.Item.Excluded, State: state, Needs: needs}, true
	}
}

// pinnedTo holds what was read of a target against the scenario.
func (p *packaged) pinnedTo(plan *engine.Plan) func(journal.Pin) error {
	return func(pin journal.Pin) error {
		for _, t := range plan.Targets() {
			if t.ID == pin.Target {
				system, _ := p.app.systems.Find(t.System()) // it was loaded with the systems
				return system.Pinned(t, pin.Pin)
			}
		}
		return fmt.Errorf("the scenario attempts nothing at the target %q", pin.Target)
	}
}

// armIn holds a recorded arm against the request that the plan makes of it: as
// whom, what it asks, and every field that made it harmless.
func (p *packaged) armIn(plan *engine.Plan) func(journal.ArmRecord, string, []string) error {
	return func(a journal.ArmRecord, marker string, who []string) error {
		all, err := plan.Expect(a, marker)
		if err != nil {
			return err
		}
		var faults []error
		for _, want := range all {
			err := p.sameArm(want, a, who)
			if err == nil {
				return nil
			}
			faults = append(faults, err)
		}
		return errors.Join(faults[:1]...)
	}
}

func (p *packaged) sameArm(want engine.Expected, a journal.ArmRecord, who []string) error {
	w, got := want.Asked, a.Case.Asked
	if !slices.Contains(append(who, w.Subject), got.Subject) {
		return fmt.Errorf("it was judged as %q, %s is %q", got.Subject, a.Identity, append(who, w.Subject))
	}
	for _, f := range []struct{ name, want, got string }{
		{"system", string(w.System), string(got.System)},
		{"action", w.Action, got.Action},
		{"resource", w.Resource, got.Resource},
		{"name", w.Name, got.Name},
		{"scope", w.Scope, got.Scope},
		{"technique", w.Technique, got.Technique},
		{"dependents", fmt.Sprint(w.Dependents), fmt.Sprint(got.Dependents)},
		{"markers", fmt.Sprint(w.Reached), fmt.Sprint(got.Reached)},
	} {
		if f.want != f.got {
			return fmt.Errorf("its %s is %q, planned was %q", f.name, f.got, f.want)
		}
	}
	sent := a.Case.Exchange.Sent
	if sent == nil {
		return nil
	}
	if system, _ := p.app.systems.Find(w.System); system.ActedAs != nil {
		if err := system.ActedAs(want.As, *sent); err != nil {
			return err
		}
	}
	return guard.Fits(want.Rules, *sent)
}
