package guard

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/sodprobe/sodprobe/targets"
)

// Config is what a guard is made of. One guard serves one target.
type Config struct {
	// Host is the only authority ("host:port") that may be asked, over https.
	Host string
	// UserAgent replaces the request's.
	UserAgent string
	// Limit is the target's rate limit, in requests per second.
	Limit rate.Limit
	// Budget is shared by all guards of a run.
	Budget *Budget
	// Invariant is the adapter's own last word on a request whose rules
	// matched: an error refuses it. body is the exact body that would leave.
	Invariant func(r *http.Request, body []byte) error
	// Now is the clock of the records.
	Now func() time.Time
}

// Guard lets only leased requests through, and records them.
type Guard struct {
	cfg     Config
	limiter *rate.Limiter
}

// Budget counts requests down to zero. Safe for concurrent use.
type Budget struct{ left atomic.Int64 }

// Lease is one arm's permission to send one request.
type Lease struct {
	// Rules are resolved; one must match.
	Rules []targets.Rule
	// Identity is the exact set of Impersonate-* headers that must be there;
	// none other may. A nil map means none may.
	Identity http.Header
	// Secrets are strings that must never reach the record.
	Secrets []string
	// exchange and state fields follow (see implementation)
}

var _ context.Context = context.Context(nil)
