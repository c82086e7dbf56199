package redact

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape is a text that drives no terminal: control and format characters, such as
// those that turn the direction of a line, stand as their code points, as JSON writes
// them. Line ends and tabs stay.
func Escape(s string) string {
	if !strings.ContainsFunc(s, drives) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case drives(r) && r > 0xffff:
			fmt.Fprintf(&b, "U+%X", r)
		case drives(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func drives(r rune) bool {
	return r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Escaping writes what comes to another one, so that it drives no terminal.
func Escaping(w io.Writer) io.Writer { return &escaping{w} }

type escaping struct{ to io.Writer }

// Write implements io.Writer.
func (e *escaping) Write(p []byte) (int, error) {
	if _, err := io.WriteString(e.to, Escape(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Unwrap is what it writes to.
func (e *escaping) Unwrap() io.Writer { return e.to }

// Unwrap is what it writes to.
func (w *writer) Unwrap() io.Writer { return w.to }
