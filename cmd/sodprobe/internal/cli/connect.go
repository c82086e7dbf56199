package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// cluster lets the engine use the Kubernetes adapter: Go wants the exact
// interface type as a result.
type cluster struct{ *kubernetes.Cluster }

// Assume implements engine.Target.
func (c cluster) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return c.Cluster.Assume(ctx, id)
}

// connectFlags say how to reach the targets.
type connectFlags struct{ kubeconfig string }

func (f *connectFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig with the scenario's contexts (default: $KUBECONFIG, ~/.kube/config, or in-cluster)")
}

// connection is every target of a scenario, ready and not yet asked.
type connection struct {
	clusters map[string]*kubernetes.Cluster
	budget   *guard.Budget
}

// connect prepares every target. It sends nothing: the pins are checked by
// whoever asks first.
func (a *app) connect(f connectFlags, s *scenarios.Scenario, marker string) (*connection, error) {
	config, err := kubernetes.LoadKubeconfig(f.kubeconfig, a.env)
	if err != nil {
		return nil, &failure{exitUsage, err}
	}
	return a.connectWith(config, s, marker)
}

func (a *app) connectWith(config *kubernetes.Kubeconfig, s *scenarios.Scenario, marker string) (*connection, error) {
	c := &connection{clusters: map[string]*kubernetes.Cluster{}, budget: guard.NewBudget(s.Rules.MaxRequests)}
	for _, t := range s.Targets {
		k, err := kubernetes.Connect(kubernetes.Config{
			Target: t, Kubeconfig: config, Budget: c.budget, Marker: marker,
			UserAgent: "sodprobe/" + version + " (" + marker + ")",
			Timeout:   s.Rules.RequestTimeout.Duration(), Now: a.now, Proxy: http.ProxyFromEnvironment,
		})
		if err != nil {
			return nil, refusedf("connect to target %s: %w", t.ID, err)
		}
		c.clusters[t.ID] = k
	}
	return c, nil
}

// targets returns the adapters as the engine wants them.
func (c *connection) targets() map[string]engine.Target {
	out := map[string]engine.Target{}
	for id, k := range c.clusters {
		out[id] = cluster{k}
	}
	return out
}
