package gitlablab

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/targets/lab/internal/loopback"
)

// The project, and the places of the experiment in it.
const (
	ProjectID     = 42
	Project       = "payments/api"
	Branch        = "main"
	AllowedBranch = "sod-canary"
	Environment   = "production"
)

// The accounts.
const (
	Alice   = "alice"
	Bob     = "bob"
	Release = "release"
	Nobody  = "nobody"
	Reader  = "reader"
)

// Config is what a simulated instance is made of.
type Config struct {
	// Dir is an empty folder for the repository.
	Dir string
	// Posture is who may do what; the zero value is Enforced.
	Posture Posture
	// Policy adds a security policy that overrides who may push to the protected
	// branch, with Release on its bypass list: Ultimate's, since 18.3.
	Policy bool
	// Edition is what the instance is licensed for; the zero value is Ultimate.
	Edition Edition
	// Version is one of Versions, whose order of checks it follows; "" is the
	// latest.
	Version string
	Now     func() time.Time
	Rand    io.Reader
}

// GitLab is a simulated instance on loopback. It is safe for concurrent use.
type GitLab struct {
	cfg      Config
	server   *loopback.Server
	shell    *shell
	accounts map[string]*account // by username

	mu       sync.Mutex
	fault    Fault
	changes  []string
	requests []string
}

// account is a user of the instance. Level is the access level in the
// project, 0 for none.
type account struct {
	id       int
	username string
	level    int
	admin    bool
	custom   []string // the permissions of a custom role
	token    string
	key      ssh.Signer
	pem      []byte
}

// Start starts a simulated instance.
func Start(ctx context.Context, cfg Config) (*GitLab, error) {
	if cfg.Version == "" {
		cfg.Version = Latest
	}
	g := &GitLab{cfg: cfg, accounts: map[string]*account{}}
	alice := account{id: 11, username: Alice, level: developer}
	switch cfg.Posture {
	case Permissive:
		alice.level = maintainer
	case Scoped:
		alice.custom = []string{"admin_protected_branch"}
	case Enforced:
	}
	for _, a := range []account{
		alice,
		{id: 12, username: Bob, level: developer},
		{id: 13, username: Release, level: maintainer, admin: true},
		{id: 14, username: Nobody, level: reporter},
		{id: 15, username: Reader, level: maintainer},
	} {
		if err := g.open(a); err != nil {
			return nil, fmt.Errorf("make the account %s: %w", a.username, err)
		}
	}
	if err := g.makeRepository(ctx); err != nil {
		return nil, fmt.Errorf("make the repository: %w", err)
	}
	var err error
	if g.shell, err = g.startShell(ctx); err != nil {
		return nil, fmt.Errorf("start the SSH server: %w", err)
	}
	if g.server, err = loopback.Serve(ctx, g.routes(), cfg.Now, cfg.Rand); err != nil {
		return nil, errors.Join(err, g.shell.Close())
	}
	return g, nil
}

// open makes an account's token and key.
func (g *GitLab) open(a account) error {
	id, err := uuid.NewRandomFromReader(g.cfg.Rand)
	if err != nil {
		return err
	}
	_, private, err := ed25519.GenerateKey(g.cfg.Rand)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, a.username)
	if err != nil {
		return err
	}
	a.token, a.pem = "glpat-"+id.String(), pem.EncodeToMemory(block)
	if a.key, err = ssh.NewSignerFromKey(private); err != nil {
		return err
	}
	g.accounts[a.username] = &a
	return nil
}

// Close stops the instance.
func (g *GitLab) Close() error { return errors.Join(g.server.Close(), g.shell.Close()) }

// URL is the instance's.
func (g *GitLab) URL() string { return "https://" + g.server.Address }

// Roots trust the instance's certificate.
func (g *GitLab) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(g.server.Root)
	return pool
}

// SSHAddress is HOST:PORT of the SSH server.
func (g *GitLab) SSHAddress() string { return g.shell.address }

// HostKey is the SSH server's public key, as known_hosts has it.
func (g *GitLab) HostKey() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(g.shell.hostKey)))
}

// Token is an account's personal access token.
func (g *GitLab) Token(username string) string { return g.accounts[username].token }

// Key is an account's private key, in OpenSSH's form.
func (g *GitLab) Key(username string) string { return string(g.accounts[username].pem) }

// Snapshot is all that an attempt could change, by the instance's own store.
func (g *GitLab) Snapshot(ctx context.Context) ([]string, error) {
	refs, err := g.git(ctx, "for-each-ref", "--format=%(refname) %(objectname)")
	if err != nil {
		return nil, err
	}
	events, err := g.events()
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Concat(strings.Split(refs, "\n"), events, g.changes), nil
}

// Requests returns METHOD, path and user of every request so far.
func (g *GitLab) Requests() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

func (g *GitLab) heard(r *http.Request, a *account) {
	who := "nobody"
	if a != nil {
		who = a.username
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, r.Method+" "+r.URL.EscapedPath()+" "+who)
}

// change notes that something took effect.
func (g *GitLab) change(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changes = append(g.changes, fmt.Sprintf(format, args...))
}

// byToken finds the account of a token.
func (g *GitLab) byToken(token string) *account {
	for _, name := range slices.Sorted(maps.Keys(g.accounts)) {
		if a := g.accounts[name]; a.token == token {
			return a
		}
	}
	return nil
}

// byKey finds the account of a public key.
func (g *GitLab) byKey(key ssh.PublicKey) *account {
	for _, a := range g.accounts {
		if string(a.key.PublicKey().Marshal()) == string(key.Marshal()) {
			return a
		}
	}
	return nil
}
