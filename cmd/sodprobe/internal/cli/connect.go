package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
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

// cluster, project and account let the engine use the adapters: Go wants the exact
// interface type as a result.
type (
	cluster struct{ *kubernetes.Cluster }
	project struct{ *gitlab.Project }
	account struct{ *aws.Account }
)

// Assume implements engine.Target.
func (c cluster) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return c.Cluster.Assume(ctx, id)
}

// Assume implements engine.Target.
func (p project) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return p.Project.Assume(ctx, id)
}

// Assume implements engine.Target.
func (a account) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return a.Account.Assume(ctx, id)
}

// connectFlags say how to reach the targets.
type connectFlags struct{ kubeconfig string }

func (f *connectFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(
		&f.kubeconfig,
		"kubeconfig",
		"",
		"kubeconfig with the scenario's contexts (default: $KUBECONFIG, ~/.kube/config, or in-cluster)",
	)
}

// surroundings are what the targets' credentials come from.
type surroundings struct {
	// kubeconfig is read only if the scenario has a cluster.
	kubeconfig func() (*kubernetes.Kubeconfig, error)
	secret     func(targets.Secret) (string, error)
	// roots are the certificates that a target's must lead to; nil means the
	// system's.
	roots map[targets.SystemName]*x509.CertPool
	// keys give the prober's credentials on AWS.
	keys func(ctx context.Context) (aws.Source, error)
}

// connection is every target of a scenario, ready and not yet asked.
type connection struct {
	systems map[string]system
	budget  *guard.Budget
}

// connect prepares every target. It sends nothing: the pins are checked by
// whoever asks first.
func (a *app) connect(ctx context.Context, f connectFlags, d *document, marker string) (*connection, error) {
	return a.connectWith(ctx, surroundings{
		kubeconfig: func() (*kubernetes.Kubeconfig, error) {
			config, err := kubernetes.LoadKubeconfig(f.kubeconfig, a.env)
			if err == nil {
				a.hidden.Add(kubernetes.Secrets(config)...)
			}
			return config, err
		},
		secret: a.secrets(filepath.Dir(d.path)),
		keys: func(ctx context.Context) (aws.Source, error) {
			source, err := aws.FromSDK(ctx)
			own := source.Keys
			source.Keys = func(ctx context.Context, profile string) (aws.Keys, error) {
				keys, err := own(ctx, profile)
				a.hidden.Add(keys.Secret, keys.Token)
				return keys, err
			}
			return source, err
		},
	}, d.scenario, marker)
}

func (a *app) connectWith(ctx context.Context, from surroundings, s *scenarios.Scenario, marker string) (*connection, error) {
	c := &connection{systems: map[string]system{}, budget: guard.NewBudget(s.Rules.MaxRequests)}
	for _, t := range s.Targets {
		var err error
		switch t.System() {
		case targets.Kubernetes:
			c.systems[t.ID], err = a.connectCluster(from, s, t, c.budget, marker)
		case targets.GitLab:
			c.systems[t.ID], err = a.connectProject(from, s, t, c.budget, marker)
		case targets.AWS:
			c.systems[t.ID], err = a.connectAccount(ctx, from, s, t, c.budget, marker)
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

func (a *app) connectCluster(
	from surroundings,
	s *scenarios.Scenario,
	t targets.Target,
	budget *guard.Budget,
	marker string,
) (system, error) {
	reader, err := observer(s, targets.Kubernetes)
	if err != nil {
		return nil, err
	}
	config, err := from.kubeconfig()
	if err != nil {
		return nil, err
	}
	c, err := kubernetes.Connect(kubernetes.Config{
		Target: t, Kubeconfig: config, Reader: reader, Budget: budget, Marker: marker, UserAgent: userAgent(marker),
		Timeout: s.Rules.RequestTimeout.Duration(), Now: a.now, Proxy: http.ProxyFromEnvironment,
	})
	return cluster{c}, err
}

func (a *app) connectProject(
	from surroundings,
	s *scenarios.Scenario,
	t targets.Target,
	budget *guard.Budget,
	marker string,
) (system, error) {
	reader, err := observer(s, targets.GitLab)
	if err != nil {
		return nil, err
	}
	p, err := gitlab.Connect(gitlab.Config{
		Target:    t,
		Reader:    reader,
		Secret:    from.secret,
		Roots:     from.roots[targets.GitLab],
		Budget:    budget,
		Marker:    marker,
		UserAgent: userAgent(marker),
		Timeout:   s.Rules.RequestTimeout.Duration(),
		Now:       a.now,
		Proxy:     http.ProxyFromEnvironment,
	})
	return project{p}, err
}

func (a *app) connectAccount(
	ctx context.Context,
	from surroundings,
	s *scenarios.Scenario,
	t targets.Target,
	budget *guard.Budget,
	marker string,
) (system, error) {
	reader, err := observer(s, targets.AWS)
	if err != nil {
		return nil, err
	}
	source, err := from.keys(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, id := range s.Identities {
		if id.AWS != nil && id.AWS.SessionName != "" {
			names = append(names, id.AWS.SessionName)
		}
	}
	c, err := aws.Connect(aws.Config{
		SessionNames: names,
		Target:       t,
		Reader:       reader,
		Source:       source,
		Secret:       from.secret,
		Roots:        from.roots[targets.AWS],
		Budget:       budget,
		Marker:       marker,
		UserAgent:    userAgent(marker),
		Timeout:      s.Rules.RequestTimeout.Duration(),
		Now:          a.now,
	})
	return account{c}, err
}

// observer is the identity that compares a target with the approved one.
func observer(s *scenarios.Scenario, on targets.SystemName) (targets.Identity, error) {
	i := slices.IndexFunc(s.Identities, func(id targets.Identity) bool { return id.Role == targets.Observer && id.On(on) })
	if i < 0 {
		return targets.Identity{}, fmt.Errorf("no observer has a block for %s, and one has to compare the target with the approved one", on)
	}
	return s.Identities[i], nil
}

// targets returns the adapters as the engine wants them.
func (c *connection) targets() map[string]engine.Target {
	out := map[string]engine.Target{}
	for id, s := range c.systems {
		out[id] = s
	}
	return out
}
