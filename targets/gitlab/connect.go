package gitlab

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/xanzy/go-gitlab"
	"golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// Config is what a connection to a project is made of.
type Config struct {
	Target targets.Target
	// Reader is an observer. It compares the project with the approved one,
	// and reads what shows that a request cannot take effect.
	Reader targets.Identity
	// Secret looks a secret up.
	Secret func(targets.Secret) (string, error)
	// Roots are the certificates to trust; nil means the system's.
	Roots *x509.CertPool
	// Budget is shared by all targets of a run.
	Budget *targets.Budget
	// Marker is the run's name on everything it sends; UserAgent carries it.
	Marker    string
	UserAgent string
	// Timeout bounds one request.
	Timeout time.Duration
	Now     func() time.Time
	// Proxy says how to reach the instance over HTTPS; nil means directly.
	Proxy func(*http.Request) (*url.URL, error)
}

// Project is one pinned project. It is safe for concurrent use.
type Project struct {
	cfg     Config
	base    string // https://HOST[:PORT]
	guard   *guard.Guard
	client  *http.Client
	hostKey ssh.PublicKey // nil where the target has no SSH server

	mu          sync.Mutex
	credentials map[string]*credential // by identity id
}

// credential is an identity's own.
type credential struct {
	username string
	token    string
	api      *gitlab.Client
	key      ssh.Signer // nil for none
}

// Headers are those that a probe's request may carry beside the usual ones.
func Headers() targets.Headers {
	return targets.Headers{
		Identity: []string{"Private-Token"}, Allowed: []string{unmodified},
		Answered: []string{"Ratelimit-Limit", "Ratelimit-Name", "Ratelimit-Remaining", "X-Gitlab-Meta"},
	}
}

// Connect prepares a connection. It sends nothing.
func Connect(cfg Config) (*Project, error) {
	t := projectOf(cfg.Target)
	u, err := url.Parse(t.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" {
		return nil, fmt.Errorf("the url %q is not https://HOST[:PORT]", t.URL)
	}
	p := &Project{cfg: cfg, base: t.URL, credentials: map[string]*credential{}}
	sshHost := ""
	if t.SSH != nil {
		sshHost = t.SSH.Address
		if p.hostKey, _, _, _, err = ssh.ParseAuthorizedKey([]byte(t.SSH.HostKey)); err != nil {
			return nil, fmt.Errorf("the ssh.hostKey is not a public key as known_hosts has it: %w", err)
		}
	}
	p.guard = guard.New(guard.Config{
		Host: u.Host, SSHHost: sshHost, UserAgent: cfg.UserAgent, Limit: rate.Limit(cfg.Target.RequestsPerSecond),
		Budget: cfg.Budget, Timeout: cfg.Timeout, Invariant: p.invariant, Now: cfg.Now,
		Headers: Headers(),
	})
	p.client = &http.Client{
		Transport: p.guard.Over(&http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: cfg.Roots, MinVersion: tls.VersionTLS12},
			Proxy:           cfg.Proxy,
			// HTTP/2 could send a request again by itself.
			TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
			TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second, MaxIdleConnsPerHost: 16,
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

// credential looks an identity's secrets up, once.
func (p *Project) credential(id targets.Identity) (*credential, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.credentials[id.ID]; ok {
		return known, nil
	}
	g := on(id)
	if g == nil {
		return nil, fmt.Errorf("identity %s has no gitlab block", id.ID)
	}
	token, err := p.cfg.Secret(g.Bearer())
	if err != nil {
		return nil, fmt.Errorf("the token of %s: %w", id.ID, err)
	}
	c := &credential{username: g.Username, token: token}
	if g.SSHKey != nil {
		if c.key, err = p.signer(*g.SSHKey); err != nil {
			return nil, fmt.Errorf("the sshKey of %s: %w", id.ID, err)
		}
	}
	c.api, err = gitlab.NewClient(token, gitlab.WithBaseURL(p.base), gitlab.WithHTTPClient(p.client),
		gitlab.WithoutRetries(), gitlab.WithCustomLimiter(unlimited{}))
	if err != nil {
		return nil, fmt.Errorf("prepare the client of %s: %w", id.ID, err)
	}
	p.credentials[id.ID] = c
	return c, nil
}

func (p *Project) signer(at targets.Secret) (ssh.Signer, error) {
	text, err := p.cfg.Secret(at)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey([]byte(text + "\n"))
	if err != nil {
		return nil, fmt.Errorf("%s holds no unencrypted private key: %w", at, err)
	}
	return key, nil
}

// unlimited leaves the rate limit to the guard: go-gitlab would choose its
// own from the first answer.
type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }
