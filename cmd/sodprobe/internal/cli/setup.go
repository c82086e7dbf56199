package cli

import (
	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
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
		RunE: func(_ *cobra.Command, args []string) error {
			return a.setup(args[0], targets.Kubernetes, func(in targets.Access) error {
				return kubernetes.Setup(a.stdout, kubernetes.SetupInput{Access: in, Prober: prober, Constrained: !legacy})
			})
		},
	}
	k.Flags().StringVar(&prober, "prober", "sodprobe", "the user that the prober's context authenticates as")
	k.Flags().BoolVar(&legacy, "legacy-impersonation", false, "for servers without constrained impersonation (before Kubernetes 1.36)")
	g := &cobra.Command{
		Use:   "gitlab SCENARIO",
		Short: "Print the accounts, roles and tokens that a scenario needs, to review and make",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.setup(args[0], targets.GitLab, func(in targets.Access) error { return gitlab.Setup(a.stdout, in) })
		},
	}
	w := &cobra.Command{
		Use:   "aws SCENARIO",
		Short: "Print the policies of the prober, the roles and the observer, to review and apply",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.setup(args[0], targets.AWS, func(in targets.Access) error { return aws.Setup(a.stdout, in) })
		},
	}
	cmd.AddCommand(k, g, w)
	return cmd
}

// setup prints what each target of a system needs.
func (a *app) setup(path string, system targets.System, write func(targets.Access) error) error {
	d, err := read(path)
	if err != nil {
		return err
	}
	plan, err := engine.NewPlan(d.scenario, catalog.All())
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
