package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sodprobe/sodprobe/targets"
)

const (
	uid       = "6f2d9b8e-0000-4000-8000-000000000001"
	token     = "s3cr3t-token-of-the-prober"
	ownToken  = "s3cr3t-token-of-alice"
	marker    = "sodprobe-test"
	apiPath   = "/apis/apps/v1/namespaces/prod/deployments/api"
	ghostPath = "/apis/apps/v1/namespaces/prod/deployments/ghost"
)

// apiServer answers as kube-apiserver does, as far as a session asks.
type apiServer struct {
	*httptest.Server
	// write answers a write that is no review; nil lets it through.
	write http.HandlerFunc
	// sees changes who the server takes the caller for.
	sees func(name string, groups []string) (string, []string)
	// reviews answers access and rules reviews: kind -> status.
	reviews map[string]any
	// objects by path.
	objects map[string]map[string]any

	mu   sync.Mutex
	seen []*http.Request
}

func newServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{reviews: map[string]any{}, objects: map[string]map[string]any{
		"/api/v1/namespaces/kube-system": {"kind": "Namespace", "metadata": map[string]any{"name": "kube-system", "uid": uid}},
		apiPath: {
			"kind": "Deployment", "metadata": map[string]any{"name": "api", "uid": "u1", "resourceVersion": "7"},
			"spec": map[string]any{"replicas": 2, "template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"image": "a:1"}}}}},
		},
	}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// requests returns what came, as METHOD path.
func (s *apiServer) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.seen...)
}

// writes counts the writes that were no reviews.
func (s *apiServer) writes() int {
	n := 0
	for _, r := range s.requests() {
		if r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "/selfsubject") {
			n++
		}
	}
	return n
}

func (s *apiServer) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.seen = append(s.seen, r)
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/version":
		reply(w, http.StatusOK, map[string]any{"gitVersion": "v1.37.2"})
	case strings.HasSuffix(r.URL.Path, "/selfsubjectreviews"):
		name, groups := s.caller(r)
		reply(w, http.StatusCreated, map[string]any{"kind": "SelfSubjectReview", "status": map[string]any{
			"userInfo": map[string]any{"username": name, "uid": r.Header.Get("Impersonate-Uid"), "groups": groups},
		}})
	case strings.Contains(r.URL.Path, "/selfsubject") && s.reviews != nil:
		s.review(w, body)
	case r.Method == http.MethodGet:
		s.read(w, r)
	case s.write != nil:
		s.write(w, r)
	default:
		reply(w, http.StatusOK, s.objects[apiPath])
	}
}

// caller is who asks: the credential's user, or the impersonated one.
func (s *apiServer) caller(r *http.Request) (string, []string) {
	name, groups := "prober", []string{"system:authenticated"}
	if r.Header.Get("Authorization") == "Bearer "+ownToken {
		name, groups = "alice", append(groups, "developers")
	}
	if as := r.Header.Get("Impersonate-User"); as != "" {
		name, groups = as, append(r.Header.Values("Impersonate-Group"), "system:authenticated")
		if rest, ok := strings.CutPrefix(as, "system:serviceaccount:"); ok {
			namespace, _, _ := strings.Cut(rest, ":")
			groups = append(groups, "system:serviceaccounts", "system:serviceaccounts:"+namespace)
		}
	}
	if s.sees != nil {
		return s.sees(name, groups)
	}
	return name, groups
}

func (s *apiServer) review(w http.ResponseWriter, body []byte) {
	var in struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(body, &in) != nil {
		fail(w, http.StatusBadRequest, "BadRequest", "not JSON")
		return
	}
	status, ok := s.reviews[in.Kind]
	if !ok {
		fail(w, http.StatusInternalServerError, "InternalError", "no such review")
		return
	}
	reply(w, http.StatusCreated, map[string]any{"kind": in.Kind, "status": status})
}

func (s *apiServer) read(w http.ResponseWriter, r *http.Request) {
	if o, ok := s.objects[r.URL.Path]; ok {
		reply(w, http.StatusOK, o)
		return
	}
	part := strings.Split(r.URL.Path, "/")
	name, kind := part[len(part)-1], part[len(part)-2]
	reply(w, http.StatusNotFound, map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
		"message": kind + " not found", "details": map[string]any{"name": name, "kind": kind, "group": "apps"},
	})
}

func reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, code int, reason, message string) {
	reply(w, code, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": message})
}

// kubeconfig has the contexts prober and alice.
func (s *apiServer) kubeconfig() *Kubeconfig {
	c := clientcmdapi.NewConfig()
	c.Clusters["c"] = &clientcmdapi.Cluster{
		Server: s.URL, CertificateAuthorityData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}),
	}
	for name, secret := range map[string]string{"prober": token, "alice": ownToken} {
		c.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: secret}
		c.Contexts[name] = &clientcmdapi.Context{Cluster: "c", AuthInfo: name}
	}
	return c
}

func (s *apiServer) config() Config {
	sum := sha256.Sum256(s.Certificate().Raw)
	return Config{
		Target: targets.Target{ID: "prod", RequestsPerSecond: 100000, Block: &Target{
			Context: "prober", CASHA256: hex.EncodeToString(sum[:]), UID: uid, Namespace: "prod", AllowedNamespace: "dev",
		}},
		Kubeconfig: s.kubeconfig(), Budget: targets.NewBudget(1000), Marker: marker, UserAgent: marker,
		Timeout: 5 * time.Second, Now: time.Now,
	}
}

func (s *apiServer) connect(t *testing.T) *Cluster {
	t.Helper()
	c, err := Connect(s.config())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func alice() targets.Identity {
	return targets.Identity{ID: "alice", Role: targets.Developer, Blocks: targets.Blocks{&Identity{
		Impersonate: &Impersonation{User: "alice", Groups: []string{"developers"}},
	}}}
}

func assume(t *testing.T, c *Cluster, id targets.Identity) *Session {
	t.Helper()
	s, err := c.assume(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func state(path, name string, fields ...string) targets.StateQuery {
	return targets.StateQuery{Fields: fields, Request: targets.Request{
		Action: "get", Resource: "deployments.apps", Name: name, Scope: "prod", Method: http.MethodGet, Path: path,
	}}
}

// patchCall is a dry-run patch that its rule allows.
func patchCall() targets.Call {
	query := map[string]string{"dryRun": "All", "fieldManager": marker}
	header := map[string]string{"Content-Type": "application/merge-patch+json"}
	return targets.Call{
		ID: "7b6f1d9e-0000-4000-8000-000000000002",
		Request: targets.Request{
			Action: "patch", Resource: "deployments.apps", Name: "api", Scope: "prod",
			Method: http.MethodPatch, Path: apiPath, Query: query, Header: header, Body: []byte(`{"spec":{"replicas":3}}`),
		},
		Rules: []targets.Rule{{
			Method: http.MethodPatch, Path: apiPath, Query: query, Header: header, Mutating: true, Body: map[string]string{"/spec/replicas": "3"},
		}},
	}
}
