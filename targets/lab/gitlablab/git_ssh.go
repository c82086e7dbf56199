package gitlablab

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// shell is the instance's SSH server, as gitlab-shell behaves.
type shell struct {
	address  string
	hostKey  ssh.PublicKey
	listener net.Listener

	mu          sync.Mutex
	connections map[net.Conn]bool
}

// Close stops the server and ends every connection.
func (s *shell) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.connections {
		_ = c.Close() // nobody waits for it
	}
	return err
}

func (g *GitLab) startShell(ctx context.Context) (*shell, error) {
	_, private, err := ed25519.GenerateKey(g.cfg.Rand)
	if err != nil {
		return nil, err
	}
	host, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, err
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		a := g.byKey(key)
		if a == nil || g.faultIs(FaultExpired) {
			return nil, errors.New("unknown key")
		}
		return &ssh.Permissions{Extensions: map[string]string{"user": a.username}}, nil
	}}
	config.AddHostKey(host)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &shell{address: listener.Addr().String(), hostKey: host.PublicKey(), listener: listener, connections: map[net.Conn]bool{}}
	go g.accept(context.WithoutCancel(ctx), s, config)
	return s, nil
}

func (g *GitLab) accept(ctx context.Context, s *shell, config *ssh.ServerConfig) {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		s.connections[conn] = true
		s.mu.Unlock()
		go func() {
			g.greet(ctx, conn, config)
			_ = conn.Close()
			s.mu.Lock()
			delete(s.connections, conn)
			s.mu.Unlock()
		}()
	}
}

func (g *GitLab) greet(ctx context.Context, conn net.Conn, config *ssh.ServerConfig) {
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, asked, err := c.Accept()
		if err != nil {
			return
		}
		go g.session(ctx, channel, asked, g.accounts[server.Permissions.Extensions["user"]])
	}
}

// session answers one request: a greeting, or git-receive-pack.
func (g *GitLab) session(ctx context.Context, channel ssh.Channel, asked <-chan *ssh.Request, a *account) {
	defer func() { _ = channel.Close() }()
	for r := range asked {
		switch r.Type {
		case "shell":
			_ = r.Reply(true, nil)
			_, _ = fmt.Fprintf(channel, "Welcome to GitLab, @%s!\n", a.username)
			exit(channel, 0)
			return
		case "exec":
			var command struct{ Text string }
			_ = r.Reply(ssh.Unmarshal(r.Payload, &command) == nil, nil)
			exit(channel, g.receive(ctx, channel, command.Text, a))
			return
		default:
			_ = r.Reply(false, nil)
		}
	}
}

func exit(channel ssh.Channel, code uint32) {
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
}

// receive runs git-receive-pack, or says why not, as gitlab-shell does.
func (g *GitLab) receive(ctx context.Context, channel ssh.Channel, command string, a *account) uint32 {
	refuse := func(text string) uint32 {
		line := strings.Repeat("=", 72)
		_, _ = fmt.Fprintf(channel.Stderr(), "remote: \nremote: %s\nremote: \nremote: %s\nremote: \nremote: %s\nremote: \n", line, text, line)
		return 1
	}
	switch {
	case command != "git-receive-pack '"+Project+".git'":
		return refuse("The project you were looking for could not be found or you don't have permission to view it.")
	case g.faultIs(FaultThrottled):
		return refuse("This endpoint has been requested too many times. Try again later.")
	case g.faultIs(FaultOverloaded):
		return refuse(overload)
	case g.faultIs(FaultArchived):
		return refuse("You can't push code to an archived project.")
	case g.faultIs(FaultLostMembership):
		return refuse("The project you were looking for could not be found or you don't have permission to view it.")
	case !g.faultIs(FaultNone) && !g.faultIs(FaultInternalAPI):
		return refuse("Git push is not allowed because this GitLab instance is currently in (read-only) maintenance mode.")
	case !a.develops():
		return refuse("You are not allowed to push code to this project.")
	}
	cmd := g.command(ctx, "receive-pack", ".")
	cmd.Env = append(cmd.Env, g.hookEnvironment(a)...)
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	in, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return 1
	}
	go func() {
		_, _ = io.Copy(in, channel)
		_ = in.Close() // git reads to the end
	}()
	if cmd.Wait() != nil {
		return 1
	}
	return 0
}
