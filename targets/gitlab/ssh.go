package gitlab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

// remote is one process over SSH, on a connection of its own.
type remote struct {
	io.Reader
	io.WriteCloser
	connection ssh.Conn
	stderr     *notes
	ended      chan struct{} // closed when the process is over and has said all
}

// Read reads what the process says. At its end it waits for the other stream,
// on which gitlab-shell gives its reasons.
func (r *remote) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil {
		r.lastWords()
	}
	return n, err
}

func (r *remote) CloseWrite() error { return r.WriteCloser.Close() }

func (r *remote) Close() error { return r.connection.Close() }

// notes keeps the first kilobytes of what a process says on its stderr.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if room := 16<<10 - n.text.Len(); room > 0 {
		n.text.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// openSSH starts git-receive-pack for a repository, or with no path the
// session in which the server greets. The pinned host key is the only one
// that is accepted.
func (s *Session) openSSH(path string) func(context.Context) (guard.Remote, error) {
	return func(ctx context.Context) (guard.Remote, error) {
		r, err := s.openRemote(ctx, path)
		if err != nil {
			return nil, err
		}
		return r, nil
	}
}

func (s *Session) openRemote(ctx context.Context, path string) (*remote, error) {
	p := s.project
	if s.as.key == nil || p.hostKey == nil {
		return nil, fmt.Errorf("%s has no sshKey, or the target no ssh block", s.identity.ID)
	}
	address := projectOf(p.cfg.Target).SSH.Address
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	c, channels, requests, err := ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		User: "git", Auth: []ssh.AuthMethod{ssh.PublicKeys(s.as.key)}, HostKeyCallback: ssh.FixedHostKey(p.hostKey),
		HostKeyAlgorithms: hostKeyAlgorithms(p.hostKey), ClientVersion: "SSH-2.0-sodprobe",
	})
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	session, err := ssh.NewClient(c, channels, requests).NewSession()
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	r := &remote{connection: c, stderr: &notes{}, ended: make(chan struct{})}
	session.Stderr = r.stderr
	if err := r.start(session, path); err != nil {
		_ = c.Close()
		return nil, err
	}
	go func() {
		_ = session.Wait() // how it ended is told by what it said
		close(r.ended)
	}()
	return r, nil
}

// lastWords waits a while for all that a process has to say.
func (r *remote) lastWords() {
	select {
	case <-r.ended:
	case <-time.After(2 * time.Second):
	}
}

func (r *remote) start(session *ssh.Session, path string) error {
	var err error
	if r.WriteCloser, err = session.StdinPipe(); err != nil {
		return err
	}
	if r.Reader, err = session.StdoutPipe(); err != nil {
		return err
	}
	if path == "" {
		return session.Shell()
	}
	return session.Start("git-receive-pack '" + path + "'")
}

// hostKeyAlgorithms are those of the pinned key: an RSA key signs by SHA-2.
func hostKeyAlgorithms(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{key.Type()}
}

// pushSSH pushes over SSH, in one conversation.
func (s *Session) pushSSH(ctx context.Context, lease *guard.Lease, r targets.Request) targets.Exchange {
	var process *remote
	var unready error
	answer, err := s.project.guard.Converse(ctx, lease, guard.Conversation{
		Path: r.Path,
		Open: func(ctx context.Context) (guard.Remote, error) {
			var err error
			process, err = s.openRemote(ctx, r.Path)
			if err != nil {
				return nil, err
			}
			return process, nil
		},
		Compose: func(seen gitpush.Advertised) ([]byte, error) {
			var body []byte
			body, unready = compose(seen, *lease.History, *r.Push, s.project.cfg.Marker)
			return body, unready
		},
	})
	x := lease.Exchange()
	said := ""
	if process != nil {
		said = strings.TrimSpace(lease.Redact(process.stderr.String()))
	}
	switch _, unread := lease.Advertised(); {
	case unready != nil:
		x.TransportError, x.Unfit = "", unready.Error()
	case err == nil:
		x.Git = report(bytes.NewReader(answer), lease)
		if x.Git.Fatal == "" {
			x.Git.Fatal = said
		}
	case unread != nil && said != "": // the server refused before any push
		x.TransportError, x.Git = "", &targets.GitReport{Fatal: said}
	}
	return x
}
