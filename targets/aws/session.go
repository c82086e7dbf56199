package aws

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// Session acts as one identity. It is safe for concurrent use.
type Session struct {
	account  *Account
	identity targets.Identity
	want     string // the ARN that the server must report
}

// Assume implements targets.Connected: it prepares to act as an identity, and sends
// nothing.
func (a *Account) Assume(ctx context.Context, id targets.Identity) (targets.Session, error) {
	s, err := a.assume(ctx, id)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// assume prepares to act as an identity. It sends nothing.
func (a *Account) assume(_ context.Context, id targets.Identity) (*Session, error) {
	if on(id) == nil {
		return nil, fmt.Errorf("identity %s has no aws block", id.ID)
	}
	s := &Session{account: a, identity: id, want: on(id).Principal}
	if role := on(id).Role(); role != "" {
		s.want = a.sessionARN(role, s.called())
	}
	return s, nil
}

// Send sends one call as the identity, once, in a fresh session that can do
// nothing else, and returns what was recorded: how the session was made and
// who it is stand as steps before the answer, who it still is after it.
func (s *Session) Send(ctx context.Context, call targets.Call) targets.Exchange {
	r, resource := call.Request, call.Request.Resource
	if targets.EndsInMark(resource, s.account.cfg.Marker) {
		resource = "*" // what does not exist may match no resource, and the fence must not be what refuses
	}
	policy := fence(r.Action, resource, r.Dependents)
	if call.Null {
		policy = without(r.Dependents)
	}
	if call.Null && on(s.identity).Role() == "" {
		return targets.Exchange{Unfit: "no session policy can be passed with a profile, so that its rights cannot be taken away"}
	}
	keys, steps, problem := s.fresh(ctx, policy, r.Action == "sts:AssumeRole", call.Still)
	if problem != "" {
		return unmade("the session could not be made: "+problem, steps)
	}
	who, x := s.caller(ctx, keys)
	steps = append(steps, x)
	if who.problem != "" {
		return unmade("the session is not proven: "+who.problem, steps)
	}
	x = s.attempt(ctx, keys, call)
	x.Steps = steps
	if x.Sent != nil {
		_, after := s.caller(ctx, keys)
		x.After = []targets.Exchange{after}
		if record, ok := s.account.recordOf(ctx, r.Service, x); ok {
			x.After = append(x.After, record)
		}
	}
	return x
}

// unmade is an attempt that ended with its last step.
func unmade(why string, steps []targets.Exchange) targets.Exchange {
	out := targets.Exchange{Steps: steps}
	switch last := len(steps) - 1; {
	case last >= 0 && steps[last].TransportError != "":
		out.TransportError = why
	case last >= 0 && steps[last].Refused != "":
		out.Refused = why
	default:
		out.Unfit = why
	}
	return out
}

// attempt sends the call itself. A web identity's token takes the place that
// the probe left for it, and such a request is not signed.
func (s *Session) attempt(ctx context.Context, keys Keys, call targets.Call) targets.Exchange {
	lease := &guard.Lease{Rules: call.Rules, Still: call.Still}
	r := call.Request
	if bytes.Contains(r.Body, []byte(TokenHere)) {
		w := on(s.identity).WebIdentity
		if w == nil {
			return targets.Exchange{Unfit: s.identity.ID + " has no web identity"}
		}
		token, err := s.account.cfg.Secret(w.Token)
		if err != nil {
			return targets.Exchange{Unfit: err.Error()}
		}
		r.Body = bytes.ReplaceAll(r.Body, []byte(TokenHere), []byte(url.QueryEscape(token)))
		lease.Secrets, keys = []string{token}, Keys{}
	}
	r.Body = s.named(r)
	x, _ := s.account.do(ctx, lease, keys, r)
	return x
}

// named is the body of a request, in which the session that it asks for is called
// as the identity's are in life: a trust policy may look at that.
func (s *Session) named(r targets.Request) []byte {
	if r.Action != "sts:AssumeRole" || on(s.identity).SessionName == "" {
		return r.Body
	}
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return r.Body
	}
	form.Set("RoleSessionName", on(s.identity).SessionName)
	return []byte(form.Encode())
}

// do signs one request and lets it leave. The body is nil where no whole
// answer came.
func (a *Account) do(ctx context.Context, lease *guard.Lease, keys Keys, r targets.Request) (targets.Exchange, []byte) {
	req, err := http.NewRequestWithContext(lease.Context(ctx), r.Method, "https://"+a.hosts[r.Service]+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return targets.Exchange{Refused: "build the request: " + err.Error()}, nil
	}
	values := url.Values{}
	for k, v := range r.Query {
		values.Set(k, v)
	}
	req.URL.RawQuery = values.Encode()
	if len(r.Body) == 0 {
		req.Body, req.GetBody = nil, nil
	}
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	if keys.ID != "" {
		if err := a.sign(ctx, req, keys, r); err != nil {
			return targets.Exchange{Refused: "sign the request: " + err.Error()}, nil
		}
		lease.Identity = http.Header{"Authorization": req.Header.Values("Authorization")}
		if keys.Token != "" {
			lease.Identity["X-Amz-Security-Token"] = []string{keys.Token}
		}
		lease.Secrets = append(lease.Secrets, keys.Secret, keys.Token)
	}
	resp, err := a.client.Do(req)
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

func (a *Account) sign(ctx context.Context, req *http.Request, keys Keys, r targets.Request) error {
	sum := sha256.Sum256(r.Body)
	hash := hex.EncodeToString(sum[:])
	s3 := r.Service == "s3"
	if s3 {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	in := a.services[r.Service]
	return a.signer.SignHTTP(ctx, keys.sdkKeys(), req, hash, cmp.Or(in.signs, r.Service), in.region, a.cfg.Now(), func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = s3 // S3 signs the path as it is
	})
}

// ask sends one of the adapter's own questions, which the rule allows to the
// letter.
func (a *Account) ask(
	ctx context.Context,
	keys Keys,
	r targets.Request,
	still func() error,
	secrets []string,
	keep ...string,
) (targets.Exchange, any) {
	if keep == nil {
		keep = []string{}
	}
	lease := &guard.Lease{Still: still, Secrets: secrets, Rules: []targets.Rule{exactly(r, keep)}}
	x, body := a.do(ctx, lease, keys, r)
	if body == nil || x.Status/100 != 2 {
		return x, nil
	}
	v, err := document.Read(body)
	if err != nil {
		return x, nil
	}
	return x, v
}

// exactly is the rule that one request fits and no other.
func exactly(r targets.Request, keep []string) targets.Rule {
	rule := targets.Rule{Service: r.Service, Method: r.Method, Path: r.Path, Query: r.Query, Header: r.Header, Keep: keep}
	if len(r.Body) > 0 {
		rule.Text = string(r.Body)
	}
	return rule
}

// text follows a path through a document to a text, "" where there is none.
func text(v any, path string) string {
	s, _ := pick(v, strings.Split(strings.TrimPrefix(path, "/"), "/")).(string)
	return s
}
