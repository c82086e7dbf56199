package cli

import (
	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
)

func (a *app) setupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "setup", Short: "Print the least privilege that a scenario needs", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, system := range a.systems {
		cmd.AddCommand(a.setupOf(system))
	}
	return cmd
}

// setupOf is the subcommand of one system.
func (a *app) setupOf(system targets.System) *cobra.Command {
	cmd := &cobra.Command{Use: string(system.Name) + " SCENARIO", Short: system.Setup.Short, Args: cobra.ExactArgs(1)}
	options := addOptions(cmd, system.Setup.Options)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		return a.setup(args[0], system.Name, func(in targets.Access) error { return system.Setup.Write(a.stdout, in, options()) })
	}
	return cmd
}

// setup prints what each target of a system needs.
func (a *app) setup(path string, system targets.SystemName, write func(targets.Access) error) error {
	d, err := a.read(path)
	if err != nil {
		return err
	}
	plan, err := engine.NewPlan(d.Scenario, a.catalog)
	if err != nil {
		return err
	}
	found := false
	for _, t := range plan.Targets() {
		if t.System() != system {
			continue
		}
		found = true
		if err := write(access(plan, t)); err != nil {
			return err
		}
	}
	if !found {
		return usagef("%s attempts nothing on %s", path, system)
	}
	return nil
}
