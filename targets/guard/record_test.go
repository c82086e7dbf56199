package guard_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

var schemaVersion = schema.GroupVersion{Version: "v1"}

func codecs() runtime.NegotiatedSerializer {
	return serializer.NewCodecFactory(runtime.NewScheme()).WithoutConversion()
}

// TestRecord: what is kept of an answer.
func TestRecord(t *testing.T) {
	long := strings.Repeat("ä", targets.MaxBody)
	for name, c := range map[string]struct {
		code      int
		body      string
		length    string
		keep      []string
		want      string
		cut       int64
		truncated bool
	}{
		"a refusal is kept":                     {code: 403, body: `{"kind":"Status"}`, want: `{"kind":"Status"}`},
		"a success keeps the listed fields":     {code: 200, body: `{"a":{"b":1,"c":2},"d":[3]}`, keep: []string{"/a/b", "/d", "/x"}, want: `{"a":{"b":1},"d":[3]}`},
		"a success keeps the head by default":   {code: 200, body: `{"kind":"Secret","data":{"p":"x"},"metadata":{"name":"n","labels":{"l":"x"},"resourceVersion":"7"}}`, want: `{"kind":"Secret","metadata":{"name":"n","resourceVersion":"7"}}`},
		"a success that is not JSON is dropped": {code: 200, body: "password=x", want: ""},
		"a long refusal is cut, and counted":    {code: 500, body: long, want: long[:targets.MaxBody], cut: int64(len(long) - targets.MaxBody)},
		"half a refusal is marked":              {code: 403, body: `{"kind":`, length: "4096", want: `{"kind":`, truncated: true},
		"half a success is dropped and marked":  {code: 200, body: `{"kind":"Secret","da`, length: "4096", want: "", truncated: true},
		"an answer without a body":              {code: 403, body: "", want: ""},
		"broken text is made whole":             {code: 403, body: "a\xffb", want: "a\ufffdb"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.length != "" {
					w.Header().Set("Content-Length", c.length)
				}
				w.WriteHeader(c.code)
				_, _ = io.WriteString(w, c.body)
			})
			rule := write()
			rule.Keep = c.keep
			x, err := p.try(t, &guard.Lease{Rules: []targets.Rule{rule}}, p.request(t))
			if err != nil {
				t.Fatal(err)
			}
			if x.Status != c.code || x.Body != c.want || x.Cut != c.cut || x.Truncated != c.truncated {
				t.Errorf("status %d, body %.80q, cut %d, truncated %t", x.Status, x.Body, x.Cut, x.Truncated)
			}
		})
	}
}

// FuzzMatch: whatever the path, the query and the body, nothing leaves that
// is not the declared request.
func FuzzMatch(f *testing.F) {
	f.Add("POST", "/things", "dryRun=All", thing)
	f.Add("DELETE", "/things", "dryRun=All&x", `{"metadata":{"name":"sodprobe-1","name":"a"}}`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r, err := http.NewRequest(method, "https://127.0.0.1:1/", strings.NewReader(body))
		if err != nil {
			return
		}
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header.Set("Content-Type", "application/json")
		lease := &guard.Lease{Rules: []targets.Rule{write()}}
		_, err = newGuard("127.0.0.1:1").Over(&http.Transport{}).RoundTrip(r.WithContext(lease.Context(t.Context())))
		if err == nil {
			t.Fatal("there is nobody to answer")
		}
		left := lease.Exchange().Sent != nil
		if left && (method != "POST" || path != "/things" || r.URL.Query().Get("dryRun") != "All" || !strings.Contains(body, "sodprobe-1")) {
			t.Errorf("%s %s?%s %s left", method, path, query, body)
		}
	})
}
