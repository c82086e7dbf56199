package targettest

import (
	"context"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// Condition is what a system does in one part of the suite.
type Condition string

// The conditions. All but Healthy, Scoped, Elsewhere, Absent and Mistaken concern the
// answer to Bench.Call alone.
const (
	Healthy   Condition = "healthy"   // the call is let through, harmlessly
	Refusing  Condition = "refusing"  // the control refuses the call
	Scoped    Condition = "scoped"    // it refuses the call, and its rules allow Bench.Open
	Elsewhere Condition = "elsewhere" // it is not the pinned system
	Absent    Condition = "absent"    // nobody listens
	Mistaken  Condition = "mistaken"  // it sees another user than the one that was asked for
	Throttled Condition = "throttled" // 429 with Retry-After
	Failing   Condition = "failing"   // 503 with Retry-After
	Moved     Condition = "moved"     // a redirect to itself
	Cut       Condition = "cut"       // the connection ends once the request was read
	Half      Condition = "half"      // a refusal that ends in its middle
	Echoing   Condition = "echoing"   // an error that repeats the credential that came
)

// Conditions lists what a Harness must be able to make.
func Conditions() []Condition {
	return []Condition{Healthy, Refusing, Scoped, Elsewhere, Absent, Mistaken, Throttled, Failing, Moved, Cut, Half, Echoing}
}

// Session is an identity, as the engine uses it.
type Session interface {
	Whoami(ctx context.Context) targets.Whoami
	Send(ctx context.Context, call targets.Call) targets.Exchange
	Read(ctx context.Context, q targets.StateQuery) targets.StateRead
}

// Reviewer is a Session that can be asked what the rules say of it.
type Reviewer interface {
	Review(ctx context.Context, r targets.Review) targets.Exchange
}

// Bench is a fresh system in one condition, and an adapter connected to it.
type Bench struct {
	// Pin is the adapter's.
	Pin func(ctx context.Context) (targets.Pin, error)
	// Session acts as the subject of Asked.
	Session Session
	// Call is a harmless write that its own rules allow, and Asked its meaning.
	Call  targets.Call
	Asked targets.Asked
	// State reads an object that exists, Missing one that does not.
	State, Missing targets.StateQuery
	// Arrived counts how often any write has reached the system, reviews of
	// the caller left out.
	Arrived func() int
	// Open is an action that the rules allow under Scoped, though they deny
	// what Call asks for.
	Open targets.Action
	// Names are the parts of the question that the system's denials name; nil
	// means all of subject, action, resource, name and scope.
	Names []string
	// Secrets are the credentials in use: no record may hold one.
	Secrets []string
}

// Harness makes benches for one adapter.
type Harness struct {
	// Open makes a bench. It cleans up through t.
	Open     func(t *testing.T, c Condition) Bench
	Classify targets.Classifier
	// Oracle reads what the system's own rules say.
	Oracle targets.Oracle
}
