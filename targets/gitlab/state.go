package gitlab

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Read reads one object, or a list of them, as an observer. The digest is over
// the fields that an attempt would change; nothing of the answer is recorded,
// since it may hold secrets. A field is a JSON pointer in which * stands for
// every element of a list.
func (s *Session) Read(ctx context.Context, q targets.StateQuery) targets.StateRead {
	x, body := s.get(ctx, q.Request.Path, q.Request.Query)
	read := targets.StateRead{Exchange: x}
	switch {
	case x.Status == http.StatusOK && !x.Truncated:
		var v any
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber() // a digest must tell large numbers apart
		if err := dec.Decode(&v); err != nil {
			read.Problem = "the answer cannot be read"
			return read
		}
		read.Read, read.Exists = true, true
		if other := anothers(v, q.Whose); other != "" {
			read.Exists, read.Problem = false, other
			return read
		}
		read.Digest, read.Marks = digest(v, q.Fields), targets.Marks(string(body), s.project.cfg.Marker)
		read.Ours = len(read.Marks) > 0
	case x.Status == http.StatusNotFound && absent(x):
		read.Read = true
	default:
		read.Problem = "the observer cannot read it: " + Classify(targets.Case{Exchange: x}).Reason
	}
	return read
}

// anothers says that what was read is not whose it has to be, "" where it is.
func anothers(v any, whose map[string]string) string {
	for pointer, want := range whose {
		if got := field(v, strings.Split(strings.TrimPrefix(pointer, "/"), "/")); got != want {
			return fmt.Sprintf("it is %v's, and has to be %s's", got, want)
		}
	}
	return ""
}

// absent reports whether the server says that the very object is not there,
// and not that the project is not.
func absent(x targets.Exchange) bool {
	e, ok := envelope(x)
	return ok && len(e.texts) == 1 && strings.HasPrefix(e.texts[0], "404 ") && e.texts[0] != "404 Project Not Found"
}

// digest is the SHA-256, in hex, over the fields.
func digest(v any, fields []string) string {
	picked := map[string]any{}
	for _, f := range fields {
		picked[f] = field(v, strings.Split(strings.TrimPrefix(f, "/"), "/"))
	}
	b, err := json.Marshal(picked)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// field follows a path, nil where it leads nowhere. The order of a list says
// nothing, so its elements are sorted.
func field(v any, path []string) any {
	if len(path) == 0 {
		return v
	}
	switch in := v.(type) {
	case map[string]any:
		return field(in[path[0]], path[1:])
	case []any:
		if path[0] != "*" {
			return nil
		}
		list := []string{}
		for _, element := range in {
			b, err := json.Marshal(field(element, path[1:]))
			if err != nil {
				return nil
			}
			list = append(list, string(b))
		}
		slices.Sort(list)
		return list
	default:
		return nil
	}
}
