package gitea

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// repo is the repository under test; dev is the developer and release the
// account that may push to main.
const (
	owner   = "payments"
	repo    = "payments/api"
	dev     = "alice"
	release = "release"
)

// server is a running Gitea with the repository in it.
type server struct {
	t       *testing.T
	dir     string
	url     string
	ssh     string
	hostKey string
	tokens  map[string]string
	keys    map[string]string // private keys, in OpenSSH's form
}

func start(t *testing.T) *server {
	t.Helper()
	binary := os.Getenv("GITEA")
	if binary == "" {
		t.Fatal("GITEA names the program to test against: run make test-peers")
	}
	port, sshPort := freePort(t), freePort(t)
	s := &server{
		t: t, dir: t.TempDir(), url: "http://127.0.0.1:" + port, ssh: "127.0.0.1:" + sshPort,
		tokens: map[string]string{}, keys: map[string]string{},
	}
	host, private := key(t)
	s.hostKey = host
	s.write("host", private)
	s.write("app.ini", s.config(port, sshPort))
	s.serve(binary)
	for _, name := range []string{owner, dev, release} {
		out := s.run("", binary, "--config", s.path("app.ini"), "admin", "user", "create", "--username", name, "--email", name+"@corp.example",
			"--random-password", "--must-change-password=false", "--access-token", "--access-token-name", "peer", "--access-token-scopes", "all")
		found := regexp.MustCompile(`[0-9a-f]{40}`).FindString(out)
		if found == "" {
			t.Fatalf("no token in %q", out)
		}
		s.tokens[name] = found
		public, private := key(t)
		s.keys[name] = private
		s.post(name, "user/keys", map[string]any{"title": name, "key": public})
	}
	s.seed()
	return s
}

func (s *server) config(port, sshPort string) string {
	return strings.NewReplacer("{dir}", s.dir, "{port}", port, "{ssh}", sshPort, "{static}", os.Getenv("GITEA_STATIC")).Replace(`
WORK_PATH = {dir}
RUN_MODE = prod
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
LOCAL_ROOT_URL = http://127.0.0.1:{port}/
STATIC_ROOT_PATH = {static}
START_SSH_SERVER = true
BUILTIN_SSH_SERVER_USER = git
SSH_LISTEN_HOST = 127.0.0.1
SSH_LISTEN_PORT = {ssh}
SSH_SERVER_HOST_KEYS = {dir}/host
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = {dir}/gitea.db
[repository]
ROOT = {dir}/repos
[security]
INSTALL_LOCK = true
SECRET_KEY = peer
INTERNAL_TOKEN = eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJuYmYiOjE3MDAwMDAwMDB9.k9Zs0VQ0XoYhVvJ3bq2VY7i0l8bq8Zk2bq0lq0l8bq8
[mailer]
ENABLED = false
[log]
LEVEL = Warn
MODE = console
[cron]
ENABLED = false
`)
}

// serve starts the server and waits until it answers.
func (s *server) serve(binary string) {
	s.t.Helper()
	var log bytes.Buffer
	ctx, stop := context.WithCancel(context.Background())
	cmd := s.command(ctx, binary, "--config", s.path("app.ini"), "web")
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.t.Cleanup(func() {
		stop()
		<-ended
		if s.t.Failed() {
			s.t.Logf("the server's log:\n%s", log.Bytes()[max(0, log.Len()-4000):])
		}
	})
	for range 300 {
		select {
		case err := <-ended:
			ended <- err
			s.t.Fatalf("gitea ended: %v\n%s", err, log.String())
		default:
		}
		if _, err := s.ask(http.MethodGet, "", "version", nil); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatal("gitea does not answer within 30 s")
}

// seed makes the repository: main with thirteen commits and feature beside
// it, a collaborator on each side of the protection of main.
func (s *server) seed() {
	s.t.Helper()
	s.post(owner, "user/repos", map[string]any{"name": "api", "private": true, "default_branch": "main"})
	work := s.path("work.git")
	s.run("", "git", "init", "--quiet", "--bare", work)
	var b strings.Builder
	for i := range 13 {
		fmt.Fprintf(&b, "commit refs/heads/main\nmark :%d\ncommitter t <t@corp.example> %d +0000\ndata 1\nx\nM 100644 inline f\ndata 2\n%02d\n", i+1, 1700000000+i, i)
	}
	b.WriteString("commit refs/heads/feature\ncommitter t <t@corp.example> 1700000100 +0000\ndata 1\nx\nfrom :11\nM 100644 inline g\ndata 1\nx\n")
	b.WriteString("commit refs/heads/feature\ncommitter t <t@corp.example> 1700000101 +0000\ndata 1\nx\nM 100644 inline g\ndata 1\ny\n")
	s.run(b.String(), "git", "-C", work, "fast-import", "--quiet")
	s.run("", "git", "-C", work, "-c", "http.extraHeader=Authorization: token "+s.tokens[owner], "push", "--quiet", s.url+"/"+repo+".git", "main", "feature")
	s.await("refs/heads/main", "refs/heads/feature")
	for _, name := range []string{dev, release} {
		s.must(http.MethodPut, owner, "repos/"+repo+"/collaborators/"+name, map[string]any{"permission": "write"})
	}
	s.post(owner, "repos/"+repo+"/branch_protections", map[string]any{
		"rule_name": "main", "enable_push": true, "enable_push_whitelist": true, "push_whitelist_usernames": []string{release},
	})
}

// await waits until Gitea, which notes pushes in the background, has an event
// for each of these refs.
func (s *server) await(refs ...string) {
	s.t.Helper()
	for range 300 {
		events, missing := s.events(), false
		for _, ref := range refs {
			missing = missing || !strings.Contains(events, ref)
		}
		if !missing {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatalf("no event of %v after 30 s: %s", refs, s.events())
}

// ask sends one request to Gitea's own API.
func (s *server) ask(method, as, path string, body any) ([]byte, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(context.Background(), method, s.url+"/api/v1/"+path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if as != "" {
		req.Header.Set("Authorization", "token "+s.tokens[as])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, out)
	}
	return out, err
}

func (s *server) must(method, as, path string, body any) []byte {
	s.t.Helper()
	out, err := s.ask(method, as, path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *server) post(as, path string, body any) {
	s.t.Helper()
	s.must(http.MethodPost, as, path, body)
}

// refs are the repository's, by git.
func (s *server) refs() string {
	s.t.Helper()
	return s.run("", "git", "-C", filepath.Join(s.dir, "repos", repo+".git"), "for-each-ref", "--format=%(refname) %(objectname)")
}

// events are what Gitea notes of pushes, the newest first.
func (s *server) events() string {
	s.t.Helper()
	var list []struct {
		ID      int64  `json:"id"`
		Type    string `json:"op_type"`
		Ref     string `json:"ref_name"`
		Content string `json:"content"`
	}
	if err := json.Unmarshal(s.must(http.MethodGet, owner, "repos/"+repo+"/activities/feeds?limit=50", nil), &list); err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%d %s %s %.80s\n", e.ID, e.Type, e.Ref, e.Content)
	}
	return b.String()
}

func (s *server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *server) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT=1", "USER=git",
	}
	return cmd
}

func (s *server) run(in, name string, args ...string) string {
	s.t.Helper()
	cmd := s.command(s.t.Context(), name, args...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out = append(out, exit.Stderr...)
		}
		s.t.Fatalf("%s %v: %v\n%s", filepath.Base(name), args, err, out)
	}
	return string(out)
}

// key makes a key pair, as authorized_keys and OpenSSH have it.
func key(t *testing.T) (public, private string) {
	t.Helper()
	pub, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(secret, "")
	if err != nil {
		t.Fatal(err)
	}
	line, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line))), string(pem.EncodeToMemory(block))
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
