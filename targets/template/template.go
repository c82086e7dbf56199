package template

import (
	"fmt"
	"strings"
)

// Fill replaces each {name} once, left to right. An unknown name or a stray brace is an
// error. Values are not templates: braces in them stay.
func Fill(text string, values map[string]string) (string, error) {
	if !strings.ContainsAny(text, "{}") {
		return text, nil
	}
	var b strings.Builder
	for rest := text; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		brace := rest[i]
		rest = rest[i+1:]
		if rest != "" && rest[0] == brace {
			b.WriteByte(brace)
			rest = rest[1:]
			continue
		}
		if brace == '}' {
			return "", fmt.Errorf("template %q has a stray brace", text)
		}
		name, tail, closed := strings.Cut(rest, "}")
		value, known := values[name]
		if !closed || !known {
			return "", fmt.Errorf("template %q names an unknown value {%s}", text, name)
		}
		b.WriteString(value)
		rest = tail
	}
	return b.String(), nil
}

// Text is a filled template for a request or a marker. One that cannot be filled stays
// as it is: no rule lets a request with a hole leave, and no answer holds such a marker.
func Text(text string, values map[string]string) string {
	filled, err := Fill(text, values)
	if err != nil {
		return text
	}
	return filled
}

// Literal escapes the braces of a text that is no template.
func Literal(text string) string {
	return strings.NewReplacer("{", "{{", "}", "}}").Replace(text)
}
