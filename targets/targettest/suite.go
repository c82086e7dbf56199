package targettest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	t.Run("Pin", h.pin)
	t.Run("Whoami", h.whoami)
	t.Run("Read", h.read)
	t.Run("Answers", h.answers)
	t.Run("OutsideRules", h.outsideRules)
	t.Run("Cancelled", h.cancelled)
	t.Run("Denial", h.denial)
	t.Run("Secrets", h.secrets)
	t.Run("Scoped", h.scoped)
}

// pin: only the pinned system is OK; another one is a mismatch, and none at
// all is an error of its own kind.
func (h Harness) pin(t *testing.T) {
	pin, err := h.Open(t, Healthy).Pin(t.Context())
	if err != nil || !pin.OK || pin.Harness == "" || len(pin.Exchanges) == 0 {
		t.Errorf("the pinned system: %+v, %v", pin, err)
	}
	b := h.Open(t, Elsewhere)
	if pin, err = b.Pin(t.Context()); err != nil || pin.OK || pin.Problem == "" {
		t.Errorf("another system: %+v, %v; want not OK, a problem, and no error", pin, err)
	}
	if pin, err = h.Open(t, Absent).Pin(t.Context()); !errors.Is(err, targets.ErrUnreachable) || pin.OK {
		t.Errorf("no system: %+v, %v; want ErrUnreachable", pin, err)
	}
}

// whoami: an identity is proven only by the server's own word.
func (h Harness) whoami(t *testing.T) {
	b := h.Open(t, Healthy)
	if check := b.Session.Whoami(t.Context()); check.Proof != targets.Proven || check.Subject.Name != b.Asked.Subject || check.Problem != "" {
		t.Errorf("the subject: %+v", check)
	}
	for _, c := range []Condition{Mistaken, Absent} {
		if check := h.Open(t, c).Session.Whoami(t.Context()); check.Proof != targets.Failed || check.Problem == "" {
			t.Errorf("%s: %+v, want Failed and a problem", c, check)
		}
	}
}

// read: state is read as it is, and absence is told from failure.
func (h Harness) read(t *testing.T) {
	b := h.Open(t, Healthy)
	first, again := b.Session.Read(t.Context(), b.State), b.Session.Read(t.Context(), b.State)
	if !first.Read || !first.Exists || first.Ours || first.Digest == "" || first.Digest != again.Digest {
		t.Errorf("an object: %+v, then %+v", first, again)
	}
	if missing := b.Session.Read(t.Context(), b.Missing); !missing.Read || missing.Exists || missing.Digest != "" {
		t.Errorf("no object: %+v", missing)
	}
	b = h.Open(t, Absent)
	if lost := b.Session.Read(t.Context(), b.State); lost.Read || lost.Exists || lost.Problem == "" {
		t.Errorf("no system: %+v", lost)
	}
	if n := b.Arrived(); n != 0 {
		t.Errorf("reading wrote %d times", n)
	}
}

// answers: whatever comes back, a call leaves once, and only a control's own
// words are Denied.
func (h Harness) answers(t *testing.T) {
	for _, c := range []struct {
		condition Condition
		class     targets.Class
		arrived   int
	}{
		{Healthy, targets.Reached, 1},
		{Refusing, targets.Denied, 1},
		{Absent, targets.Unreachable, 0},
		{Throttled, targets.Throttled, 1},
		{Failing, targets.ServerError, 1},
		{Moved, targets.Unreachable, 1},
		{Cut, targets.Unreachable, 1},
		{Half, targets.Unknown, 1},
	} {
		t.Run(string(c.condition), func(t *testing.T) {
			b := h.Open(t, c.condition)
			x := b.Session.Send(t.Context(), b.Call)
			if n := b.Arrived(); n != c.arrived {
				t.Errorf("it arrived %d times, want %d", n, c.arrived)
			}
			got := h.Classify(targets.Case{Asked: b.Asked, Exchange: x})
			if got.Class != c.class {
				t.Errorf("%+v, want %s, of %+v", got, c.class, x)
			}
			if (got.Layer != "") != (got.Class == targets.Denied) {
				t.Errorf("a layer goes with Denied, and only with it: %+v", got)
			}
		})
	}
}

// outsideRules: what no rule describes never leaves.
func (h Harness) outsideRules(t *testing.T) {
	changes := map[string]func(*targets.Call){
		"no rule":        func(c *targets.Call) { c.Rules = nil },
		"two rules":      func(c *targets.Call) { c.Rules = append(c.Rules[:1:1], c.Rules...) },
		"another path":   func(c *targets.Call) { c.Request.Path += "x" },
		"a path trick":   func(c *targets.Call) { c.Request.Path += "/../x" },
		"another method": func(c *targets.Call) { c.Request.Method = "PUT" },
		"another query": func(c *targets.Call) {
			c.Request.Query = maps.Clone(c.Request.Query)
			if c.Request.Query == nil {
				c.Request.Query = map[string]string{}
			}
			c.Request.Query["force"] = "true"
		},
		"another header": func(c *targets.Call) {
			c.Request.Header = maps.Clone(c.Request.Header)
			c.Request.Header["X-Http-Method-Override"] = "DELETE"
		},
		"no body":          func(c *targets.Call) { c.Request.Body = nil },
		"a body in a list": func(c *targets.Call) { c.Request.Body = append(append([]byte("["), c.Request.Body...), ']') },
		"two bodies": func(c *targets.Call) {
			c.Request.Body = append(c.Request.Body[:len(c.Request.Body):len(c.Request.Body)], c.Request.Body...)
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			b := h.Open(t, Healthy)
			change(&b.Call)
			x := b.Session.Send(t.Context(), b.Call)
			if x.Refused == "" || x.Sent != nil || x.Status != 0 {
				t.Errorf("%+v, want it refused", x)
			}
			if n := b.Arrived(); n != 0 {
				t.Errorf("it arrived %d times", n)
			}
			if got := h.Classify(targets.Case{Asked: b.Asked, Exchange: x}); got.Class != targets.HarnessDenied {
				t.Errorf("%+v, want %s", got, targets.HarnessDenied)
			}
		})
	}
}

// cancelled: what nobody waits for is not sent, and means nothing.
func (h Harness) cancelled(t *testing.T) {
	b := h.Open(t, Refusing)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x := b.Session.Send(ctx, b.Call)
	if got := h.Classify(
		targets.Case{Asked: b.Asked, Exchange: x},
	); got.Class == targets.Denied || got.Class == targets.Reached ||
		b.Arrived() != 0 {
		t.Errorf("%+v of %+v; it arrived %d times", got, x, b.Arrived())
	}
}

// denial: a refusal counts for the very subject, action, resource, name and
// scope, as far as the system's words name them.
func (h Harness) denial(t *testing.T) {
	b := h.Open(t, Refusing)
	x := b.Session.Send(t.Context(), b.Call)
	first := h.Classify(targets.Case{Asked: b.Asked, Exchange: x})
	if again := h.Classify(targets.Case{Asked: b.Asked, Exchange: x}); first != again || first.Class != targets.Denied {
		t.Fatalf("%+v, then %+v; want the same denial twice", first, again)
	}
	for name, change := range map[string]func(*targets.Asked){
		"subject":    func(a *targets.Asked) { a.Subject = "another" },
		"no subject": func(a *targets.Asked) { a.Subject = "" },
		"action":     func(a *targets.Asked) { a.Action = "another" },
		"resource":   func(a *targets.Asked) { a.Resource = "another" },
		"name":       func(a *targets.Asked) { a.Name = "another" },
		"scope":      func(a *targets.Asked) { a.Scope = "another" },
	} {
		if b.Names != nil && !slices.Contains(b.Names, name) {
			continue
		}
		asked := b.Asked
		change(&asked)
		if got := h.Classify(targets.Case{Asked: asked, Exchange: x}); got.Class == targets.Denied {
			t.Errorf("with another %s it is still %+v", name, got)
		}
	}
}

// secrets: no record holds a credential, not even where the system repeats it.
func (h Harness) secrets(t *testing.T) {
	for _, c := range []Condition{Healthy, Echoing} {
		b := h.Open(t, c)
		if len(b.Secrets) == 0 {
			t.Fatal("the harness names no secret")
		}
		pin, err := b.Pin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x := b.Session.Send(t.Context(), b.Call)
		if x.Sent == nil || b.Arrived() != 1 {
			t.Errorf("%s: the call was not sent: %+v", c, x)
		}
		record, err := json.Marshal([]any{pin, b.Session.Whoami(t.Context()), x, b.Session.Read(t.Context(), b.State)})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range b.Secrets {
			if strings.Contains(string(record), s) || strings.Contains(string(record), base64.StdEncoding.EncodeToString([]byte(s))) {
				t.Errorf("%s: a credential stands in the record", c)
			}
		}
	}
}

// scoped: where the rules give another right than the one that was refused, the
// system's own word tells the two apart; and it says nothing where nobody
// answers, or where another question was asked.
func (h Harness) scoped(t *testing.T) {
	b := h.Open(t, Scoped)
	opinion := func(b Bench, a targets.Action) targets.Opinion {
		return h.Oracle.Opinion(a, func(r targets.Review) (targets.Exchange, bool) {
			reviewer, ok := b.Session.(Reviewer)
			if !ok {
				t.Fatal("the session cannot be asked")
			}
			return reviewer.Review(t.Context(), r), true
		})
	}
	if got := opinion(b, b.Asked.Asks()); got != targets.Denies {
		t.Errorf("of the call: %s", got)
	}
	if got := opinion(b, b.Open); got != targets.Allows {
		t.Errorf("of %s: %s", b.Open, got)
	}
	if n := b.Arrived(); n != 0 {
		t.Errorf("asking wrote %d times", n)
	}
	got := h.Classify(targets.Case{Asked: b.Asked, Exchange: b.Session.Send(t.Context(), b.Call)})
	if got.Class != targets.Denied || !slices.Contains(h.Oracle.Covers, got.Layer) {
		t.Errorf("the call: %+v, want it denied by a layer that the rules foresee", got)
	}
	if got := opinion(h.Open(t, Absent), b.Open); got != targets.Unsure {
		t.Errorf("where nobody answers: %s", got)
	}
	if got := h.Oracle.Opinion(
		b.Open,
		func(targets.Review) (targets.Exchange, bool) { return targets.Exchange{}, false },
	); got != targets.Unsure {
		t.Errorf("where nobody was asked: %s", got)
	}
}
