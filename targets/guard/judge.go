package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

// maxRequest is the longest body that may leave, in bytes.
const maxRequest = 1 << 20

// judge decides whether a request may leave, on the bytes that would. It
// returns the body and the one rule that matched.
func (g *guarded) judge(r *http.Request, l *Lease) ([]byte, targets.Rule, error) {
	defer drain(r.Body)
	if err := g.destination(r); err != nil {
		return nil, targets.Rule{}, err
	}
	if err := g.headers(r.Header, l.Identity); err != nil {
		return nil, targets.Rule{}, err
	}
	query, err := strictQuery(r.URL)
	if err != nil {
		return nil, targets.Rule{}, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, targets.Rule{}, err
	}
	p, err := g.bodies.read(r.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, targets.Rule{}, err
	}
	p.history, p.host, p.replaced = l.History, g.host, string(l.Replacement())
	p.seen, _ = l.Advertised() // where nothing was advertised, no push fits
	rule, err := match(l.Rules, r, query, p)
	if err != nil {
		return nil, targets.Rule{}, err
	}
	if rule.Mutating && len(body) == 0 {
		return nil, targets.Rule{}, refuse("a mutating request without a body could be sent again by the transport")
	}
	if err := l.ready(rule); err != nil {
		return nil, targets.Rule{}, err
	}
	if g.cfg.Invariant != nil {
		if err := g.cfg.Invariant(r, body, l.facts()); err != nil {
			return nil, targets.Rule{}, refuse("%v", err)
		}
	}
	return body, rule, nil
}

// destination checks where a request goes.
func (g *guarded) destination(r *http.Request) error {
	u := r.URL
	switch {
	case u.Scheme != "https":
		return refuse("scheme %q, want https", u.Scheme)
	case !g.known(u.Host) || (r.Host != "" && r.Host != u.Host):
		return refuse("host %q (%q) is not the target's", u.Host, r.Host)
	case u.User != nil:
		return refuse("a credential in the URL")
	case u.Opaque != "" || u.Fragment != "" || u.RawFragment != "":
		return refuse("an opaque URL or a fragment")
	case strings.Contains(strings.ReplaceAll(u.EscapedPath(), "%2F", ""), "%"):
		return refuse("an escaped path %q", u.EscapedPath())
	case path.Clean(u.Path) != u.Path:
		return refuse("a path %q that is not in its clean form", u.Path)
	}
	return nil
}

// known reports whether a host is the target's.
func (g *Guard) known(host string) bool {
	if g.cfg.Services == nil {
		return host == g.cfg.Host
	}
	return slices.Contains(slices.Collect(maps.Values(g.cfg.Services)), host)
}

// host is the authority of a service, "" for none.
func (g *Guard) host(service string) string {
	if g.cfg.Services == nil && service == "" {
		return g.cfg.Host
	}
	return g.cfg.Services[service]
}

// allowedHeaders may stand in a request, besides those that say who asks.
func allowedHeaders() []string {
	return []string{"Accept", "Accept-Encoding", "Authorization", "Content-Length", "Content-Type", "User-Agent"}
}

// headers checks that nothing but known headers goes out, each once, and that
// exactly the leased identity does.
func (g *Guard) headers(h, identity http.Header) error {
	got := http.Header{}
	for name, values := range h {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case name != canonical:
			return refuse("header %q is not in its canonical form", name)
		case targets.Listed(g.cfg.Headers.Identity, canonical), canonical == "Authorization" && identity[canonical] != nil:
			got[canonical] = values
		case !slices.Contains(allowedHeaders(), canonical) && !targets.Listed(g.cfg.Headers.Allowed, canonical):
			return refuse("header %q is not on the list", name)
		case len(values) != 1:
			return refuse("header %q appears %d times", name, len(values))
		}
	}
	if !maps.EqualFunc(got, identity, slices.Equal) {
		return refuse("the identity headers are not those of the lease")
	}
	return nil
}

// strictQuery reads a query in which each key stands once.
func strictQuery(u *url.URL) (map[string]string, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, refuse("the query cannot be read: %v", err)
	}
	out := map[string]string{}
	for k, v := range values {
		if len(v) != 1 {
			return nil, refuse("the query has %q %d times", k, len(v))
		}
		out[k] = v[0]
	}
	if u.ForceQuery {
		return nil, refuse("an empty query")
	}
	return out, nil
}

func readBody(r *http.Request) ([]byte, error) {
	if len(r.TransferEncoding) > 0 || len(r.Trailer) > 0 {
		return nil, refuse("a transfer encoding or a trailer")
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	switch {
	case err != nil:
		return nil, refuse("the body cannot be read: %v", err)
	case len(body) > maxRequest:
		return nil, refuse("the body is longer than %d bytes", maxRequest)
	}
	return body, nil
}

// read reads a body by its type.
func read(kind string, body []byte) (payload, error) {
	p := payload{text: string(body)}
	var err error
	switch kind {
	case gitpush.ContentType:
		p.push, err = parsedPush(body)
	case "application/x-www-form-urlencoded":
		p.document, err = form(p.text)
	default:
		p.document, err = object(body)
		if err != nil { // then it is a text, for which a rule has to say which
			p.broken, err = err, nil
		}
	}
	return p, err
}

// form reads the body of a query protocol, in which each key stands once.
func form(body string) (map[string]any, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, refuse("the body is not a form: %v", err)
	}
	out := map[string]any{}
	for k, v := range values {
		if len(v) != 1 {
			return nil, refuse("the body has %q %d times", k, len(v))
		}
		out[k] = v[0]
	}
	return out, nil
}

// object reads a body as one JSON object without duplicate keys; no body is
// an empty object. Servers disagree about duplicates, so none may leave.
func object(body []byte) (map[string]any, error) {
	if len(body) == 0 {
		return map[string]any{}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	v, err := value(dec, 0)
	if err != nil {
		return nil, refuse("the body is not one JSON object without duplicate keys: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse("something follows the body's JSON object")
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, refuse("the body is not a JSON object")
	}
	return o, nil
}

// value reads one JSON value.
func value(dec *json.Decoder, depth int) (any, error) {
	if depth > 64 {
		return nil, errors.New("nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return members(dec, depth)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := value(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	default:
		return token, nil
	}
}

func members(dec *json.Decoder, depth int) (any, error) {
	out, folded := map[string]any{}, map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		// Some decoders fold case, so keys that differ in case alone are
		// duplicates as well.
		if !ok || folded[strings.ToLower(name)] {
			return nil, errors.New("a duplicate key")
		}
		folded[strings.ToLower(name)] = true
		if out[name], err = value(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return out, err
}
