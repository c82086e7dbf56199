package guard

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
	"github.com/sodprobe/sodprobe/targets/redact"
)

// maxAnswer is how much of an answer is read at all, in bytes.
const maxAnswer = 8 << 20

// sentHeaders and answerHeaders are worth recording of whichever system.
func sentHeaders() []string {
	return []string{"Accept", "Content-Type", "If-Match", "If-Unmodified-Since", "User-Agent"}
}

func answerHeaders() []string {
	return []string{
		"Content-Type", "Date", "Etag", "Location", "Retry-After", "Server", "Via", "Warning", "Www-Authenticate", "X-Request-Id",
	}
}

// headers keeps those on a list, and those on the system's own.
func (l *Lease) headers(h http.Header, keep, own []string) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		if targets.Listed(keep, name) || targets.Listed(own, name) {
			text := l.redact(strings.Join(values, ", "))
			if name == "Location" {
				text, _, _ = strings.Cut(text, "?")
			}
			out[name] = text
		}
	}
	return out
}

// answered records an answer, and returns it with its body read.
func (l *Lease) answered(resp *http.Response, rule targets.Rule, own []string, took func() time.Duration) *http.Response {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	_ = resp.Body.Close() // read to its end, or broken
	l.mu.Lock()
	defer l.mu.Unlock()
	x := &l.exchange
	x.Sent.Took, x.Sent.Protocol = took(), resp.Proto
	x.Status, x.Headers = resp.StatusCode, l.headers(resp.Header, answerHeaders(), own)
	x.Peer = peer(resp.TLS)
	x.Truncated = err != nil || len(body) > maxAnswer
	switch {
	case resp.StatusCode/100 == 2 && !x.Truncated:
		if v, err := document.Read(body); err == nil {
			l.document, x.Body = v, l.redact(reduce(v, rule.Keep))
		}
	case resp.StatusCode/100 == 2: // half a 2xx body is never stored: its parts cannot be told apart
	default:
		var text string
		text, x.Cut = cut([]byte(l.redact(string(body))))
		x.Body = text
	}
	if !x.Truncated {
		l.discovers(resp, body)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if x.Truncated {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{}))
	}
	return resp
}

// peer is the digest of the certificate that a server showed.
func peer(s *tls.ConnectionState) string {
	if s == nil || len(s.PeerCertificates) == 0 {
		return ""
	}
	sum := sha256.Sum256(s.PeerCertificates[0].Raw)
	return hex.EncodeToString(sum[:])
}

// broken ends a body that did not end well.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// cut keeps the first MaxBody bytes, whole characters, and counts the rest.
func cut(body []byte) (string, int64) {
	if len(body) <= targets.MaxBody {
		return strings.ToValidUTF8(string(body), "\ufffd"), 0
	}
	end := targets.MaxBody
	for end > 0 && !utf8.RuneStart(body[end]) {
		end--
	}
	return strings.ToValidUTF8(string(body[:end]), "\ufffd"), int64(len(body) - end)
}

// reduce keeps only the listed fields of a 2xx body, as JSON, also where it is
// XML. What is neither was dropped before.
func reduce(v any, keep []string) string {
	if keep == nil {
		keep = []string{"/kind", "/metadata/name", "/metadata/uid", "/metadata/resourceVersion"}
	}
	out := map[string]any{}
	for _, pointer := range keep {
		if found, ok := document.At(v, pointer); ok {
			place(out, strings.Split(strings.TrimPrefix(pointer, "/"), "/"), found)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return ""
	}
	return string(b)
}

// place puts a value at a path of objects. What stands there already is the answer's
// own, and is copied.
func place(out map[string]any, path []string, v any) {
	for _, part := range path[:len(path)-1] {
		next, ok := out[part].(map[string]any)
		if !ok {
			next = map[string]any{}
		}
		next = maps.Clone(next)
		out[part], out = next, next
	}
	out[path[len(path)-1]] = v
}

// Redacted stands where a secret stood.
const Redacted = redact.Mark

// redact takes the lease's secrets out, however they are written.
func (l *Lease) redact(s string) string {
	if l.Known != nil {
		s = l.Known.Text(s)
	}
	if len(l.Secrets) == 0 {
		return s
	}
	l.own.Add(l.Secrets...)
	return l.own.Text(s)
}
