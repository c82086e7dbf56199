package guard

import (
	"fmt"
	"testing"
)

// TestBodies: what is remembered is what reading anew gives, by type as well, and what
// is refused is refused each time.
func TestBodies(t *testing.T) {
	var b bodies
	for i := range 3 * known {
		body := fmt.Sprintf(`{"n":"%d"}`, i%(known+1))
		for range 2 {
			if p, err := b.read("application/json", []byte(body)); err != nil || p.document["n"] != fmt.Sprint(i%(known+1)) {
				t.Fatalf("%s: %v, %v", body, p.document, err)
			}
		}
		if len(b.seen) > known {
			t.Fatalf("%d bodies are remembered", len(b.seen))
		}
	}
	for range 2 {
		if p, err := b.read("application/json", []byte(`{"n":1,"N":2}`)); err == nil && p.broken == nil {
			t.Error("duplicate keys are let through")
		}
		if _, err := b.read("application/x-git-receive-pack-request", []byte(`{"n":"0"}`)); err == nil {
			t.Error("a body under another type is not read anew")
		}
	}
}
