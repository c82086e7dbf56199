package kubernetes

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
)

// metadataOnly asks for an object without its contents.
const metadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

// Read reads one object as an observer. The digest is over the uid and the
// fields that an attempt would change; the fields themselves are not
// recorded, since they may hold secrets.
func (s *Session) Read(ctx context.Context, q targets.StateQuery) targets.StateRead {
	accept := "application/json"
	if !slices.ContainsFunc(q.Fields, func(f string) bool { return !strings.HasPrefix(f, "/metadata/") }) {
		accept = metadataOnly
	}
	x, body := s.get(ctx, q.Request.Path, accept, "/kind", "/metadata/name", "/metadata/uid")
	read := targets.StateRead{Exchange: x}
	switch {
	case x.Status == http.StatusOK && !x.Truncated:
		var o map[string]any
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber() // a digest must tell large numbers apart
		if err := dec.Decode(&o); err != nil || field(o, "/metadata/uid") == nil {
			read.Problem = "the answer is not an object"
			return read
		}
		read.Read, read.Exists = true, true
		read.Digest, read.Marks = digest(o, q.Fields), marks(o, s.cluster.cfg.Marker)
		read.Ours = len(read.Marks) > 0
	case absent(x, q.Request):
		read.Read = true
	default:
		read.Problem = "the observer cannot read it: " + Classify(targets.Case{Exchange: x}).Reason
	}
	return read
}

// absent reports whether the server says that the very object is not there.
func absent(x targets.Exchange, r targets.Request) bool {
	status, ok := envelope(x)
	if !ok || status.Reason != metav1.StatusReasonNotFound || status.Details == nil {
		return false
	}
	plural, _, _ := strings.Cut(r.Resource, "/")
	resource, group, _ := strings.Cut(plural, ".")
	return (r.Name == "" || status.Details.Name == r.Name) && status.Details.Kind == resource && status.Details.Group == group
}

// digest is the SHA-256, in hex, over the uid and the fields. JSON objects
// are encoded with sorted keys.
func digest(o map[string]any, fields []string) string {
	picked := map[string]any{"uid": field(o, "/metadata/uid")}
	for _, f := range fields {
		picked[f] = field(o, f)
	}
	b, err := json.Marshal(picked)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// field follows a JSON pointer, nil where it leads nowhere.
func field(o map[string]any, pointer string) any {
	found, _ := document.At(o, pointer)
	return found
}

// marks are the arms whose mark an object bears, as a field manager, in a
// label or in its name.
func marks(o map[string]any, marker string) []string {
	var bearing []string
	note := func(v any) {
		if text, ok := v.(string); ok && strings.HasPrefix(text, marker) {
			bearing = append(bearing, text)
		}
	}
	managers, _ := field(o, "/metadata/managedFields").([]any)
	for _, m := range managers {
		if entry, ok := m.(map[string]any); ok {
			note(entry["manager"])
		}
	}
	labels, _ := field(o, "/metadata/labels").(map[string]any)
	for _, v := range labels {
		note(v)
	}
	if len(bearing) == 0 { // names are the run's: they say which arm only where nothing else does
		note(field(o, "/metadata/name"))
	}
	return targets.Marks(strings.Join(bearing, " "), marker)
}
