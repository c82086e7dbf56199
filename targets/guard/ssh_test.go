package guard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

const (
	repo     = "payments/api.git"
	mainRef  = "refs/heads/main"
	tagRef   = "refs/tags/v1"
	allCaps  = "report-status side-band-64k agent=t"
	noHash   = "0000000000000000000000000000000000000000"
	packHex  = "PACK\x00\x00\x00\x02\x00\x00\x00\x00\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e"
	received = "a report"
)

// commit is the hash of the nth first parent of the branch's tip.
func commit(n int) string { return fmt.Sprintf("%040x", 1000+n) }

func pkt(line string) string { return fmt.Sprintf("%04x%s", len(line)+4, line) }

// advertises is what a server says first: the branch, a tag, a branch beside.
func advertises() string {
	return pkt(commit(0)+" "+mainRef+"\x00report-status side-band-64k object-format=sha1 agent=git/2.52.0\n") +
		pkt(commit(501)+" refs/heads/feature\n") + pkt(commit(0)+" "+tagRef+"\n") + "0000"
}

func line() (list []string) {
	for n := range 11 {
		list = append(list, commit(n))
	}
	return list
}

// pushOf is one push on the wire.
func pushOf(old, tip, ref, capabilities, after string) []byte {
	return []byte(pkt(old+" "+tip+" "+ref+"\x00"+capabilities) + after)
}

// fits is the one push that the lease of newTalk allows.
func fits() []byte { return pushOf(commit(10), commit(0), mainRef, allCaps, "0000"+packHex) }

// far is the far end of a conversation: it says what it has to say, and keeps
// what it hears.
type far struct {
	says io.Reader

	mu     sync.Mutex
	heard  bytes.Buffer
	ended  bool // it was told that nothing follows
	closed chan struct{}
	once   sync.Once
}

func (f *far) Read(b []byte) (int, error) { return f.says.Read(b) }

func (f *far) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.heard.Write(b)
}

func (f *far) CloseWrite() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	return nil
}

func (f *far) Close() error {
	f.once.Do(func() { close(f.closed) })
	return nil
}

// talk is one conversation, with everything that could be wrong with it.
type talk struct {
	far     *far
	lease   *guard.Lease
	options []option
	path    string
	body    []byte
	compose bool
	open    error
}

func newTalk() *talk {
	return &talk{
		far: &far{says: strings.NewReader(advertises() + received), closed: make(chan struct{})},
		lease: &guard.Lease{
			History: &gitpush.History{Line: line(), Beside: commit(500)},
			Rules: []targets.Rule{{
				Method: guard.MethodSSH, Path: repo, Mutating: true,
				Push: &targets.Push{Ref: mainRef, Form: targets.PushUpdate, Beside: "refs/heads/feature"},
			}},
		},
		path: repo, body: fits(), compose: true,
	}
}

// hold holds the conversation, and returns what the far end said and whether
// anything was opened.
func (k *talk) hold(t *testing.T) (answer []byte, opened bool, err error) {
	t.Helper()
	g := newGuard("127.0.0.1:1", append([]option{func(c *guard.Config) { c.SSHHost = "git.corp.example:22" }}, k.options...)...)
	c := guard.Conversation{Path: k.path, Open: func(context.Context) (guard.Remote, error) {
		opened = true
		return k.far, k.open
	}}
	if k.compose {
		c.Compose = func(gitpush.Advertised) ([]byte, error) { return k.body, nil }
	}
	answer, err = g.Converse(t.Context(), k.lease, c)
	return answer, opened, err
}

func TestConversation(t *testing.T) {
	k := newTalk()
	answer, _, err := k.hold(t)
	x := k.lease.Exchange()
	if err != nil || string(answer) != received {
		t.Fatalf("%q %v", answer, err)
	}
	if !bytes.Equal(k.far.heard.Bytes(), fits()) || !k.far.ended {
		t.Errorf("it heard %q", k.far.heard.Bytes())
	}
	want := commit(10) + " " + commit(0) + " " + mainRef + "\n" + allCaps + "\nan empty pack\n"
	if x.Sent == nil || x.Sent.Body != want || x.Sent.URL != "ssh://git@git.corp.example:22/"+repo || x.Sent.Method != guard.MethodSSH || x.Refused != "" {
		t.Errorf("it records %+v", x)
	}
	if seen, err := k.lease.Advertised(); err != nil || seen.Agent() != "git/2.52.0" || seen.Tip(mainRef) != commit(0) || seen.Tip("refs/heads/none") != "" {
		t.Errorf("%+v %v", seen, err)
	}
	select {
	case <-k.far.closed:
	default:
		t.Error("it stays open")
	}
	if _, opened, err := k.hold(t); opened || err == nil {
		t.Errorf("the lease is used twice: %t %v", opened, err)
	}
}

// TestConversationRefused: what is not the one push of the lease never leaves,
// not a byte of it, and the record says that it was refused.
func TestConversationRefused(t *testing.T) {
	push := func(old, tip, ref string) func(*talk) {
		return func(k *talk) { k.body = pushOf(old, tip, ref, allCaps, "0000"+packHex) }
	}
	raw := func(body []byte) func(*talk) { return func(k *talk) { k.body = body } }
	for name, c := range map[string]struct {
		change func(*talk)
		opens  bool // the server is greeted, and hears nothing
	}{
		"no server":             {func(k *talk) { k.options = []option{func(c *guard.Config) { c.SSHHost = "" }} }, false},
		"another repository":    {func(k *talk) { k.path = "other.git" }, false},
		"no rule":               {func(k *talk) { k.lease.Rules = nil }, false},
		"two rules":             {func(k *talk) { k.lease.Rules = append(k.lease.Rules, k.lease.Rules[0]) }, false},
		"a rule of HTTP":        {func(k *talk) { k.lease.Rules[0].Method = "POST" }, false},
		"a rule without a push": {func(k *talk) { k.lease.Rules[0].Push = nil }, false},
		"nothing to send":       {func(k *talk) { k.compose = false }, false},
		"not prepared": {func(k *talk) {
			k.lease.Rules[0].Prepare = []targets.Preparation{{Path: "/x", Must: []targets.Condition{{At: "/y", Any: []string{"true"}, Else: "no"}}}}
		}, false},
		"held back":  {func(k *talk) { k.lease.Still = func() error { return errors.New("stopped") } }, false},
		"no budget":  {func(k *talk) { k.options = []option{func(c *guard.Config) { c.Budget = targets.NewBudget(0) }} }, false},
		"no history": {func(k *talk) { k.lease.History = nil }, true},

		"no push":                {raw(nil), true},
		"half a line":            {raw([]byte("00ff")), true},
		"no flush":               {raw(pushOf(commit(10), commit(0), mainRef, allCaps, packHex)), true},
		"two commands":           {raw(pushOf(commit(10), commit(0), mainRef, allCaps, pkt(commit(10)+" "+noHash+" refs/heads/feature")+"0000"+packHex)), true},
		"no pack":                {raw(pushOf(commit(10), commit(0), mainRef, allCaps, "0000")), true},
		"a pack of something":    {raw(pushOf(commit(10), commit(0), mainRef, allCaps, "0000"+packHex+"x")), true},
		"no report":              {raw(pushOf(commit(10), commit(0), mainRef, "side-band-64k", "0000"+packHex)), true},
		"atomic":                 {raw(pushOf(commit(10), commit(0), mainRef, allCaps+" atomic", "0000"+packHex)), true},
		"push options":           {raw(pushOf(commit(10), commit(0), mainRef, allCaps+" push-options", "0000"+packHex)), true},
		"a delete":               {push(commit(10), noHash, mainRef), true},
		"the same hash":          {push(commit(0), commit(0), mainRef), true},
		"the parent":             {push(commit(1), commit(0), mainRef), true},
		"nine parents back":      {push(commit(9), commit(0), mainRef), true},
		"a hash that is nowhere": {push(strings.Repeat("deadbeef", 5), commit(0), mainRef), true},
		"no old hash":            {push(noHash, commit(0), mainRef), true},
		"another new hash":       {push(commit(10), commit(500), mainRef), true},
		"upper case":             {push(strings.ToUpper(commit(10)), commit(0), mainRef), true},
		"another branch":         {push(commit(10), commit(0), "refs/heads/feature"), true},
		"a hidden ref":           {push(commit(10), commit(0), "refs/keep-around/x"), true},

		"the branch moved": {func(k *talk) { k.lease.History.Line[0] = commit(77) }, true},
		"the branch is not there": {func(k *talk) {
			k.far.says = strings.NewReader(strings.ReplaceAll(advertises(), mainRef, "refs/heads/mast"))
		}, true},
		"the branch is elsewhere":   {func(k *talk) { k.far.says = strings.NewReader(strings.Replace(advertises(), commit(0), commit(1), 1)) }, true},
		"SHA-256":                   {func(k *talk) { k.far.says = strings.NewReader(strings.ReplaceAll(advertises(), "=sha1 ", "=sha2 ")) }, true},
		"a create of what is there": {func(k *talk) { k.lease.Rules[0].Push.Form = targets.PushCreate }, true}, // the body is an update's
	} {
		t.Run(name, func(t *testing.T) {
			k := newTalk()
			c.change(k)
			_, opened, err := k.hold(t)
			x := k.lease.Exchange()
			if err == nil || opened != c.opens {
				t.Errorf("opened: %t, %v", opened, err)
			}
			if k.far.heard.Len() > 0 || k.far.ended {
				t.Errorf("it heard %q", k.far.heard.String())
			}
			if x.Refused == "" || x.Sent != nil && x.Sent.Body != "" {
				t.Errorf("it records %+v", x)
			}
		})
	}
}

// TestForms: a push of another form leaves, too, and only that.
func TestForms(t *testing.T) {
	for name, c := range map[string]struct {
		form     targets.PushForm
		ref, old string
		leaves   bool
	}{
		"create what exists":         {targets.PushCreate, mainRef, noHash, true},
		"create a tag that exists":   {targets.PushCreate, tagRef, noHash, true},
		"create with an old hash":    {targets.PushCreate, mainRef, commit(10), false},
		"force":                      {targets.PushForce, mainRef, commit(500), true},
		"force with an ancestor":     {targets.PushForce, mainRef, commit(3), false},
		"a form that does not exist": {"delete", mainRef, commit(10), false},
	} {
		k := newTalk()
		k.lease.Rules[0].Push.Form, k.lease.Rules[0].Push.Ref = c.form, c.ref
		k.body = pushOf(c.old, commit(0), c.ref, allCaps, "0000"+packHex)
		if _, _, err := k.hold(t); (err == nil) != c.leaves || (k.far.heard.Len() > 0) != c.leaves {
			t.Errorf("%s: %v", name, err)
		}
	}
	k := newTalk()
	k.lease.History.Beside = commit(4) // which is merged
	k.lease.Rules[0].Push.Form = targets.PushForce
	k.body = pushOf(commit(4), commit(0), mainRef, allCaps, "0000"+packHex)
	if _, _, err := k.hold(t); err == nil || k.far.heard.Len() > 0 {
		t.Errorf("a force push from an ancestor: %v", err)
	}
	k = newTalk()
	k.lease.History.Beside = commit(501) // to which the ref moves where the branch is merged
	k.lease.Rules[0].Push.Form = targets.PushForce
	k.body = pushOf(commit(501), commit(0), mainRef, allCaps, "0000"+packHex)
	if _, _, err := k.hold(t); err == nil || k.far.heard.Len() > 0 {
		t.Errorf("a force push from a tip: %v", err)
	}
}

// TestUnreadable: nothing is sent to a server whose advertisement cannot be
// read, and the lease says so.
func TestUnreadable(t *testing.T) {
	first := commit(0) + " " + mainRef + "\x00" + allCaps + "\n"
	for name, says := range map[string]string{
		"nothing":               "",
		"a flush":               "0000",
		"a page":                "<html>",
		"half a line":           "00ff" + first,
		"half a list":           pkt(first),
		"a length of 3":         "0003",
		"an empty line":         "0004",
		"no capabilities":       pkt(commit(0)+" "+mainRef+"\n") + "0000",
		"an error":              pkt("ERR access denied") + "0000",
		"a version":             pkt("version 1\n") + pkt(first) + "0000",
		"a ref twice":           pkt(first) + pkt(commit(1)+" "+mainRef+"\n") + "0000",
		"capabilities again":    pkt(first) + pkt(commit(1)+" refs/heads/x\x00"+allCaps+"\n") + "0000",
		"another service":       pkt("# service=git-upload-pack\n") + "0000" + pkt(first) + "0000",
		"a line without a hash": pkt(first) + pkt("shallow "+commit(1)) + "0000",
	} {
		k := newTalk()
		k.far.says = strings.NewReader(says)
		_, _, err := k.hold(t)
		if _, unread := k.lease.Advertised(); err == nil || unread == nil || k.far.heard.Len() > 0 {
			t.Errorf("%s: %v, %v", name, err, unread)
		}
		if x := k.lease.Exchange(); x.TransportError == "" {
			t.Errorf("%s: it records %+v", name, x)
		}
	}
}

// TestConversationEnds: a far end that says nothing, or too much, ends it.
func TestConversationEnds(t *testing.T) {
	silent := newTalk()
	reader, writer := io.Pipe()
	silent.far.says = reader
	silent.options = []option{func(c *guard.Config) { c.Timeout = 20 * time.Millisecond }}
	go func() {
		<-silent.far.closed
		_ = writer.CloseWithError(io.ErrClosedPipe) // as a connection's reader sees it
	}()
	if _, _, err := silent.hold(t); err == nil || silent.far.heard.Len() > 0 {
		t.Errorf("silence: %v", err)
	}
	endless := newTalk()
	endless.far.says = io.MultiReader(strings.NewReader(advertises()), zeros{})
	if _, _, err := endless.hold(t); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("no end: %v", err)
	}
	closed := newTalk()
	closed.open = errors.New("connection refused")
	if _, _, err := closed.hold(t); err == nil || closed.lease.Exchange().TransportError != "connection refused" {
		t.Errorf("closed: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// FuzzAdvertised: whatever a server says first, a push leaves only where it
// advertises the very tip.
func FuzzAdvertised(f *testing.F) {
	f.Add(advertises())
	f.Add("0000")
	f.Add(pkt("# service=git-receive-pack\n") + "0000" + advertises())
	f.Fuzz(func(t *testing.T, says string) {
		k := newTalk()
		k.far.says = strings.NewReader(says)
		_, _, _ = k.hold(t) // what left is what counts
		if k.far.heard.Len() > 0 && !strings.Contains(says, commit(0)+" "+mainRef) {
			t.Errorf("it left after %q", says)
		}
	})
}
