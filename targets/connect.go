package targets

import (
	"context"
	"sync/atomic"
	"time"
)

// Session acts as one identity on one target.
type Session interface {
	// Whoami asks the server who the caller is and compares.
	Whoami(ctx context.Context) Whoami
	// Send sends one call through the guard and returns what was recorded.
	// It never retries. The exchange tells of every failure.
	Send(ctx context.Context, call Call) Exchange
	// Read reads state, without changing any.
	Read(ctx context.Context, q StateQuery) StateRead
}

// Connected is one connected target. Implementations MUST be safe for concurrent use
// and MUST send only through the guard.
type Connected interface {
	// Pin compares the live system with the approved one. A Pin that is not OK
	// with a nil error is a mismatch: the whole run is refused. An error
	// wrapping ErrUnreachable makes only this target's attempts Inconclusive.
	Pin(ctx context.Context) (Pin, error)
	// Assume prepares to act as an identity. It sends nothing.
	Assume(ctx context.Context, id Identity) (Session, error)
	// Diagnose looks, by reads alone, whether everything can work.
	Diagnose(ctx context.Context, in Access) []Finding
}

// Connection is what a target is connected with.
type Connection struct {
	Target Target
	// Reader is the observer who compares the target with the approved one, and
	// reads what the requests' safety rests on.
	Reader Identity
	// People are all identities of the scenario.
	People []Identity
	// Budget is shared by all targets of a run.
	Budget *Budget
	// Marker is the run's name on everything it sends; UserAgent carries it.
	Marker    string
	UserAgent string
	// Timeout bounds one request.
	Timeout time.Duration
	Now     func() time.Time
	Machine Machine
}

// Machine is where the credentials of systems come from.
type Machine struct {
	// Env looks an environment variable up, "" where it is not set.
	Env func(name string) string
	// Options holds the command's options, of those that a System lists.
	Options map[string]string
	// Secret reads a secret from where the scenario says that it is.
	Secret func(Secret) (string, error)
	// Hide is told every secret that a system finds by itself.
	Hide func(secrets ...string)
}

// Budget counts requests down to zero. Safe for concurrent use.
type Budget struct{ all, left atomic.Int64 }

// NewBudget returns a budget of n requests.
func NewBudget(n int64) *Budget {
	b := &Budget{}
	b.all.Store(n)
	b.left.Store(n)
	return b
}

// Left is the number of requests that may still be sent.
func (b *Budget) Left() int64 { return max(b.left.Load(), 0) }

// Used is the number of requests that were sent.
func (b *Budget) Used() int64 { return b.all.Load() - b.Left() }

// Take takes one request, false where none is left.
func (b *Budget) Take() bool { return b.left.Add(-1) >= 0 }
