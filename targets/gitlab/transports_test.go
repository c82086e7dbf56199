package gitlab

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

// sending is one push, however dangerous, and what the guard judges it by.
type sending struct {
	body    []byte
	push    targets.Push
	history gitpush.History
}

func guardOf(host string) *guard.Guard {
	return guard.New(guard.Config{
		Host: host, SSHHost: "git.corp.example:22", Limit: rate.Inf, Budget: targets.NewBudget(2), Timeout: 20 * time.Second, Now: time.Now,
	})
}

// overHTTP gives a push to the guard in front of git's smart HTTP
// (gitprotocol-http), and returns whether it left, and the report.
func (r repository) overHTTP(t *testing.T, s sending) (bool, *targets.GitReport) {
	t.Helper()
	const kind = "application/x-git-receive-pack-request"
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/x-git-receive-pack-advertisement")
			_, _ = io.WriteString(w, "001f# service=git-receive-pack\n0000")
		}
		cmd := r.command(q.Context(), "receive-pack", map[string]string{http.MethodGet: "--http-backend-info-refs", http.MethodPost: "--stateless-rpc"}[q.Method], ".")
		cmd.Stdin, cmd.Stdout = q.Body, w
		_ = cmd.Run() // it fails where a hook refuses
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "https://")
	door := guardOf(host).Over(server.Client().Transport.(*http.Transport))
	send := func(lease *guard.Lease, method, path string, body io.Reader) []byte {
		q, err := http.NewRequestWithContext(lease.Context(t.Context()), method, server.URL+path, body)
		if err != nil {
			t.Fatal(err)
		}
		if body != nil {
			q.Header.Set("Content-Type", kind)
		}
		resp, err := door.RoundTrip(q)
		if err != nil {
			return nil
		}
		defer func() { _ = resp.Body.Close() }() // the guard has read it
		answer, _ := io.ReadAll(resp.Body)
		return answer
	}
	first := &guard.Lease{Rules: []targets.Rule{{Method: http.MethodGet, Path: "/p.git/info/refs", Query: map[string]string{"service": "git-receive-pack"}}}}
	send(first, http.MethodGet, "/p.git/info/refs?service=git-receive-pack", nil)
	rule := targets.Rule{Method: http.MethodPost, Header: map[string]string{"Content-Type": kind}, Mutating: true, Push: &s.push}
	for _, path := range []string{"/other.git", "/p.git"} { // and never to another repository than the one that was advertised
		rule.Path = path + "/git-receive-pack"
		lease := &guard.Lease{History: &s.history, Rules: []targets.Rule{rule}}
		lease.Follow(first)
		answer := send(lease, http.MethodPost, rule.Path, bytes.NewReader(s.body))
		switch left := lease.Exchange().Sent != nil; {
		case left && path != "/p.git":
			t.Error("a push leaves for a repository that was not advertised")
		case left:
			return true, report(bytes.NewReader(answer), lease)
		}
	}
	return false, nil
}

// process is git-receive-pack as a server of SSH starts it.
type process struct {
	io.Reader
	io.WriteCloser
	cmd   *exec.Cmd
	heard bool
}

func (p *process) Write(b []byte) (int, error) {
	p.heard = true
	return p.WriteCloser.Write(b)
}

func (p *process) CloseWrite() error { return p.WriteCloser.Close() }

func (p *process) Close() error {
	_ = p.WriteCloser.Close() // at the latest now
	return p.cmd.Wait()
}

// overSSH gives a push to the guard in front of git-receive-pack.
func (r repository) overSSH(t *testing.T, s sending) (bool, *targets.GitReport) {
	t.Helper()
	p := &process{cmd: r.command(t.Context(), "receive-pack", ".")}
	lease := &guard.Lease{History: &s.history, Rules: []targets.Rule{{Method: guard.MethodSSH, Path: "p.git", Mutating: true, Push: &s.push}}}
	answer, err := guardOf("127.0.0.1:1").Converse(t.Context(), lease, guard.Conversation{
		Path: "p.git",
		Open: func(context.Context) (guard.Remote, error) {
			var err error
			if p.WriteCloser, err = p.cmd.StdinPipe(); err != nil {
				return nil, err
			}
			if p.Reader, err = p.cmd.StdoutPipe(); err != nil {
				return nil, err
			}
			return p, p.cmd.Start()
		},
		Compose: func(gitpush.Advertised) ([]byte, error) { return s.body, nil },
	})
	if p.heard != (err == nil) {
		t.Errorf("it was sent: %t, %v", p.heard, err)
	}
	if !p.heard {
		return false, nil
	}
	return true, report(bytes.NewReader(answer), lease)
}
