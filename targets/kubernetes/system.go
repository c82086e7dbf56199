package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/sodprobe/sodprobe/targets"
)

// System is all that the rest of the program knows of Kubernetes.
func System() targets.System { return SystemWith(fromMachine) }

// Loader finds a kubeconfig.
type Loader func(targets.Machine) (*Kubeconfig, error)

// SystemWith is the same with a kubeconfig from somewhere else than the machine.
func SystemWith(kubeconfig Loader) targets.System {
	return targets.System{
		Name: Name, Title: "Kubernetes",
		NewTarget:   func() targets.TargetBlock { return &Target{} },
		NewIdentity: func() targets.IdentityBlock { return &Identity{} },
		Layers: []targets.Layer{
			targets.Authorization, targets.RBACEscalation, targets.AdmissionPolicy, targets.AdmissionWebhook, targets.AdmissionPlugin,
			targets.PodSecurity, targets.Quota,
		},
		Classify: Classify, Oracle: Oracle(), Pinned: Pinned, ActedAs: ActedAs,
		Options: []targets.Option{{
			Name:  "kubeconfig",
			Usage: "kubeconfig with the scenario's contexts (default: $KUBECONFIG, ~/.kube/config, or in-cluster)",
		}},
		Connect: connectWith(kubeconfig), Uses: usesOf(kubeconfig), Setup: setupCommand(),
	}
}

// setupCommand is setup's part of the commands.
func setupCommand() targets.Setup {
	return targets.Setup{
		Short: "Print the RBAC for the prober and the observer, to review and apply",
		Options: []targets.Option{
			{Name: "prober", Default: "sodprobe", Usage: "the user that the prober's context authenticates as"},
			{
				Name: "legacy-impersonation", Default: "false", Switch: true,
				Usage: "for servers without constrained impersonation (before Kubernetes 1.36)",
			},
		},
		Write: func(w io.Writer, in targets.Access, o map[string]string) error {
			return Setup(w, SetupInput{Access: in, Prober: o["prober"], Constrained: o["legacy-impersonation"] != "true"})
		},
	}
}

func fromMachine(from targets.Machine) (*Kubeconfig, error) {
	config, err := LoadKubeconfig(from.Options["kubeconfig"], from.Env)
	if err == nil {
		from.Hide(Secrets(config)...)
	}
	return config, err
}

func connectWith(kubeconfig Loader) func(context.Context, targets.Connection) (targets.Connected, error) {
	return func(_ context.Context, with targets.Connection) (targets.Connected, error) {
		config, err := kubeconfig(with.Machine)
		if err != nil {
			return nil, err
		}
		c, err := Connect(Config{
			Target: with.Target, Kubeconfig: config, Reader: with.Reader, Budget: with.Budget, Marker: with.Marker,
			UserAgent: with.UserAgent, Timeout: with.Timeout, Now: with.Now, Proxy: http.ProxyFromEnvironment,
		})
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// usesOf names the servers of the contexts, without their credentials.
func usesOf(kubeconfig Loader) func(targets.Target, []targets.Identity, targets.Machine) (hosts, secrets []string, err error) {
	return func(t targets.Target, people []targets.Identity, from targets.Machine) (hosts, secrets []string, err error) {
		config, err := kubeconfig(from)
		if err != nil {
			return nil, nil, err
		}
		server, err := serverOf(config, clusterOf(t).Context)
		if err != nil {
			return nil, nil, err
		}
		secrets = []string{"the kubeconfig context " + clusterOf(t).Context}
		for _, id := range people {
			if on(id) != nil && on(id).Context != "" {
				secrets = append(secrets, "the kubeconfig context "+on(id).Context)
			}
		}
		return []string{server}, secrets, nil
	}
}

func serverOf(config *Kubeconfig, context string) (string, error) {
	if config.Contexts[context] == nil || config.Clusters[config.Contexts[context].Cluster] == nil {
		return "", fmt.Errorf("the kubeconfig has no context %q with a cluster", context)
	}
	u, err := url.Parse(config.Clusters[config.Contexts[context].Cluster].Server)
	if err != nil || u.Host == "" {
		return "", errors.New("the server of the context " + context + " is no URL")
	}
	return "https://" + u.Host, nil
}
