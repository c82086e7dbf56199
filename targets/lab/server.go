package lab

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Posture says whether the simulated control works.
type Posture string

// The postures.
const (
	Enforced   Posture = "enforced"   // developers may nothing in production
	Permissive Posture = "permissive" // developers may everything
)

// Gap is one planted hole in an enforced posture.
type Gap string

// ForgottenRoleBinding lets alice patch CronJobs in production.
const ForgottenRoleBinding Gap = "forgotten-rolebinding"

// KubernetesConfig is what a simulated cluster is made of.
type KubernetesConfig struct {
	Posture Posture
	Gaps    []Gap
	Now     func() time.Time
	Rand    io.Reader
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
	server *http.Server
	addr   string
	root   *x509.Certificate
	tokens map[string]string // token -> user

	mu       sync.Mutex
	objects  map[key]object
	fault    Fault
	requests []Request
	version  int64 // the last resourceVersion
}

// StartKubernetes starts a simulated cluster.
func StartKubernetes(cfg KubernetesConfig) (*Kubernetes, error) {
	k := &Kubernetes{cfg: cfg, objects: map[key]object{}, tokens: map[string]string{}}
	cert, err := k.certificates()
	if err != nil {
		return nil, fmt.Errorf("make the simulated cluster's certificates: %w", err)
	}
	for _, user := range []string{Prober, Alice, Release, Nobody} {
		token, err := uuid.NewRandomFromReader(cfg.Rand)
		if err != nil {
			return nil, fmt.Errorf("make the simulated cluster's tokens: %w", err)
		}
		k.tokens[token.String()] = user
	}
	k.populate()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	k.addr = listener.Addr().String()
	k.server = &http.Server{
		Handler: http.HandlerFunc(k.serve), ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	go func() {
		if err := k.server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			_ = listener.Close() // clients see the connection refused
		}
	}()
	return k, nil
}

// Close stops the cluster and forgets everything.
func (k *Kubernetes) Close() error { return k.server.Close() }

// certificates makes a root and a serving certificate.
func (k *Kubernetes) certificates() (tls.Certificate, error) {
	now := k.cfg.Now()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), k.cfg.Rand)
	if err != nil {
		return tls.Certificate{}, err
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(48 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(k.cfg.Rand, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	if k.root, err = x509.ParseCertificate(der); err != nil {
		return tls.Certificate{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), k.cfg.Rand)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.CreateCertificate(k.cfg.Rand, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "lab"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(48 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, k.root, key.Public(), rootKey)
	return tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}, err
}

// CASHA256 is the SHA-256 of the root certificate's DER, in hex.
func (k *Kubernetes) CASHA256() string {
	sum := sha256.Sum256(k.root.Raw)
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
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.root.Raw})
	return kubeconfig("https://"+k.addr, ca, k.tokens)
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
