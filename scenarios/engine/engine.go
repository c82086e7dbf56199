package engine

import (
	"context"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// Target is one connected system, as a run uses it.
type Target interface {
	// Pin compares the live system with the approved one. A Pin that is not OK
	// with a nil error is a mismatch: the whole run is refused. An error
	// wrapping targets.ErrUnreachable makes only this target's attempts
	// Inconclusive.
	Pin(ctx context.Context) (targets.Pin, error)
	// Assume prepares to act as an identity. It sends nothing.
	Assume(ctx context.Context, id targets.Identity) (Session, error)
}

// Session acts as one identity on one target.
type Session = targets.Session

// Journal records. Both methods MUST be safe for concurrent use.
type Journal interface {
	// Append adds one line, in order. It may still be in memory on return.
	Append(ctx context.Context, t journal.Type, body any) error
	// Commit MUST return only after every line appended before the call is
	// durable. Many callers share one fsync.
	Commit(ctx context.Context) error
}

// Gate decides whether one more arm may start. A non-nil error means no:
// fail closed.
type Gate interface {
	// Open reports whether anything may be asked at all.
	Open(ctx context.Context) error
	Allow(ctx context.Context, step Step) error
}
