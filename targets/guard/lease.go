package guard

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
	"github.com/sodprobe/sodprobe/targets/redact"
)

// Lease is one arm's permission to send one request. Every layer above the
// guard that retries finds the lease used up.
type Lease struct {
	// Rules are resolved; exactly one must match.
	Rules []targets.Rule
	// Identity is the exact set of the system's headers that say who asks that
	// must be there; none other may. A nil map means none may. Where it names
	// Authorization, that must be there to the letter, too.
	Identity http.Header
	// History is what a push is judged by.
	History *gitpush.History
	// Still is asked once more before the request leaves; an error refuses it.
	Still func() error
	// Secrets are strings that must never reach the record.
	Secrets []string
	// Known are secrets that many leases share; nil for none.
	Known *redact.Set

	own      redact.Set
	mu       sync.Mutex
	used     bool
	prepared bool
	shown    []string // the facts that the preparation established
	made     replacement
	// unexercised is what the request leaves out of a control that the target
	// has.
	unexercised string
	exchange    targets.Exchange
	document    any // a 2xx answer, whole
	// advertised is what the server said before a push; unread, why that
	// cannot be read.
	advertised gitpush.Advertised
	unread     error
}

type leaseKey struct{}

// Context returns a context whose next request this lease permits.
func (l *Lease) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, leaseKey{}, l)
}

// Exchange is what was recorded. A refusal after the request has left, such
// as that of a retry, does not change it.
func (l *Lease) Exchange() targets.Exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.exchange
}

// Document is the whole of a 2xx answer, as document.Read reads it, for the adapter's
// own eyes; nil for any other answer, and for one that is no document.
func (l *Lease) Document() any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.document
}

// use takes the lease's one request.
func (l *Lease) use() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.used
	l.used = true
	return first
}

func (l *Lease) refused(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.exchange.Sent == nil && l.exchange.Refused == "" {
		l.exchange.Refused = l.redact(err.Error())
	}
}

func (l *Lease) leaves(r *http.Request, body []byte, at time.Time, own []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// The credential that this very request carries, wherever it came from:
	// an exec plugin's token is known here only.
	for _, value := range r.Header.Values("Authorization") {
		_, secret, ok := strings.Cut(value, " ")
		if _, signature, signed := strings.Cut(secret, "Signature="); signed {
			secret = signature // of a signed request; what stands before it is no secret
		}
		if ok && (l.Known == nil || !l.Known.Has(secret)) {
			l.Secrets = append(slices.Clone(l.Secrets), secret)
		}
	}
	text, _ := cut(body)
	if push, err := gitpush.Parse(body); err == nil {
		text = push.String()
	}
	if l.made.body != "" && string(body) == l.made.body {
		text = l.made.record
	}
	l.exchange.Unexercised = l.unexercised
	l.exchange.Sent = &targets.Sent{
		At: at.UTC(), Method: r.Method, URL: l.redact(r.URL.String()),
		Headers: l.headers(r.Header, sentHeaders(), own), Body: l.redact(text),
	}
}

// opens records that a conversation over SSH begins.
func (l *Lease) opens(url string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchange.Sent = &targets.Sent{At: at.UTC(), Method: MethodSSH, URL: url, Protocol: MethodSSH}
}

// says records what a conversation sends.
func (l *Lease) says(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchange.Sent.Body = text
}

// ends records how a conversation over SSH ended. What the guard refused was
// not sent.
func (l *Lease) ends(err error, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchange.Sent.Took = took
	var refusal *RefusedError
	switch {
	case errors.As(err, &refusal):
		l.exchange.Refused = l.redact(err.Error())
	case err != nil:
		l.exchange.TransportError = l.redact(err.Error())
	}
}

// Redact takes the lease's secrets out of a text that is to be recorded.
func (l *Lease) Redact(text string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.redact(text)
}

func (l *Lease) failed(err error, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchange.Sent.Took = took
	l.exchange.TransportError = l.redact(err.Error())
}
