package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

// MethodSSH is the method of a rule for a conversation over SSH.
const MethodSSH = "SSH"

// Remote is one process at the far end of an SSH session.
type Remote interface {
	io.ReadWriteCloser
	// CloseWrite ends what the process reads.
	CloseWrite() error
}

// Conversation is one exchange over SSH: what the far end says first, at most
// one push, and what it says then.
type Conversation struct {
	// Path is the repository's, "" for a session that runs nothing.
	Path string
	// Open starts the process.
	Open func(ctx context.Context) (Remote, error)
	// Compose builds the push from what the far end advertises, which the guard
	// has read. Nil sends nothing.
	Compose func(gitpush.Advertised) ([]byte, error)
}

// Converse lets one conversation run under a lease, and records it. Not a
// byte of a push leaves before it was judged. It returns what the far end said
// after the push.
func (g *Guard) Converse(ctx context.Context, l *Lease, c Conversation) ([]byte, error) {
	if !l.use() {
		return nil, refuse("the lease is used up: a request leaves once")
	}
	rule, err := g.conversation(l, c)
	if err == nil {
		err = g.admit(ctx, l)
	}
	if err != nil {
		l.refused(err)
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.cfg.Timeout)
	defer cancel()
	began := g.cfg.Now()
	l.opens("ssh://git@"+g.cfg.SSHHost+"/"+c.Path, began)
	answer, err := g.converse(ctx, l, rule, c)
	l.ends(err, g.cfg.Now().Sub(began))
	return answer, err
}

// conversation finds the one rule that allows a conversation.
func (g *Guard) conversation(l *Lease, c Conversation) (targets.Rule, error) {
	if g.cfg.SSHHost == "" {
		return targets.Rule{}, refuse("the target has no SSH server")
	}
	if len(l.Rules) != 1 || l.Rules[0].Method != MethodSSH || l.Rules[0].Path != c.Path || (l.Rules[0].Push == nil) != (c.Compose == nil) {
		return targets.Rule{}, refuse("SSH %q is not what the lease allows", c.Path)
	}
	return l.Rules[0], l.ready(l.Rules[0])
}

func (g *Guard) converse(ctx context.Context, l *Lease, rule targets.Rule, c Conversation) ([]byte, error) {
	remote, err := c.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = remote.Close() })()
	defer func() { _ = remote.Close() }() // read to its end, or given up
	if c.Compose != nil {
		seen, err := gitpush.Read(remote, c.Path)
		l.sees(seen, err)
		if err != nil {
			return nil, err
		}
		body, err := c.Compose(seen)
		if err != nil {
			return nil, err
		}
		push, err := parsedPush(body)
		if err != nil {
			return nil, err
		}
		if misfit := push.Misfit(*rule.Push, l.History, seen); misfit != "" {
			return nil, refuse("a push that the lease does not allow: %s", misfit)
		}
		l.says(push.String())
		if _, err := io.Copy(remote, bytes.NewReader(body)); err != nil {
			return nil, fmt.Errorf("send the push: %w", err)
		}
	}
	if err := remote.CloseWrite(); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("end the push: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(remote, maxAnswer+1))
	if err != nil || len(answer) > maxAnswer {
		return nil, fmt.Errorf("read the answer: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	return answer, nil
}
