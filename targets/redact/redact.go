package redact

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Mark stands where a secret stood.
const Mark = "[redacted]"

// Dropped stands for a text that held a long part of a secret which could not be
// taken out alone.
const Dropped = "[redacted: the text held a part of a secret]"

// Set is a set of secrets. The zero value is empty. It is safe for concurrent use.
type Set struct {
	mu      sync.RWMutex
	secrets map[string]*needles
}

// shortest is the length in bytes below which only the secret itself is looked for:
// its encodings would fit by chance.
const shortest = 6

// needles are the forms of one secret that can stand in a text.
type needles struct {
	plain  []string // that count as they are
	hex    string   // in small letters, "" for none
	blocks *blocks
	heads  heads
}

// New makes a set. Empty texts are no secrets.
func New(secrets ...string) *Set {
	s := &Set{}
	s.Add(secrets...)
	return s
}

// Add adds secrets.
func (s *Set) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		secret = strings.TrimSpace(secret)
		if secret == "" || s.secrets[secret] != nil {
			continue
		}
		if s.secrets == nil {
			s.secrets = map[string]*needles{}
		}
		n := needlesOf(secret)
		n.heads = headsOf(n.plain)
		s.secrets[secret] = n
	}
}

// Has reports whether a secret is in the set.
func (s *Set) Has(secret string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.secrets[strings.TrimSpace(secret)] != nil
}

func needlesOf(secret string) *needles {
	n := &needles{plain: []string{secret}}
	if squeezed := squeeze(secret); squeezed != secret && len(squeezed) >= shortest {
		n.plain = append(n.plain, squeezed)
	}
	if len(secret) < shortest {
		return n
	}
	once := inBase64(secret)
	for _, form := range []string{url.QueryEscape(secret), strings.ReplaceAll(secret, "/", `\/`)} {
		if form != secret {
			once = append(once, inBase64(form)...)
		}
	}
	n.plain = append(n.plain, once...)
	for _, inner := range once { // as in a Secret that holds what a client's file holds
		if len(inner) >= 2*shortest {
			n.plain = append(n.plain, inBase64(inner)...)
			n.plain = append(n.plain, hex.EncodeToString([]byte(inner)))
		}
	}
	n.hex = hex.EncodeToString([]byte(secret))
	n.blocks = blocksOf(secret)
	return n
}

// inBase64 are the letters that a secret gives in base64, wherever it begins among
// others: those that also encode a neighbor are left out.
func inBase64(secret string) []string {
	var out []string
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for offset := range 3 {
			text := alphabet.EncodeToString(append(make([]byte, offset), secret...))
			from, whole := (offset*8+5)/6, (offset+len(secret))*8/6
			if core := text[from:whole]; len(core) >= shortest && !slices.Contains(out, core) {
				out = append(out, core)
			}
		}
	}
	return out
}

// Text is a text without the secrets.
func (s *Set) Text(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.secrets) == 0 || text == "" || !s.suspects(text) {
		return text
	}
	var found spans
	views := viewsOf(text)
	for _, v := range views {
		for _, n := range s.secrets {
			n.find(v, &found)
		}
	}
	if len(found) > 0 {
		text = found.cut(text)
		views = viewsOf(text)
	}
	for _, v := range views {
		for _, n := range s.secrets {
			if n.blocks.in(v.text) {
				return Dropped
			}
		}
	}
	return text
}

// suspects reports whether a text may hold anything of a secret, which most do not.
func (s *Set) suspects(text string) bool {
	for range levels + 1 {
		squeezed := squeeze(text)
		folded := ""
		for _, n := range s.secrets {
			if n.hex != "" && folded == "" {
				folded = strings.ToLower(squeezed)
			}
			if n.in(text) || squeezed != text && n.in(squeezed) || n.hex != "" && strings.Contains(folded, n.hex) {
				return true
			}
		}
		if !strings.ContainsAny(text, escapes) {
			return false
		}
		next := unescaped(text)
		if next == text {
			return false
		}
		text = next
	}
	return false
}

// in reports whether the secret, or a part of it, may stand in a text.
func (n *needles) in(text string) bool { return n.heads.in(text) || n.blocks.in(text) }

// find notes where a secret stands in a view.
func (n *needles) find(v view, found *spans) {
	for _, needle := range n.plain {
		for at := 0; ; {
			i := strings.Index(v.text[at:], needle)
			if i < 0 {
				break
			}
			found.add(v.source(at+i, at+i+len(needle)))
			at += i + 1
		}
	}
	if n.hex == "" {
		return
	}
	folded := strings.ToLower(v.text)
	if len(folded) != len(v.text) {
		return // letters that change their length are no hex
	}
	for at := 0; ; {
		i := strings.Index(folded[at:], n.hex)
		if i < 0 {
			return
		}
		found.add(v.source(at+i, at+i+len(n.hex)))
		at += i + 1
	}
}

// Writer writes what comes to another one, without the secrets. Each Write is one
// text.
func (s *Set) Writer(w io.Writer) io.Writer { return &writer{s, w} }

type writer struct {
	set *Set
	to  io.Writer
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.to, w.set.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
