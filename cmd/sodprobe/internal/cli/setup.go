package cli

import (
	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

func (a *app) setupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "setup", Short: "Print the least privilege that a scenario needs", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var prober string
	var legacy bool
	k := &cobra.Command{
		Use:   "kubernetes SCENARIO",
		Short: "Print the RBAC for the prober and the observer, to review and apply",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.setupKubernetes(args[0], prober, legacy) },
	}
	k.Flags().StringVar(&prober, "prober", "sodprobe", "the user that the prober's context authenticates as")
	k.Flags().BoolVar(&legacy, "legacy-impersonation", false, "for servers without constrained impersonation (before Kubernetes 1.36)")
	cmd.AddCommand(k)
	return cmd
}

func (a *app) setupKubernetes(path, prober string, legacy bool) error {
	d, err := read(path)
	if err != nil {
		return err
	}
	plan, err := engine.NewPlan(d.scenario, catalog.All())
	if err != nil {
		return err
	}
	for _, t := range plan.Targets() {
		in := access(plan, t)
		in.Prober, in.Constrained = prober, !legacy
		if err := kubernetes.Setup(a.stdout, in); err != nil {
			return err
		}
	}
	return nil
}
