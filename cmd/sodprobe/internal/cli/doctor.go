package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/scenarios/run"
	"github.com/sodprobe/sodprobe/targets"
)

func (a *app) doctorCommand() *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor SCENARIO",
		Short: "Check, read-only, that every identity, target and arm can work",
		Long: `doctor reads at the targets, as the scenario's identities, and attempts nothing.
It needs an author's signature over the scenario, under the pinned root; without
one it lists every host that it would ask, and every secret that it would use
there, and asks you first.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.doctor(cmd.Context(), args[0], o) },
	}
	o.documentFlags.add(cmd)
	o.connectFlags.add(cmd, a.systems)
	cmd.Flags().BoolVar(&o.yes, "yes", false, "refuse rather than ask where no author has signed")
	o.out.flag(cmd)
	return cmd
}

// doctorOptions are what doctor wants to know.
type doctorOptions struct {
	documentFlags
	connectFlags
	yes bool
	out output
}

// diagnosis is doctor's findings at one target.
type diagnosis struct {
	Target   string            `json:"target"`
	Findings []targets.Finding `json:"findings"`
}

func (a *app) doctor(ctx context.Context, path string, o doctorOptions) error {
	d, err := a.read(path)
	if err != nil {
		return err
	}
	plan, err := engine.NewPlan(d.Scenario, a.catalog)
	if err != nil {
		return err
	}
	if err := a.consented(d, o); err != nil {
		return err
	}
	conn, err := run.Connect(ctx, d.Scenario, run.Caller{
		Systems: a.systems, Machine: a.machine(o.connectFlags, d), Now: a.now,
		Marker: doctorMarker, UserAgent: run.UserAgent(version, doctorMarker),
	})
	if err != nil {
		return err
	}
	var all []diagnosis
	sound := true
	for _, t := range plan.Targets() {
		found := conn.Targets[t.ID].Diagnose(ctx, access(plan, t))
		for _, x := range found {
			sound = sound && x.OK
		}
		all = append(all, diagnosis{t.ID, found})
	}
	if o.out.json() {
		if err := a.printJSON(all); err != nil {
			return err
		}
	} else if err := a.printDiagnoses(all); err != nil {
		return err
	}
	if !sound {
		return &failure{exitInconclusive, nil}
	}
	return nil
}

func (a *app) printDiagnoses(all []diagnosis) error {
	for _, d := range all {
		_, _ = fmt.Fprintf(a.stdout, "target %s\n", d.Target)
		for _, x := range d.Findings {
			mark := "ok  "
			if !x.OK {
				mark = "FAIL"
			}
			_, _ = fmt.Fprintf(a.stdout, "  %s  %s\n", mark, printable(x.What))
			if x.Problem != "" {
				_, _ = fmt.Fprintf(a.stdout, "        %s\n", printable(x.Problem))
			}
			if x.Mend != "" {
				_, _ = fmt.Fprintf(a.stdout, "        to mend it: %s\n", printable(x.Mend))
			}
		}
	}
	return nil
}

// doctorMarker stands where a run has its own.
const doctorMarker = "sodprobe-doctor"

// access is all that a scenario does at one target: what setup grants, and
// what doctor checks.
func access(plan *engine.Plan, t targets.Target) targets.Access {
	in := targets.Access{Target: t}
	people, observers, reads, requests := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for item := range plan.Items() {
		if item.Target.ID != t.ID || item.Excluded {
			continue
		}
		for _, r := range item.Probe.Requires {
			in.Required = append(in.Required, targets.Required{Probe: item.Probe.ID, Requirement: r})
		}
		bound := item.Bind(doctorMarker)
		request, baseline := bound.Attempt(), bound.Baseline()
		if key := keyOf(request); !requests[key] {
			requests[key] = true
			in.Attempts = append(in.Attempts, request)
		}
		if key := keyOf(baseline); !requests[key] {
			requests[key] = true
			in.Baselines = append(in.Baselines, baseline)
		}
		for _, q := range append(bound.State(), bound.Needs()...) {
			if !q.MustExist {
				q.Request.Name = "" // the run's own name, which nobody knows yet
			}
			if key := keyOf(q.Request); !reads[key] {
				reads[key] = true
				in.Reads = append(in.Reads, q)
			}
		}
		in.Prepared = append(in.Prepared, bound.Prepared()...)
		for _, id := range item.Developers {
			in.People = appendNew(in.People, people, id)
		}
		if item.Negative.ID != "" {
			in.People = appendNew(in.People, people, item.Negative)
		}
		if item.Positive != nil {
			in.People = appendNew(in.People, people, *item.Positive)
		}
		in.People = appendNew(in.People, people, item.Observer)
		in.Observers = appendNew(in.Observers, observers, item.Observer)
	}
	return in
}

// keyOf tells the requests of a scenario apart.
func keyOf(r targets.Request) string {
	key := r.Action + " " + r.Path + " " + string(r.Body)
	if r.Push != nil {
		key += " " + r.Push.Ref + " " + string(r.Push.Form)
	}
	return key
}

func appendNew(list []targets.Identity, seen map[string]bool, id targets.Identity) []targets.Identity {
	if seen[id.ID] {
		return list
	}
	seen[id.ID] = true
	return append(list, id)
}
