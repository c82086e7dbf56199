package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// system is one connected target, as the commands use it.
type system interface {
	engine.Target
	// Diagnose looks, by reads alone, whether everything can work.
	Diagnose(ctx context.Context, in targets.Access) []targets.Finding
}

// cluster and project let the engine use the adapters: Go wants the exact
// interface type as a result.
type (
	cluster struct{ *kubernetes.Cluster }
	project struct{ *gitlab.Project }
)

// Assume implements engine.Target.
func (c cluster) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return c.Cluster.Assume(ctx, id)
}

// Assume implements engine.Target.
func (p project) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return p.Project.Assume(ctx, id)
}

// connectFlags say how to reach the targets.
type connectFlags struct{ kubeconfig string }

func (f *connectFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig with the scenario's contexts (default: $KUBECONFIG, ~/.kube/config, or in-cluster)")
}

// surroundings are what the targets' credentials come from.
type surroundings struct {
	// kubeconfig is read only if the scenario has a cluster.
	kubeconfig func() (*kubernetes.Kubeconfig, error)
	secret     func(targets.Secret) (string, error)
	// roots are the certificates that GitLab's must lead to; nil means the
	// system's.
	roots *x509.CertPool
}

// connection is every target of a scenario, ready and not yet asked.
type connection struct {
	systems map[string]system
	budget  *guard.Budget
}

// connect prepares every target. It sends nothing: the pins are checked by
// whoever asks first.
func (a *app) connect(f connectFlags, d *document, marker string) (*connection, error) {
	return a.connectWith(surroundings{
		kubeconfig: func() (*kubernetes.Kubeconfig, error) { return kubernetes.LoadKubeconfig(f.kubeconfig, a.env) },
		secret:     a.secrets(filepath.Dir(d.path)),
	}, d.scenario, marker)
}

func (a *app) connectWith(from surroundings, s *scenarios.Scenario, marker string) (*connection, error) {
	c := &connection{systems: map[string]system{}, budget: guard.NewBudget(s.Rules.MaxRequests)}
	for _, t := range s.Targets {
		var err error
		switch t.System() {
		case targets.Kubernetes:
			c.systems[t.ID], err = a.connectCluster(from, s, t, c.budget, marker)
		case targets.GitLab:
			c.systems[t.ID], err = a.connectProject(from, s, t, c.budget, marker)
		default:
			err = errors.New("it names no system")
		}
		if err != nil {
			return nil, refusedf("connect to target %s: %w", t.ID, err)
		}
	}
	return c, nil
}

func userAgent(marker string) string { return "sodprobe/" + version + " (" + marker + ")" }

func (a *app) connectCluster(from surroundings, s *scenarios.Scenario, t targets.Target, budget *guard.Budget, marker string) (system, error) {
	config, err := from.kubeconfig()
	if err != nil {
		return nil, err
	}
	c, err := kubernetes.Connect(kubernetes.Config{
		Target: t, Kubeconfig: config, Budget: budget, Marker: marker, UserAgent: userAgent(marker),
		Timeout: s.Rules.RequestTimeout.Duration(), Now: a.now, Proxy: http.ProxyFromEnvironment,
	})
	return cluster{c}, err
}

func (a *app) connectProject(from surroundings, s *scenarios.Scenario, t targets.Target, budget *guard.Budget, marker string) (system, error) {
	i := slices.IndexFunc(s.Identities, func(id targets.Identity) bool { return id.Role == targets.Observer && id.On(targets.GitLab) })
	if i < 0 {
		return nil, errors.New("no observer has a gitlab block, and one has to compare the project with the approved one")
	}
	p, err := gitlab.Connect(gitlab.Config{
		Target: t, Reader: s.Identities[i], Secret: from.secret, Roots: from.roots, Budget: budget, Marker: marker, UserAgent: userAgent(marker),
		Timeout: s.Rules.RequestTimeout.Duration(), Now: a.now, Proxy: http.ProxyFromEnvironment,
	})
	return project{p}, err
}

// targets returns the adapters as the engine wants them.
func (c *connection) targets() map[string]engine.Target {
	out := map[string]engine.Target{}
	for id, s := range c.systems {
		out[id] = s
	}
	return out
}
