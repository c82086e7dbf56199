package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
)

// JSON writes a report as one indented JSON document. Control and format
// characters stand in it as \u escapes only, since it may go to a terminal.
func JSON(w io.Writer, r *Report) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return err
	}
	_, err := w.Write(escape(b.Bytes()))
	return err
}

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
