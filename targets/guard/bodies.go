package guard

import (
	"strings"
	"sync"
)

// known is how many bodies a guard remembers.
const known = 64

// longest is the longest body that is remembered, in bytes.
const longest = 16 << 10

// bodies remembers what JSON bodies were read as: the arms of many people send the very
// same. Forms and pushes are read anew each time, since they may bear a token or differ
// anyway. What was read is only looked at. Safe for concurrent use.
type bodies struct {
	mu   sync.Mutex
	seen map[string]payload // by type and text
}

// read reads a body by its type, as the function read does.
func (b *bodies) read(kind string, body []byte) (payload, error) {
	if len(body) > longest || !strings.Contains(kind, "json") {
		return read(kind, body)
	}
	key := kind + "\n" + string(body)
	b.mu.Lock()
	p, ok := b.seen[key]
	b.mu.Unlock()
	if ok {
		return p, nil
	}
	p, err := read(kind, body)
	if err != nil {
		return p, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen == nil || len(b.seen) >= known {
		b.seen = map[string]payload{}
	}
	b.seen[key] = p
	return p, nil
}
