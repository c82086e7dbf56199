package formats

import (
	"fmt"
	"unicode"
	"unicode/utf16"
)

// escape replaces what encoding/json leaves as it is. Such a character can
// stand inside a string only, so the document keeps its meaning.
func escape(doc []byte) []byte {
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
