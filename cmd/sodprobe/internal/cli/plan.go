package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

func (a *app) planCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "plan SCENARIO",
		Short: "Print exactly the attempts that a run makes; sends nothing",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.plan(args[0], out) },
	}
	out.flag(cmd)
	return cmd
}

// plannedView is one line of a plan.
type plannedView struct {
	N         int64  `json:"n"`
	Probe     string `json:"probe"`
	Technique string `json:"technique"`
	Target    string `json:"target"`
	Identity  string `json:"identity"`
	Positive  string `json:"positive,omitempty"`
	Negative  string `json:"negative"`
	Observer  string `json:"observer"`
	Waived    string `json:"waived,omitempty"`
	Excluded  bool   `json:"excluded,omitempty"`
}

func (a *app) plan(path string, out output) error {
	d, err := a.read(path)
	if err != nil {
		return err
	}
	p, err := engine.NewPlan(d.Scenario, a.catalog)
	if err != nil {
		return err
	}
	if !out.json() {
		if err := p.Write(a.stdout); err != nil {
			return err
		}
		for _, name := range scenarios.Strange(d.Scenario) {
			if _, err := fmt.Fprintf(a.stdout, "not printable ASCII: %s\n", name); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(a.stdout, "%d attempts, plan sha256:%s\n", p.Len(), p.Digest())
		return err
	}
	views := []plannedView{}
	for x := range p.All() {
		v := plannedView{
			N: x.N, Probe: x.Item.Probe.ID, Technique: string(x.Item.Probe.Technique), Target: x.Item.Target.ID,
			Identity: x.Identity.ID, Negative: x.Item.Negative.ID, Observer: x.Item.Observer.ID,
			Waived: x.Item.Waive, Excluded: x.Item.Excluded,
		}
		if x.Item.Positive != nil {
			v.Positive = x.Item.Positive.ID
		}
		views = append(views, v)
	}
	return a.printJSON(map[string]any{"attempts": views, "sha256": p.Digest()})
}
