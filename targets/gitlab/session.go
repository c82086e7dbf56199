package gitlab

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/xanzy/go-gitlab"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// api is the path below which the REST API lies.
const api = "/api/v4/"

// Session acts as one identity. It is safe for concurrent use.
type Session struct {
	project  *Project
	identity targets.Identity
	as       *credential
}

// Assume implements targets.Connected: it prepares to act as an identity, and sends
// nothing.
func (p *Project) Assume(ctx context.Context, id targets.Identity) (targets.Session, error) {
	s, err := p.assume(ctx, id)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// assume prepares to act as an identity. It sends nothing.
func (p *Project) assume(_ context.Context, id targets.Identity) (*Session, error) {
	c, err := p.credential(id)
	if err != nil {
		return nil, err
	}
	return &Session{project: p, identity: id, as: c}, nil
}

// reader acts as the observer who reads what a request's safety depends on.
func (p *Project) reader(ctx context.Context) (*Session, error) { return p.assume(ctx, p.cfg.Reader) }

// Send sends one call as the identity, once, and returns what was recorded.
// What its safety depends on is read before, and stands in the record as its
// steps; where that does not hold, nothing is sent.
func (s *Session) Send(ctx context.Context, call targets.Call) targets.Exchange {
	if call.Request.Push != nil {
		return s.push(ctx, call)
	}
	lease := s.lease(call.Rules)
	lease.Still = call.Still
	steps, stop := s.project.prepare(ctx, lease)
	if stop != nil {
		stop.Steps = steps
		return *stop
	}
	var x targets.Exchange
	if call.Request.Path == registryAuth {
		x = s.askRegistry(ctx, lease, call.Request)
	} else {
		x, _ = s.rest(ctx, lease, call.Request)
	}
	x.Steps = steps
	return x
}

// lease is the permission for one request as this identity.
func (s *Session) lease(rules []targets.Rule) *guard.Lease {
	return &guard.Lease{
		Rules: rules, Identity: http.Header{"Private-Token": {s.as.token}},
		Secrets: []string{s.as.token}, // also as it stands in the header of a push, whose base64 has the name before it
	}
}

// rest sends one call to the REST API, and returns the record and, of an
// answer that is a success, the whole body for the adapter's own eyes.
func (s *Session) rest(ctx context.Context, lease *guard.Lease, r targets.Request) (targets.Exchange, []byte) {
	path, ok := strings.CutPrefix(r.Path, api)
	if !ok {
		return targets.Exchange{Refused: fmt.Sprintf("the path %q is not the REST API's", r.Path)}, nil
	}
	req, err := s.as.api.NewRequest(r.Method, path, nil, []gitlab.RequestOptionFunc{
		gitlab.WithContext(lease.Context(ctx)), content(r),
	})
	if err != nil {
		return targets.Exchange{Refused: "build the request: " + err.Error()}, nil
	}
	var body bytes.Buffer
	_, err = s.as.api.Do(req, &body)
	x := lease.Exchange()
	if err != nil && x.Sent == nil && x.Refused == "" {
		x.Refused = "the credential could not be used: " + lease.Redact(err.Error())
	}
	return x, body.Bytes()
}

// content puts a request's query, headers and body into go-gitlab's request.
func content(r targets.Request) gitlab.RequestOptionFunc {
	return func(req *retryablehttp.Request) error {
		req.URL.RawQuery = query(r)
		for k, v := range r.Header {
			req.Header.Set(k, v)
		}
		if len(r.Body) == 0 {
			return nil
		}
		return req.SetBody(r.Body)
	}
}

func query(r targets.Request) string {
	values := url.Values{}
	for k, v := range r.Query {
		values.Set(k, v)
	}
	return values.Encode()
}

// get reads one path of the REST API.
func (s *Session) get(ctx context.Context, path string, query map[string]string, keep ...string) (targets.Exchange, []byte) {
	if keep == nil {
		keep = []string{}
	}
	return s.rest(ctx, s.lease([]targets.Rule{{Method: http.MethodGet, Path: path, Query: query, Keep: keep}}),
		targets.Request{Method: http.MethodGet, Path: path, Query: query})
}

// direct sends one request to a path outside the REST API, with the basic
// credentials that git and the registry want. The body is nil where no whole
// answer came.
func (s *Session) direct(ctx context.Context, lease *guard.Lease, r targets.Request) (targets.Exchange, []byte) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.as.username+":"+s.as.token))
	lease.Identity = http.Header{"Authorization": {basic}}
	u := s.project.base + r.Path
	if len(r.Query) > 0 {
		u += "?" + query(r)
	}
	req, err := http.NewRequestWithContext(lease.Context(ctx), r.Method, u, bytes.NewReader(r.Body))
	if err != nil {
		return targets.Exchange{Refused: "build the request: " + err.Error()}, nil
	}
	if len(r.Body) == 0 {
		req.Body, req.GetBody = nil, nil
	}
	req.Header.Set("Authorization", basic)
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	resp, err := s.project.client.Do(req)
	x := lease.Exchange()
	if err != nil {
		if x.Sent == nil && x.Refused == "" {
			x.Refused = lease.Redact(err.Error())
		}
		return x, nil
	}
	defer func() { _ = resp.Body.Close() }() // the guard has read it
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return x, nil // the exchange says that it is truncated
	}
	return x, body
}
