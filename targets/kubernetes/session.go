package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// Session acts as one identity. It is safe for concurrent use.
type Session struct {
	cluster  *Cluster
	as       *credential
	identity targets.Identity
	// headers are the identity's Impersonate-* headers, nil for none.
	headers http.Header
}

// Assume implements targets.Connected: it prepares to act as an identity, and sends
// nothing.
func (c *Cluster) Assume(ctx context.Context, id targets.Identity) (targets.Session, error) {
	s, err := c.assume(ctx, id)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// assume prepares to act as an identity. It sends nothing.
func (c *Cluster) assume(_ context.Context, id targets.Identity) (*Session, error) {
	k := on(id)
	if k == nil {
		return nil, fmt.Errorf("identity %s has no kubernetes block", id.ID)
	}
	s := &Session{cluster: c, as: c.prober, identity: id}
	if k.Context == "" {
		s.headers = impersonation(*k)
		return s, nil
	}
	var err error
	if s.as, err = c.context(k.Context); err != nil {
		return nil, fmt.Errorf("act as %s: %w", id.ID, err)
	}
	return s, nil
}

// impersonation returns the headers that name an identity.
func impersonation(k Identity) http.Header {
	h := http.Header{"Impersonate-User": {k.Principal()}}
	if i := k.Impersonate; i != nil {
		if len(i.Groups) > 0 {
			h["Impersonate-Group"] = i.Groups
		}
		if i.UID != "" {
			h.Set("Impersonate-Uid", i.UID)
		}
		for key, values := range i.Extra {
			h[http.CanonicalHeaderKey("Impersonate-Extra-"+url.PathEscape(strings.ToLower(key)))] = values
		}
	}
	return h
}

// Send sends one call as the identity, once, and returns what was recorded.
// What its rules rest on is read before, and stands in the record as its steps;
// where that does not hold, nothing is sent.
func (s *Session) Send(ctx context.Context, call targets.Call) targets.Exchange {
	lease := s.lease(call)
	var steps []targets.Exchange
	if restful(call.Rules) {
		var problem string
		if steps, problem = s.cluster.prepare(ctx, lease); problem != "" {
			return targets.Exchange{Steps: steps, Unfit: problem}
		}
		if body := lease.Replacement(); body != nil {
			call.Request.Body = body
		}
	}
	x, _ := s.exchange(ctx, lease, call)
	x.Steps = steps
	return x
}

// restful reports whether a request rests on something that is read before it.
func restful(rules []targets.Rule) bool {
	return slices.ContainsFunc(rules, func(r targets.Rule) bool { return len(r.Prepare) > 0 || r.Replace != nil })
}

// lease is the permission for one call as the identity.
func (s *Session) lease(call targets.Call) *guard.Lease {
	identity := s.headers
	if other, ok := call.Request.Header["Impersonate-User"]; ok && identity == nil {
		identity = http.Header{"Impersonate-User": {other}} // the attempt itself: its rule names the header, too
	}
	return &guard.Lease{Rules: call.Rules, Identity: identity, Still: call.Still, Known: s.as.secrets}
}

// exchange sends one call and returns the record, and the answer's whole
// body for the adapter's own eyes.
func (s *Session) exchange(ctx context.Context, lease *guard.Lease, call targets.Call) (targets.Exchange, []byte) {
	r, err := s.cluster.request(lease.Context(ctx), call, lease.Identity)
	if err != nil {
		return targets.Exchange{Refused: err.Error()}, nil
	}
	resp, err := s.as.send.RoundTrip(r)
	if err != nil {
		x := lease.Exchange()
		if x.TransportError == "" && x.Refused == "" {
			x.Refused = "the credential could not be used: " + err.Error()
		}
		return x, nil
	}
	defer func() { _ = resp.Body.Close() }() // the guard has read it
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		body = nil // the exchange says that it is truncated
	}
	return lease.Exchange(), body
}

// request builds what leaves.
func (c *Cluster) request(ctx context.Context, call targets.Call, identity http.Header) (*http.Request, error) {
	u := c.base + call.Request.Path
	if len(call.Request.Query) > 0 {
		values := url.Values{}
		for k, v := range call.Request.Query {
			values.Set(k, v)
		}
		u += "?" + values.Encode()
	}
	var body io.Reader
	if len(call.Request.Body) > 0 {
		body = bytes.NewReader(call.Request.Body)
	}
	r, err := http.NewRequestWithContext(ctx, call.Request.Method, u, body)
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	for k, v := range call.Request.Header {
		r.Header.Set(k, v)
	}
	for k, v := range identity {
		r.Header[k] = v
	}
	if call.ID != "" {
		r.Header.Set("Audit-Id", call.ID)
	}
	return r, nil
}

// ask sends one of the adapter's own questions.
func (s *Session) ask(ctx context.Context, call targets.Call) (targets.Exchange, []byte) {
	return s.exchange(ctx, s.lease(call), call)
}

// review posts a review of the caller itself. The server stores none, so the
// rule is not a mutating one.
func (s *Session) review(ctx context.Context, path, kind string, spec, out any, keep ...string) targets.Exchange {
	group := strings.TrimPrefix(path[:strings.LastIndex(path, "/")], "/apis/")
	o := map[string]any{"apiVersion": group, "kind": kind}
	if spec != nil {
		o["spec"] = spec
	}
	body, err := json.Marshal(o)
	if err != nil {
		return targets.Exchange{Refused: err.Error()}
	}
	header := map[string]string{"Content-Type": "application/json"}
	x, answer := s.ask(ctx, targets.Call{
		Request: targets.Request{Method: http.MethodPost, Path: path, Header: header, Body: body},
		Rules: []targets.Rule{{
			Method: http.MethodPost, Path: path, Header: header, Body: map[string]string{"/kind": kind}, Keep: keep,
		}},
	})
	if x.Status == http.StatusCreated && !x.Truncated && json.Unmarshal(answer, out) != nil {
		x.Truncated = true // an answer that cannot be read is not whole
	}
	return x
}

// get reads one path.
func (s *Session) get(ctx context.Context, path, accept string, keep ...string) (targets.Exchange, []byte) {
	return s.ask(ctx, reads(path, accept, keep))
}

// document reads one path, and returns the answer as document.Read reads it; nil where
// it is no document, or no success.
func (s *Session) document(ctx context.Context, path string, keep []string) (targets.Exchange, any) {
	call := reads(path, "application/json", keep)
	lease := s.lease(call)
	x, _ := s.exchange(ctx, lease, call)
	return x, lease.Document()
}

func reads(path, accept string, keep []string) targets.Call {
	header := map[string]string{"Accept": accept}
	return targets.Call{
		Request: targets.Request{Method: http.MethodGet, Path: path, Header: header},
		Rules:   []targets.Rule{{Method: http.MethodGet, Path: path, Header: header, Keep: keep}},
	}
}
