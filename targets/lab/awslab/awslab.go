package awslab

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sodprobe/sodprobe/targets/lab/internal/loopback"
)

// Config is what a simulated account is made of.
type Config struct {
	// Permissive lets developers do everything.
	Permissive bool
	// Scoped is the identity policy of developers in place of that, as JSON, with
	// nothing else in their way; and their role's trust policy then asks for the
	// person's name and team. "" for the one of the posture.
	Scoped string
	// Unreviewed takes from the observer the right to ask the simulator.
	Unreviewed bool
	// Named lets developers take on the role that deploys, under the person's name
	// alone.
	Named bool
	Now   func() time.Time
	Rand  io.Reader
}

// AWS is a simulated account on loopback. It is safe for concurrent use.
type AWS struct {
	cfg    Config
	server *loopback.Server
	roles  map[string]role
	scp    document
	tokens map[string]string // of web identities, by role

	mu       sync.Mutex
	sessions map[string]*session // by access key id
	fault    Fault
	ignored  int // which check of every write is left out, 0 for none
	changes  []string
	requests []string
	events   []event
	denials  map[string]denied // by the name of the record
	lies     bool              // the records say something else
}

// session is some keys and whose they are.
type session struct {
	id, secret, token string
	role              string // or prober
	arn               string
	policy            *document // nil for none
	source            string    // the source identity
	tags              map[string]string
}

// Start starts a simulated account.
func Start(ctx context.Context, cfg Config) (*AWS, error) {
	a := &AWS{cfg: cfg, sessions: map[string]*session{}, tokens: map[string]string{}}
	a.roles, a.scp = world(cfg.Permissive || cfg.Scoped != "")
	if cfg.Scoped != "" {
		if err := a.scope(cfg.Scoped); err != nil {
			return nil, err
		}
	}
	a.roles[prober] = role{policy: document{[]statement{allow(texts{"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"}, "*")}}}
	for _, name := range []string{Branch, Trusted, Stranger} {
		a.tokens[name] = "eyJhbGciOiJsYWIifQ." + a.random() + "." + name
	}
	if _, err := a.open(prober, "arn:aws:iam::"+Account+":"+prober, nil); err != nil {
		return nil, fmt.Errorf("make the prober's keys: %w", err)
	}
	var err error
	if a.server, err = loopback.Serve(ctx, http.HandlerFunc(a.serve), cfg.Now, cfg.Rand); err != nil {
		return nil, err
	}
	return a, nil
}

// random is a fresh text, "" where there is no randomness left.
func (a *AWS) random() string {
	id, err := uuid.NewRandomFromReader(a.cfg.Rand)
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(id.String(), "-", "")
}

// open makes keys.
func (a *AWS) open(role, arn string, policy *document) (*session, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &session{role: role, arn: arn, policy: policy, secret: a.random() + a.random()[:8]}
	s.id = "ASIALAB" + strings.ToUpper(a.random()[:13])
	if role == prober {
		s.id = "AKIALABPROBER0000000"
	} else {
		s.token = "FwoGlab" + a.random() + a.random()
	}
	if len(s.secret) < 40 {
		return nil, io.ErrUnexpectedEOF
	}
	a.sessions[s.id] = s
	return s, nil
}

// Close stops the account.
func (a *AWS) Close() error { return a.server.Close() }

// Endpoint stands for every service.
func (a *AWS) Endpoint() string { return "https://" + a.server.Address }

// Roots trust the endpoint's certificate.
func (a *AWS) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.server.Root)
	return pool
}

// Keys are the prober's own.
func (a *AWS) Keys() (id, secret string) {
	for _, s := range a.sessions {
		if s.role == prober {
			return s.id, s.secret
		}
	}
	return "", ""
}

// Token is the web identity token that is meant for a role.
func (a *AWS) Token(role string) string { return a.tokens[role] }

// Snapshot is all that took effect, by the account's own record.
func (a *AWS) Snapshot() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.changes)
}

// Requests returns the operation and the caller of every request so far.
func (a *AWS) Requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

// change notes that something took effect.
func (a *AWS) change(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changes = append(a.changes, fmt.Sprintf(format, args...))
}
