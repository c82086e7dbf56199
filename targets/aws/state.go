package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sodprobe/sodprobe/targets"
)

// readerKeys are an observer's session, which serves until shortly before it
// ends.
type readerKeys struct {
	mu    sync.Mutex
	keys  Keys
	until time.Time
}

// reading returns keys that may read and nothing else.
func (s *Session) reading(ctx context.Context) (Keys, string) {
	a := s.account
	a.mu.Lock()
	r := a.readers[s.identity.ID]
	if r == nil {
		r = &readerKeys{}
		a.readers[s.identity.ID] = r
	}
	a.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := a.cfg.Now(); r.keys.ID == "" || !now.Before(r.until) {
		keys, _, problem := s.fresh(ctx, readOnly(), false, nil)
		if problem != "" {
			return Keys{}, problem
		}
		r.keys, r.until = keys, now.Add(Life*time.Second*2/3)
	}
	return r.keys, ""
}

// Read reads one object as an observer. The digest is over the fields that an
// attempt would change; nothing of the answer is recorded. A field is a JSON
// pointer in which * stands for every element of a list.
func (s *Session) Read(ctx context.Context, q targets.StateQuery) targets.StateRead {
	keys, problem := s.reading(ctx)
	if problem != "" {
		return targets.StateRead{Problem: "the observer cannot read: " + problem}
	}
	x, v := s.account.ask(ctx, keys, q.Request, nil, nil)
	read := targets.StateRead{Exchange: x}
	head := q.Request.Method == http.MethodHead
	switch {
	case head && x.Status == http.StatusNotFound && header(x, "X-Amz-Request-Id") != "":
		read.Read = true
	case x.Status/100 == 2 && !x.Truncated && (v != nil || head):
		if v == nil { // what stands in the headers of S3
			v = headers(x)
		}
		// A list of what is asked for may come back empty.
		read.Read, read.Exists = true, len(q.Fields) == 0 || found(v, q.Fields[0])
		if other := anothers(v, q.Whose); read.Exists && other != "" {
			read.Exists, read.Problem = false, other
			return read
		}
		whole, err := json.Marshal(v)
		if err != nil {
			return targets.StateRead{Exchange: x, Problem: "the answer cannot be read: " + err.Error()}
		}
		read.Digest, read.Marks = digest(v, q.Fields), targets.Marks(string(whole), s.account.cfg.Marker)
		read.Ours = len(read.Marks) > 0
	case Classify(targets.Case{Exchange: x}).Class == targets.TargetMissing:
		read.Read = true
	default:
		read.Problem = "the observer cannot read it: " + meaning(x)
	}
	return read
}

// found reports whether a field leads to anything.
func found(v any, field string) bool {
	switch got := pick(v, strings.Split(strings.TrimPrefix(field, "/"), "/")).(type) {
	case nil:
		return false
	case []string:
		return len(got) > 0 && got[0] != "null"
	default:
		return got != ""
	}
}

// anothers says that what was read is not whose it has to be, "" where it is.
func anothers(v any, whose map[string]string) string {
	for pointer, want := range whose {
		got := pick(v, strings.Split(strings.TrimPrefix(pointer, "/"), "/"))
		if list, ok := got.([]string); ok && len(list) == 1 {
			_ = json.Unmarshal([]byte(list[0]), &got) // pick wrote it; what is no text fits nothing
		}
		if text, ok := got.(string); !ok || !wildcard(want, text) {
			return fmt.Sprintf("it says %v at %s, and not %s", got, pointer, want)
		}
	}
	return ""
}

func headers(x targets.Exchange) any {
	out := map[string]any{}
	for name, value := range x.Headers {
		out[name] = value
	}
	return out
}

// digest is the SHA-256, in hex, over the fields.
func digest(v any, fields []string) string {
	picked := map[string]any{}
	for _, f := range fields {
		picked[f] = pick(v, strings.Split(strings.TrimPrefix(f, "/"), "/"))
	}
	b, err := json.Marshal(picked)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// pick follows a path, nil where it leads nowhere. The order of a list says
// nothing, so its elements are sorted; a list of one element looks in XML as
// the element itself.
func pick(v any, path []string) any {
	if len(path) == 0 {
		return v
	}
	if path[0] == "*" {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		var out []string
		for _, element := range list {
			b, err := json.Marshal(pick(element, path[1:]))
			if err != nil {
				return nil
			}
			out = append(out, string(b))
		}
		slices.Sort(out)
		return out
	}
	in, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	return pick(in[path[0]], path[1:])
}
