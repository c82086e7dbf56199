package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sodprobe/sodprobe/targets/lab/internal/loopback"
)

// Posture says whether the simulated control works.
type Posture string

// The postures.
const (
	Enforced   Posture = "enforced"   // developers have no rights in production
	Permissive Posture = "permissive" // developers have every right there
	Scoped     Posture = "scoped"     // developers have some, by name and by verb
)

// Gap is one planted hole in an enforced posture.
type Gap string

// ForgottenRoleBinding lets alice patch CronJobs in production.
const ForgottenRoleBinding Gap = "forgotten-rolebinding"

// KubernetesConfig is what a simulated cluster is made of.
type KubernetesConfig struct {
	Posture Posture
	Gaps    []Gap
	// ConnectWebhook adds a webhook that is called on CONNECT to Pods, and acts
	// on it.
	ConnectWebhook bool
	Now            func() time.Time
	Rand           io.Reader
}

// Request is one request that a simulated cluster was asked.
type Request struct {
	Method, Path, Query string
	User                string // the credential's
	ImpersonatedUser    string
	AuditID             string
	UserAgent           string
	Code                int // 0 where the connection was cut
}

// Kubernetes is a simulated cluster on loopback. It is safe for concurrent
// use.
type Kubernetes struct {
	cfg    KubernetesConfig
	server *loopback.Server
	tokens map[string]string // token -> user

	mu       sync.Mutex
	objects  map[key]object
	fault    Fault
	reason   string // what the authorizer adds to its refusals
	requests []Request
	version  int64    // the last resourceVersion
	hooked   []string // what the webhook on CONNECT was called for
}

// StartKubernetes starts a simulated cluster.
func StartKubernetes(ctx context.Context, cfg KubernetesConfig) (*Kubernetes, error) {
	k := &Kubernetes{cfg: cfg, objects: map[key]object{}, tokens: map[string]string{}}
	for _, user := range []string{Prober, Alice, Release, Nobody} {
		token, err := uuid.NewRandomFromReader(cfg.Rand)
		if err != nil {
			return nil, fmt.Errorf("make the simulated cluster's tokens: %w", err)
		}
		k.tokens[token.String()] = user
	}
	err := k.populate()
	if err != nil {
		return nil, err
	}
	k.server, err = loopback.Serve(ctx, http.HandlerFunc(k.serve), cfg.Now, cfg.Rand)
	return k, err
}

// Close stops the cluster and forgets everything.
func (k *Kubernetes) Close() error { return k.server.Close() }

// CASHA256 is the SHA-256 of the root certificate's DER, in hex.
func (k *Kubernetes) CASHA256() string {
	sum := sha256.Sum256(k.server.Root.Raw)
	return hex.EncodeToString(sum[:])
}

// UID is the uid of kube-system.
func (k *Kubernetes) UID() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return text(k.objects[key{"namespaces", "", "kube-system"}], "metadata", "uid")
}

// Kubeconfig has the context "prober", and "alice", "release" and "nobody"
// with tokens of their own.
func (k *Kubernetes) Kubeconfig() []byte {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.server.Root.Raw})
	return kubeconfig("https://"+k.server.Address, ca, k.tokens)
}

// Requests returns every request so far.
func (k *Kubernetes) Requests() []Request {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]Request(nil), k.requests...)
}

// serve answers one request in the API server's order: fault, authentication,
// impersonation, authorization, handler.
func (k *Kubernetes) serve(w http.ResponseWriter, r *http.Request) {
	entry := Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, ImpersonatedUser: r.Header.Get("Impersonate-User"),
		AuditID: r.Header.Get("Audit-Id"), UserAgent: r.UserAgent(),
	}
	out := &answer{ResponseWriter: w}
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		entry.Code = out.code
		k.requests = append(k.requests, entry)
	}()
	if id := entry.AuditID; id != "" {
		w.Header().Set("Audit-Id", id)
	}
	if k.faulty(out, r) {
		return
	}
	credential, refused := k.authenticate(r)
	if refused == nil {
		entry.User = credential.name
		var caller user
		if caller, refused = k.impersonate(credential, parse(r), r.Header); refused == nil {
			refused = k.handle(out, r, caller)
		}
	}
	if refused != nil {
		out.status(refused)
	}
}
