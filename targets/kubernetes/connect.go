package kubernetes

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/transport"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/redact"
)

// Config is what a connection to a cluster is made of.
type Config struct {
	Target     targets.Target
	Kubeconfig *clientcmdapi.Config
	// Reader is the observer who reads what the requests' safety rests on.
	Reader targets.Identity
	// Budget is shared by all targets of a run.
	Budget *targets.Budget
	// Marker is the run's name on everything it sends; UserAgent carries it.
	Marker    string
	UserAgent string
	// Timeout bounds one request.
	Timeout time.Duration
	Now     func() time.Time
	// Proxy is used where the kubeconfig names none; nil means none.
	Proxy func(*http.Request) (*url.URL, error)
}

// Cluster is one pinned cluster. It is safe for concurrent use.
type Cluster struct {
	cfg    Config
	base   string // https://HOST:PORT
	guard  *guard.Guard
	prober *credential
	// serverName and proxy are the kubeconfig's own, "" for none.
	serverName, proxy string

	mu sync.Mutex
	// others are the credentials of identities with a context of their own,
	// by context.
	others map[string]*credential
}

// credential sends as one credential, over one pool of connections.
type credential struct {
	send    http.RoundTripper
	secrets *redact.Set
}

// Connect prepares a connection with the prober's context. It sends nothing.
// It refuses a context that skips TLS verification, that impersonates already,
// or whose root certificate is not the pinned one.
func Connect(cfg Config) (*Cluster, error) {
	c := &Cluster{cfg: cfg, others: map[string]*credential{}}
	config, err := restConfig(cfg.Kubeconfig, clusterOf(cfg.Target).Context)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(config.Host)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("context %s: its server is not https://HOST[:PORT], without a path or a credential", clusterOf(cfg.Target).Context)
	}
	c.base, c.serverName = "https://"+u.Host, config.ServerName
	c.proxy = proxyOf(cfg.Kubeconfig, clusterOf(cfg.Target).Context)
	c.guard = guard.New(guard.Config{
		Host: u.Host, UserAgent: cfg.UserAgent, Limit: rate.Limit(cfg.Target.RequestsPerSecond),
		Budget: cfg.Budget, Timeout: cfg.Timeout, Invariant: Invariant, Now: cfg.Now, Headers: Headers(),
	})
	c.prober, err = c.credential(clusterOf(cfg.Target).Context, config)
	return c, err
}

// Headers are the API server's own. Audit-Id is what its audit log calls a request,
// and the flow schema tells what throttled one.
func Headers() targets.Headers {
	return targets.Headers{
		Identity: []string{impersonate}, Allowed: []string{"Audit-Id"}, Sent: []string{"Audit-Id", impersonate},
		Answered: []string{"Audit-Id", "X-Kubernetes-Pf-Flowschema-Uid", "X-Kubernetes-Pf-Prioritylevel-Uid"},
	}
}

// impersonate begins the headers that name whom a request is sent as.
const impersonate = "Impersonate-"

// proxyOf is the proxy that a context's cluster names, by its scheme and host.
func proxyOf(kubeconfig *clientcmdapi.Config, context string) string {
	cluster := kubeconfig.Clusters[kubeconfig.Contexts[context].Cluster]
	if cluster == nil || cluster.ProxyURL == "" {
		return ""
	}
	u, err := url.Parse(cluster.ProxyURL)
	if err != nil {
		return "" // then the context cannot be used
	}
	return u.Scheme + "://" + u.Host
}

// context returns the credential of an identity's own context. Each has one
// pool of connections, however many identities name it.
func (c *Cluster) context(name string) (*credential, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.others[name]; ok {
		return known, nil
	}
	config, err := restConfig(c.cfg.Kubeconfig, name)
	if err != nil {
		return nil, err
	}
	if strings.TrimSuffix(config.Host, "/") != c.base {
		return nil, fmt.Errorf("context %s points at another server than the target's, %s", name, c.base)
	}
	made, err := c.credential(name, config)
	if err != nil {
		return nil, err
	}
	c.others[name] = made
	return made, nil
}

// restConfig resolves one context of a kubeconfig.
func restConfig(kubeconfig *clientcmdapi.Config, name string) (*rest.Config, error) {
	if _, ok := kubeconfig.Contexts[name]; !ok {
		return nil, fmt.Errorf("the kubeconfig has no context %q", name)
	}
	config, err := clientcmd.NewNonInteractiveClientConfig(*kubeconfig, name, &clientcmd.ConfigOverrides{}, nil).ClientConfig()
	if err != nil { // client-go's words may repeat a URL with its password
		return nil, fmt.Errorf("context %s cannot be used: its cluster, user or proxy is not well formed; kubectl --context %s version says more", name, name)
	}
	i := config.Impersonate
	switch {
	case config.Insecure:
		return nil, fmt.Errorf("context %s skips TLS verification: take insecure-skip-tls-verify out and give the cluster's certificate", name)
	case i.UserName != "" || i.UID != "" || len(i.Groups) > 0 || len(i.Extra) > 0:
		return nil, fmt.Errorf("context %s impersonates %q already: use one that does not", name, i.UserName)
	}
	return config, nil
}

// credential builds the way out of one credential: its wrappers, the guard,
// and a transport whose only root is the pinned certificate.
func (c *Cluster) credential(name string, config *rest.Config) (*credential, error) {
	if err := rest.LoadTLSFiles(config); err != nil {
		return nil, fmt.Errorf("context %s: %w", name, unusable("its certificates or its key cannot be read", err))
	}
	root, err := pinnedRoot(config.CAData, clusterOf(c.cfg.Target).CASHA256)
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", name, err)
	}
	tc, err := config.TransportConfig()
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", name, unusable("its credential cannot be used", err))
	}
	tlsConfig, err := transport.TLSConfigFor(tc)
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", name, unusable("its certificates or its key cannot be used", err))
	}
	tlsConfig.RootCAs = root
	t := &http.Transport{
		TLSClientConfig: tlsConfig, Proxy: c.cfg.Proxy, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second,
	}
	if config.Proxy != nil {
		t.Proxy = config.Proxy
	}
	if tc.DialHolder != nil {
		t.DialContext = tc.DialHolder.Dial
	}
	send, err := transport.HTTPWrappersForConfig(tc, c.guard.Over(t))
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", name, unusable("its credential cannot be used", err))
	}
	return &credential{send, redact.New(secrets(config)...)}, nil
}

// unusable says in our own words that a credential cannot be loaded; of a file that
// is not there, also which.
func unusable(what string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", what, path)
	}
	return errors.New(what)
}

// pinnedRoot finds the certificate with the pinned digest. It becomes the
// connection's only root, so that no credential reaches another server.
func pinnedRoot(bundle []byte, want string) (*x509.CertPool, error) {
	var seen []string
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		sum := sha256.Sum256(block.Bytes)
		got := hex.EncodeToString(sum[:])
		if got == want {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("the pinned root certificate: %w", err)
			}
			pool := x509.NewCertPool()
			pool.AddCert(cert)
			return pool, nil
		}
		seen = append(seen, "sha256:"+got)
	}
	if len(seen) == 0 {
		return nil, errors.New("it has no certificate-authority, so the cluster cannot be pinned")
	}
	return nil, fmt.Errorf(
		"its root certificate is %s, and the scenario pins sha256:%s: this is not the approved cluster",
		strings.Join(seen, ", "),
		want,
	)
}

// secrets are the strings of a credential that must never be recorded.
func secrets(config *rest.Config) []string {
	out := []string{config.BearerToken, config.Password}
	if config.BearerTokenFile != "" {
		if data, err := os.ReadFile(config.BearerTokenFile); err == nil {
			out = append(out, strings.TrimSpace(string(data)))
		}
	}
	return out
}
