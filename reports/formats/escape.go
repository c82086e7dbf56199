package formats

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf16"
)

// escape replaces what encoding/json leaves as it is. Such a character can
// stand inside a string only, so the document keeps its meaning.
func escape(doc []byte) []byte {
	if !slices.ContainsFunc(doc, func(c byte) bool { return c != '\n' && (c < ' ' || c > '~') }) {
		return doc // as most is, and quickly seen
	}
	out := make([]byte, 0, len(doc))
	for _, c := range string(doc) {
		switch {
		case c == '\n' || !unicode.In(c, unicode.Cc, unicode.Cf):
			out = append(out, string(c)...)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return out
}
