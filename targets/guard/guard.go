package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/sodprobe/sodprobe/targets"
)

// Config is what a guard is made of. One guard serves one target.
type Config struct {
	// Host is the only authority ("host:port") that may be asked, over https.
	Host string
	// Services are the authorities of a target that has one per service, by
	// the name in a rule; Host is empty then.
	Services map[string]string
	// Headers are the system's own, besides the usual ones.
	Headers targets.Headers
	// SSHHost is the only SSH server that may be asked, "" for none.
	SSHHost string
	// UserAgent replaces the request's.
	UserAgent string
	// Limit is the target's rate limit, in requests per second.
	Limit rate.Limit
	// Budget is shared by all guards of a run.
	Budget *targets.Budget
	// Timeout bounds one request, from the moment it may leave.
	Timeout time.Duration
	// Invariant is the adapter's own last word on a request whose rules
	// matched: an error refuses it. body is the exact body that would leave,
	// and shown lists the facts that the lease's preparation established.
	Invariant func(r *http.Request, body []byte, shown []string) error
	// Now is the clock of the records.
	Now func() time.Time
}

// ErrNoLease refuses a request that no arm asked for.
var ErrNoLease = errors.New("guard: no lease: nothing asked for this request")

// ErrBudget refuses a request beyond the scenario's maxRequests.
var ErrBudget = errors.New("guard: the scenario's maxRequests is used up")

// RefusedError says why the guard refused a request. Nothing was sent.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return "guard: refused: " + e.Why }

func refuse(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// Guard lets only leased requests through, and records them. It is safe for
// concurrent use.
type Guard struct {
	cfg     Config
	limiter *rate.Limiter
	bodies  bodies
}

// New returns a guard.
func New(cfg Config) *Guard {
	return &Guard{cfg: cfg, limiter: rate.NewLimiter(cfg.Limit, max(1, int(cfg.Limit/10)))}
}

// Over puts the guard directly on a transport. The concrete type is wanted:
// nothing may stand between the guard and the network.
func (g *Guard) Over(t *http.Transport) http.RoundTripper { return &guarded{g, t} }

type guarded struct {
	*Guard
	next *http.Transport
}

// RoundTrip implements http.RoundTripper. Whatever happens stands in the
// lease's exchange afterwards.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	lease, ok := r.Context().Value(leaseKey{}).(*Lease)
	if !ok {
		drain(r.Body)
		return nil, ErrNoLease
	}
	if !lease.use() {
		drain(r.Body)
		return nil, refuse("the lease is used up: a request leaves once") // what stands in the record stays
	}
	body, rule, err := g.judge(r, lease)
	if err != nil {
		lease.refused(err)
		return nil, err
	}
	if err := g.admit(r.Context(), lease); err != nil {
		lease.refused(err)
		return nil, err
	}
	return g.send(r, body, rule, lease)
}

// admit waits for the rate limit, asks once more, and takes one request off
// the budget.
func (g *Guard) admit(ctx context.Context, lease *Lease) error {
	if err := g.limiter.Wait(ctx); err != nil {
		return fmt.Errorf("guard: wait for the rate limit: %w", err)
	}
	if lease.Still != nil {
		if err := lease.Still(); err != nil {
			return refuse("%v", err)
		}
	}
	if !g.cfg.Budget.Take() {
		return ErrBudget
	}
	return nil
}

// send lets one judged request leave, once.
func (g *guarded) send(r *http.Request, body []byte, rule targets.Rule, lease *Lease) (*http.Response, error) {
	// What has left ends under its own deadline, not with what asked for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), g.cfg.Timeout)
	defer cancel()
	out := r.Clone(ctx)
	out.Body, out.GetBody, out.ContentLength = http.NoBody, nil, 0
	if len(body) > 0 {
		// Without GetBody, neither HTTP/1 nor HTTP/2 can send the body again.
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	out.Header.Set("User-Agent", g.cfg.UserAgent)
	began := g.cfg.Now()
	lease.leaves(out, body, began, g.cfg.Headers.Sent)
	resp, err := g.next.RoundTrip(out)
	if err != nil {
		lease.failed(err, g.cfg.Now().Sub(began))
		return nil, err
	}
	return lease.answered(resp, rule, g.cfg.Headers.Answered, func() time.Duration { return g.cfg.Now().Sub(began) }), nil
}

func drain(body io.ReadCloser) {
	if body != nil {
		_ = body.Close() // the request never leaves
	}
}
