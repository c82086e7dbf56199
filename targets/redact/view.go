package redact

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// view is a text as somebody reads it who decodes it once or more often. Each of
// its bytes knows where in the source it comes from.
type view struct {
	text string
	// from and to are, for each byte, where its source begins and ends; nil for the
	// source itself.
	from, to []int
}

// source is where in the source a piece of the view comes from.
func (v view) source(begin, end int) (from, to int) {
	if v.from == nil {
		return begin, end
	}
	return v.from[begin], v.to[end-1]
}

// levels is how often a text may have been encoded.
const levels = 3

// viewsOf are the ways to read a text: as it is, decoded up to three times, and each
// of these with its blanks left out, as where long lines were folded.
func viewsOf(text string) []view {
	out := []view{{text: text}}
	for range levels {
		next, changed := decoded(out[len(out)-1])
		if !changed {
			break
		}
		out = append(out, next)
	}
	for _, v := range slices.Clone(out) {
		if next, changed := unfolded(v); changed {
			out = append(out, next)
		}
	}
	return out
}

// builder makes a view of another one.
type builder struct {
	of       view
	text     []byte
	from, to []int
}

func (b *builder) put(s string, begin, end int) {
	from, to := b.of.source(begin, end)
	for i := range len(s) {
		b.text, b.from, b.to = append(b.text, s[i]), append(b.from, from), append(b.to, to)
	}
}

func (b *builder) view() view { return view{string(b.text), b.from, b.to} }

// escapes are the characters that begin one.
const escapes = `\&%`

// decoded reads the escapes of JSON, XML and URLs, and of shells and logs that write
// bytes as \x41.
func decoded(v view) (view, bool) {
	if !strings.ContainsAny(v.text, escapes) {
		return v, false
	}
	b, changed := &builder{of: v}, false
	for i := 0; i < len(v.text); {
		s, n := escape(v.text[i:])
		if n == 0 {
			s, n = v.text[i:i+1], 1
		} else {
			changed = true
		}
		b.put(s, i, i+n)
		i += n
	}
	return b.view(), changed
}

// unescaped is what decoded reads, without where it stood.
func unescaped(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		if s, n := escape(text[i:]); n > 0 {
			b.WriteString(s)
			i += n
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// escape reads an escape at the beginning of a text: what it stands for, and how
// long it is; 0 for none.
func escape(s string) (string, int) {
	switch s[0] {
	case '%':
		if c, ok := octet(s, 1); ok {
			return c, 3
		}
	case '\\':
		return backslash(s)
	case '&':
		return entity(s)
	}
	return "", 0
}

func backslash(s string) (string, int) {
	if len(s) < 2 {
		return "", 0
	}
	switch s[1] {
	case 'u':
		if len(s) >= 6 {
			if r, err := strconv.ParseInt(s[2:6], 16, 32); err == nil && r >= 0 {
				return string(rune(r)), 6
			}
		}
	case 'x':
		if c, ok := octet(s, 2); ok {
			return c, 4
		}
	case '"', '\\', '/', '\'':
		return s[1:2], 2
	case 'n', 'r', 't':
		return map[byte]string{'n': "\n", 'r': "\r", 't': "\t"}[s[1]], 2
	}
	return "", 0
}

func entity(s string) (string, int) {
	end := strings.IndexByte(s[:min(len(s), 12)], ';')
	if end < 0 {
		return "", 0
	}
	name := s[1:end]
	if known, ok := map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}[name]; ok {
		return known, end + 1
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if digits == name {
		return "", 0
	}
	if hex := strings.TrimLeft(digits, "xX"); hex != digits {
		digits, base = hex, 16
	}
	r, err := strconv.ParseInt(digits, base, 32)
	if err != nil || !utf8.ValidRune(rune(r)) {
		return "", 0
	}
	return string(rune(r)), end + 1
}

// octet is the byte that two digits stand for at a place.
func octet(s string, at int) (string, bool) {
	if len(s) < at+2 {
		return "", false
	}
	b, err := hex.DecodeString(s[at : at+2])
	return string(b), err == nil
}

// blank tells what folds a line.
func blank(r rune) bool { return strings.ContainsRune(" \n\r\t\v\f", r) }

// squeeze is a text without blanks.
func squeeze(s string) string {
	if !strings.ContainsAny(s, " \n\r\t\v\f") {
		return s
	}
	if strings.Contains(s, "\n") {
		s = unmarked(s)
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) { // blanks are single bytes, and no byte of a longer character
		if c := s[i]; c != ' ' && (c < '\t' || c > '\r') {
			out = append(out, c)
		}
	}
	return string(out)
}

// unmarked is a text without the marks that a line goes on.
func unmarked(s string) string {
	return strings.NewReplacer("=\n", "", "=\r\n", "", "\\\n", "", "\n> ", "").Replace(s)
}

// unfolded leaves blanks out.
func unfolded(v view) (view, bool) {
	if !strings.ContainsAny(v.text, " \n\r\t\v\f") {
		return v, false
	}
	b := &builder{of: v}
	for i := 0; i < len(v.text); i++ {
		rest := v.text[i:]
		switch {
		case folds(rest): // quoted-printable, a shell's line
		case strings.HasPrefix(rest, "\n> "): // a quotation
			i += 2
		case !blank(rune(v.text[i])):
			b.put(v.text[i:i+1], i, i+1)
		}
	}
	return b.view(), true
}

// folds reports whether a text begins with a mark that the line goes on.
func folds(s string) bool {
	return strings.HasPrefix(s, "=\n") || strings.HasPrefix(s, "=\r\n") || strings.HasPrefix(s, "\\\n")
}

// spans are pieces of a text.
type spans [][2]int

func (s *spans) add(from, to int) { *s = append(*s, [2]int{from, to}) }

// cut puts a mark in the place of each piece; those that touch get one.
func (s spans) cut(text string) string {
	slices.SortFunc(s, func(a, b [2]int) int { return a[0] - b[0] })
	var out strings.Builder
	at, open := 0, false
	for i, piece := range s {
		if !open {
			out.WriteString(text[at:max(at, piece[0])])
			out.WriteString(Mark)
		}
		at = max(at, piece[1])
		open = i+1 < len(s) && s[i+1][0] <= at
	}
	out.WriteString(text[at:])
	return out.String()
}
