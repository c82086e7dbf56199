package gitlab

import (
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/targets"
)

const token = "glpat-0123456789-token-of-alice"

// server answers as a GitLab with one project, as far as the adapter's own
// questions go; write answers everything else.
type server struct {
	*httptest.Server
	username string
	answers  map[string]string // GET path -> JSON
	write    http.HandlerFunc

	mu      sync.Mutex
	arrived []string
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{username: "alice", answers: map[string]string{
		"/api/v4/metadata":                            `{"version":"18.9.0-ee","enterprise":true}`,
		"/api/v4/personal_access_tokens/self":         `{"id":1,"active":true,"revoked":false,"scopes":["api"]}`,
		"/api/v4/projects/42":                         `{"id":42,"path_with_namespace":"payments/api"}`,
		"/api/v4/projects/42/members/all/11":          `{"id":11,"access_level":30}`,
		"/api/v4/projects/42/protected_branches/main": `{"id":1,"name":"main","push_access_levels":[{"access_level":40}]}`,
	}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodGet {
		s.mu.Lock()
		s.arrived = append(s.arrived, r.Method+" "+r.URL.EscapedPath())
		s.mu.Unlock()
		if s.write == nil {
			fail(w, 400, "A branch called 'main' already exists. Switch to that branch in order to make changes")
			return
		}
		s.write(w, r)
		return
	}
	if r.URL.Path == "/api/v4/user" {
		_, _ = io.WriteString(w, `{"id":11,"username":"`+s.username+`","state":"active"}`)
		return
	}
	if body, ok := s.answers[r.URL.EscapedPath()]; ok {
		_, _ = io.WriteString(w, body)
		return
	}
	fail(w, 404, "404 Not found")
}

func fail(w http.ResponseWriter, status int, message any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"message": message})
}

// writes counts what arrived and was no read.
func (s *server) writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.arrived)
}

// connect returns the project, as alice, who also reads.
func (s *server) connect(t *testing.T, change func(*Target)) (*Project, *Session) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	target := Target{URL: s.URL, ProjectID: 42, Project: "payments/api", Branch: "main", AllowedBranch: "dev", Environment: "production"}
	if change != nil {
		change(&target)
	}
	alice := targets.Identity{ID: "alice", Role: targets.Developer, Blocks: targets.Blocks{&Identity{Username: "alice", Token: &targets.Secret{Env: "T"}}}}
	p, err := Connect(Config{
		Target: targets.Target{ID: "repo", RequestsPerSecond: 10000, Block: &target}, Reader: alice,
		Secret: func(targets.Secret) (string, error) { return token, nil }, Roots: pool,
		Budget: targets.NewBudget(1000), Marker: "sodprobe-run", UserAgent: "sodprobe/test", Timeout: 5 * time.Second, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	session, err := p.assume(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	return p, session
}

// commitCall is the harmless commit to main.
func commitCall() (targets.Call, targets.Asked) {
	const path = "/api/v4/projects/42/repository/commits"
	header := map[string]string{"Content-Type": "application/json"}
	call := targets.Call{
		Request: targets.Request{
			Method: http.MethodPost, Path: path, Header: header, Body: []byte(`{"branch":"main","start_sha":"` + Nowhere + `"}`),
		},
		Rules: []targets.Rule{{
			Method: http.MethodPost, Path: path, Header: header, Mutating: true, Keep: []string{},
			Body: map[string]string{"/branch": "main", "/start_sha": Nowhere},
		}},
	}
	return call, targets.Asked{
		System: Name, Subject: "alice", Action: "POST /projects/:id/repository/commits", Resource: "commit",
		Scope: "payments/api", Technique: "self-defeating", Reached: []string{"text:A branch called 'main' already exists. Switch to that branch in order to make changes"},
	}
}

// variableCall is the harmless creation of a variable.
func variableCall() (targets.Call, targets.Asked) {
	const path = "/api/v4/projects/42/variables"
	call, asked := commitCall()
	call.Request.Path, call.Request.Body = path, []byte(`{"key":"`+NoVariable+`","masked":true,"value":"x"}`)
	call.Rules[0].Path = path
	call.Rules[0].Body = map[string]string{"/key": NoVariable, "/masked": "true", "/value": "x"}
	asked.Action, asked.Resource = "POST /projects/:id/variables", "variable"
	asked.Reached = []string{"text:key: can contain only letters, digits and '_'."}
	return call, asked
}

func readOf(path string, fields ...string) targets.StateQuery {
	return targets.StateQuery{Request: targets.Request{Method: http.MethodGet, Path: "/api/v4/projects/42/" + path}, Fields: fields}
}

// redirect sends a request back to where it came from.
func redirect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	_, _ = io.WriteString(w, "<a>moved</a>")
}
