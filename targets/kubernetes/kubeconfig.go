package kubernetes

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig is a loaded kubeconfig.
type Kubeconfig = clientcmdapi.Config

// ParseKubeconfig reads a kubeconfig's text.
func ParseKubeconfig(data []byte) (*Kubeconfig, error) { return clientcmd.Load(data) }

// InCluster is the name of the context that a Pod's own ServiceAccount gets.
const InCluster = "in-cluster"

// serviceAccountDir is where the kubelet mounts a Pod's credential.
const serviceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

// LoadKubeconfig reads the kubeconfig at path. Where path is "", it takes
// $KUBECONFIG, then ~/.kube/config, then a Pod's own ServiceAccount, as the
// context "in-cluster". env looks a variable up.
func LoadKubeconfig(path string, env func(string) string) (*Kubeconfig, error) {
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: path}
	if path == "" {
		rules.Precedence = filepath.SplitList(env("KUBECONFIG"))
		if len(rules.Precedence) == 0 {
			rules.Precedence = []string{filepath.Join(env("HOME"), ".kube", "config")}
		}
	}
	config, err := rules.Load()
	if err != nil {
		return nil, unreadable(rules.ExplicitPath, rules.Precedence)
	}
	if len(config.Contexts) > 0 {
		return config, nil
	}
	if own := inCluster(env); own != nil {
		return own, nil
	}
	return nil, errors.New("no kubeconfig with a context was found: give --kubeconfig FILE")
}

// unreadable says in our own words that a kubeconfig cannot be read: client-go's
// repeat lines of it, and a line may hold a password.
func unreadable(path string, others []string) error {
	if path == "" {
		path = strings.Join(others, string(filepath.ListSeparator))
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the kubeconfig %s: there is no such file", path)
	}
	return fmt.Errorf("read the kubeconfig %s: it cannot be read, or is none; kubectl config view --kubeconfig %s says more", path, path)
}

// inCluster is a Pod's own credential as a kubeconfig, nil outside a Pod.
func inCluster(env func(string) string) *clientcmdapi.Config {
	host, port := env("KUBERNETES_SERVICE_HOST"), env("KUBERNETES_SERVICE_PORT")
	if _, err := os.Stat(filepath.Join(serviceAccountDir, "token")); host == "" || port == "" || err != nil {
		return nil
	}
	c := clientcmdapi.NewConfig()
	c.Clusters[InCluster] = &clientcmdapi.Cluster{
		Server: "https://" + host + ":" + port, CertificateAuthority: filepath.Join(serviceAccountDir, "ca.crt"),
	}
	c.AuthInfos[InCluster] = &clientcmdapi.AuthInfo{TokenFile: filepath.Join(serviceAccountDir, "token")}
	c.Contexts[InCluster] = &clientcmdapi.Context{Cluster: InCluster, AuthInfo: InCluster}
	return c
}

// Secrets are all strings of a kubeconfig that nothing that is printed or kept may
// hold: tokens, passwords, keys, what plugins are given, credentials in URLs.
func Secrets(c *Kubeconfig) []string {
	var out []string
	for _, a := range c.AuthInfos {
		out = append(out, a.Token, a.Password, string(a.ClientKeyData))
		if a.Exec != nil {
			for _, v := range a.Exec.Env {
				out = append(out, v.Value)
			}
		}
		if a.AuthProvider != nil {
			for _, v := range a.AuthProvider.Config {
				out = append(out, v)
			}
		}
	}
	for _, cluster := range c.Clusters {
		for _, address := range []string{cluster.Server, cluster.ProxyURL} {
			if u, err := url.Parse(address); err == nil && u.User != nil {
				password, _ := u.User.Password()
				out = append(out, password)
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return len(s) < 4 }) // a word that stands anywhere
}
