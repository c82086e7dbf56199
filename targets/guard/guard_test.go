package guard_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// peer is a server that counts what arrives, and a guard in front of it.
type peer struct {
	server  *httptest.Server
	arrived atomic.Int64
	send    http.RoundTripper
	host    string
}

// option changes a guard's configuration.
type option func(*guard.Config)

func newPeer(t *testing.T, handler http.HandlerFunc, options ...option) *peer {
	t.Helper()
	p := &peer{}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.arrived.Add(1)
		handler(w, r)
	}))
	p.server.EnableHTTP2 = true
	p.server.StartTLS()
	t.Cleanup(p.server.Close)
	p.host = strings.TrimPrefix(p.server.URL, "https://")
	pool := p.server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	p.send = newGuard(p.host, options...).Over(&http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	})
	return p
}

func newGuard(host string, options ...option) *guard.Guard {
	cfg := guard.Config{
		Host: host, UserAgent: "sodprobe/test", Limit: rate.Inf, Budget: targets.NewBudget(1000), Timeout: 5 * time.Second, Now: time.Now,
		Headers: targets.Headers{Identity: []string{"Impersonate-"}, Sent: []string{"Impersonate-"}},
	}
	for _, o := range options {
		o(&cfg)
	}
	return guard.New(cfg)
}

// write is the rule and the request of a harmless write.
func write() targets.Rule {
	return targets.Rule{
		Method: "POST", Path: "/things", Query: map[string]string{"dryRun": "All"}, Mutating: true,
		Header: map[string]string{"Content-Type": "application/json"}, Body: map[string]string{"/metadata/name": "sodprobe-1"},
	}
}

const thing = `{"metadata":{"name":"sodprobe-1"}}`

func (p *peer) request(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequest("POST", p.server.URL+"/things?dryRun=All", strings.NewReader(thing))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

// try sends a request under a lease and returns what was recorded.
func (p *peer) try(t *testing.T, lease *guard.Lease, r *http.Request) (targets.Exchange, error) {
	t.Helper()
	resp, err := p.send.RoundTrip(r.WithContext(lease.Context(r.Context())))
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return lease.Exchange(), err
}

func ok(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"kind":"Thing","metadata":{"name":"sodprobe-1","uid":"u"},"spec":{"password":"hunter2"}}`)
}

func TestLeasedRequestLeavesAndIsRecorded(t *testing.T) {
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != "sodprobe/test" {
			t.Errorf("user agent %q", r.UserAgent())
		}
		ok(w, r)
	})
	x, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, p.request(t))
	if err != nil || x.Status != 201 || p.arrived.Load() != 1 {
		t.Fatalf("%+v %v", x, err)
	}
	if want := `{"kind":"Thing","metadata":{"name":"sodprobe-1","uid":"u"}}`; x.Body != want {
		t.Errorf("recorded %s, want %s", x.Body, want)
	}
	if x.Sent.Method != "POST" || x.Sent.Body != thing || x.Sent.Protocol != "HTTP/2.0" {
		t.Errorf("%+v", x.Sent)
	}
}

func TestNothingLeavesWithoutALease(t *testing.T) {
	p := newPeer(t, ok)
	if _, err := p.send.RoundTrip(p.request(t)); !errors.Is(err, guard.ErrNoLease) || p.arrived.Load() != 0 {
		t.Errorf("%v, %d arrived", err, p.arrived.Load())
	}
}

// TestRefused: each way in which a request differs from what was declared.
func TestRefused(t *testing.T) {
	body := func(s string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(s)), int64(len(s))
		}
	}
	query := func(s string) func(*http.Request) { return func(r *http.Request) { r.URL.RawQuery = s } }
	header := func(k, v string) func(*http.Request) { return func(r *http.Request) { r.Header[k] = []string{v} } }
	path := func(s string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = s } }
	cases := map[string]func(*http.Request){
		"another method":            func(r *http.Request) { r.Method = "PUT" },
		"another path":              path("/things/1"),
		"a trailing slash":          path("/things/"),
		"a double slash":            path("//things"),
		"a dot segment":             path("/x/../things"),
		"an escaped path":           func(r *http.Request) { r.URL.RawPath = "/%74hings" },
		"an opaque URL":             func(r *http.Request) { r.URL.Opaque = "//" + r.URL.Host + "/things" },
		"a fragment":                func(r *http.Request) { r.URL.Fragment = "x" },
		"no query":                  query(""),
		"a misspelled dryRun":       query("dryrun=All"),
		"another dryRun":            query("dryRun=all"),
		"two dryRuns":               query("dryRun=All&dryRun=All"),
		"a second key":              query("dryRun=All&force=true"),
		"a semicolon":               query("dryRun=All;force=true"),
		"a broken escape":           query("dryRun=All&%zz"),
		"plain http":                func(r *http.Request) { r.URL.Scheme = "http" },
		"another host":              func(r *http.Request) { r.URL.Host = "127.0.0.1:1" },
		"another Host header":       func(r *http.Request) { r.Host = "other.example" },
		"a credential in the URL":   func(r *http.Request) { r.URL.User = url.UserPassword("a", "b") },
		"no content type":           func(r *http.Request) { r.Header.Del("Content-Type") },
		"another content type":      header("Content-Type", "application/yaml"),
		"Idempotency-Key":           header("Idempotency-Key", "1"),
		"X-Idempotency-Key":         header("X-Idempotency-Key", "1"),
		"X-HTTP-Method-Override":    header("X-Http-Method-Override", "DELETE"),
		"Upgrade":                   header("Upgrade", "websocket"),
		"Connection":                header("Connection", "Upgrade"),
		"Expect":                    header("Expect", "100-continue"),
		"Cookie":                    header("Cookie", "a=b"),
		"an identity":               header("Impersonate-User", "root"),
		"an identity in lower case": header("impersonate-user", "root"),
		"a header twice":            func(r *http.Request) { r.Header["Content-Type"] = []string{"application/json", "application/json"} },
		"a transfer encoding":       func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
		"a trailer":                 func(r *http.Request) { r.Trailer = http.Header{"X": {"y"}} },
		"no body":                   func(r *http.Request) { r.Body = nil },
		"another name":              body(`{"metadata":{"name":"api"}}`),
		"a key twice":               body(`{"metadata":{"name":"sodprobe-1"},"metadata":{"name":"api"}}`),
		"a key in another case":     body(`{"metadata":{"name":"sodprobe-1","Name":"api"}}`),
		"an escaped key twice":      body(`{"metadata":{"name":"sodprobe-1","n\u0061me":"api"}}`),
		"an array":                  body(`[` + thing + `]`),
		"two values":                body(thing + thing),
		"a number for a name":       body(`{"metadata":{"name":1}}`),
		"not JSON":                  body(`metadata: {name: sodprobe-1}`),
		"nested too deeply":         body(`{"metadata":{"name":"sodprobe-1"},"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`),
		"a body without an end":     body(`{"metadata":{"name":"sodprobe-1"}`),
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, ok)
			r := p.request(t)
			spoil(r)
			x, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, r)
			var refused *guard.RefusedError
			if !errors.As(err, &refused) || x.Refused == "" || x.Sent != nil || p.arrived.Load() != 0 {
				t.Errorf("%v, %+v, %d arrived", err, x, p.arrived.Load())
			}
		})
	}
}

func TestIdentityMustBeTheLeases(t *testing.T) {
	want := http.Header{"Impersonate-User": {"alice"}, "Impersonate-Group": {"a", "b"}}
	for name, c := range map[string]struct {
		got http.Header
		ok  bool
	}{
		"the same":        {http.Header{"Impersonate-User": {"alice"}, "Impersonate-Group": {"a", "b"}}, true},
		"none":            {http.Header{}, false},
		"another user":    {http.Header{"Impersonate-User": {"bob"}, "Impersonate-Group": {"a", "b"}}, false},
		"a group missing": {http.Header{"Impersonate-User": {"alice"}, "Impersonate-Group": {"a"}}, false},
		"a group more":    {http.Header{"Impersonate-User": {"alice"}, "Impersonate-Group": {"a", "b", "c"}}, false},
		"an extra more":   {http.Header{"Impersonate-User": {"alice"}, "Impersonate-Group": {"a", "b"}, "Impersonate-Extra-X": {"y"}}, false},
	} {
		p := newPeer(t, ok)
		r := p.request(t)
		for k, v := range c.got {
			r.Header[k] = v
		}
		if _, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}, Identity: want}, r); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheInvariantHasTheLastWord(t *testing.T) {
	p := newPeer(t, ok, func(c *guard.Config) {
		c.Invariant = func(_ *http.Request, body []byte, _ []string) error {
			if string(body) != thing {
				t.Errorf("it judges %s", body)
			}
			return errors.New("not today")
		}
	})
	if x, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, p.request(t)); err == nil || !strings.Contains(x.Refused, "not today") || p.arrived.Load() != 0 {
		t.Errorf("%v %+v", err, x)
	}
}

func TestAmbiguousRulesRefuse(t *testing.T) {
	p := newPeer(t, ok)
	if _, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write(), write()}}, p.request(t)); err == nil || p.arrived.Load() != 0 {
		t.Error("two rules match, and it left")
	}
	hole := write()
	hole.Path = "/{name}"
	r := p.request(t)
	r.URL.Path = "/{name}"
	if _, err := p.try(t, &guard.Lease{Rules: []targets.Rule{hole}}, r); err == nil || p.arrived.Load() != 0 {
		t.Error("a rule with a hole matches")
	}
}

func TestALeaseIsForOneRequest(t *testing.T) {
	p := newPeer(t, ok)
	lease := &guard.Lease{Rules: []targets.Rule{write()}}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { _, _ = p.try(t, lease, p.request(t)) })
	}
	group.Wait()
	if p.arrived.Load() != 1 {
		t.Errorf("%d arrived", p.arrived.Load())
	}
	if x := lease.Exchange(); x.Status != 201 || x.Refused != "" {
		t.Errorf("the refusals changed the record: %+v", x)
	}
}

func TestBudget(t *testing.T) {
	budget := targets.NewBudget(2)
	p := newPeer(t, ok, func(c *guard.Config) { c.Budget = budget })
	for i := range 4 {
		_, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, p.request(t))
		if (err == nil) != (i < 2) || (i >= 2 && !errors.Is(err, guard.ErrBudget)) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if budget.Left() != 0 || budget.Used() != 2 || p.arrived.Load() != 2 {
		t.Errorf("left %d, used %d, %d arrived", budget.Left(), budget.Used(), p.arrived.Load())
	}
}

func TestRateLimit(t *testing.T) {
	p := newPeer(t, ok, func(c *guard.Config) { c.Limit = 20 })
	began := time.Now()
	for range 7 {
		if _, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, p.request(t)); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("7 requests at 20 a second took %s", took)
	}
}

// TestHeldBackAfterTheWait: what waited for the rate limit while the run was
// stopped does not leave, whether its context ended or it is asked again.
func TestHeldBackAfterTheWait(t *testing.T) {
	p := newPeer(t, ok, func(c *guard.Config) { c.Limit = 0.01 })
	if _, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, p.request(t)); err != nil {
		t.Fatal(err) // the one that may leave at once
	}
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, stop)
	if x, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, p.request(t).WithContext(ctx)); err == nil || x.Sent != nil {
		t.Errorf("it left after the stop: %v %+v", err, x)
	}
	p = newPeer(t, ok)
	x, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}, Still: func() error { return errors.New("the window is over") }}, p.request(t))
	if err == nil || x.Sent != nil || !strings.Contains(x.Refused, "the window is over") {
		t.Errorf("it left after the window: %v %+v", err, x)
	}
}

// TestTimeoutStartsAfterTheRateLimit: waiting for one's turn does not count.
func TestTimeoutStartsAfterTheRateLimit(t *testing.T) {
	p := newPeer(t, ok, func(c *guard.Config) { c.Limit, c.Timeout = 4, 200*time.Millisecond })
	for i := range 3 {
		if _, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, p.request(t)); err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	}
	slow := newPeer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, func(c *guard.Config) { c.Timeout = 50 * time.Millisecond })
	if x, err := slow.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, slow.request(t)); !errors.Is(err, context.DeadlineExceeded) || x.TransportError == "" {
		t.Errorf("%v %+v", err, x)
	}
}

func TestSecretsAreNotRecorded(t *testing.T) {
	const secret = "s3cr3t/+token-of-some-length"
	once := url.QueryEscape(secret)
	forms := []string{
		secret, once, url.QueryEscape(once), strings.ReplaceAll(secret, "/", `\/`), strings.ReplaceAll(secret, "/", `\u002f`),
		strings.ReplaceAll(secret, "/", "&#x2F;"), hex.EncodeToString([]byte(secret)), secret[:12] + "\r\n " + secret[12:],
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte("a" + secret)),
		base64.StdEncoding.EncodeToString([]byte("ab" + secret + "c")),
	}
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Warning", "you sent "+secret)
		w.Header().Set("Set-Cookie", "a="+secret)
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprint(w, r.Header.Get("Authorization"), forms)
	})
	r := p.request(t)
	r.Header.Set("Authorization", "Bearer "+secret)
	x, err := p.try(t, &guard.Lease{Rules: []targets.Rule{write()}}, r) // the guard sees the credential itself
	if err != nil {
		t.Fatal(err)
	}
	record := fmt.Sprintf("%+v %+v", x, *x.Sent)
	for _, form := range forms {
		for i := 0; i+14 <= len(form); i++ {
			if strings.Contains(record, form[i:i+14]) {
				t.Fatalf("a part of %s is in %s", form, record)
			}
		}
	}
	if !strings.Contains(x.Body, "[redacted]") {
		t.Errorf("a redaction does not show: %s", x.Body)
	}
}
