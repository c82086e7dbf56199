package document

import (
	"encoding/json"
	"strconv"
	"strings"
)

// At follows a JSON pointer (RFC 6901).
func At(v any, pointer string) (any, bool) {
	if pointer == "" {
		return v, true
	}
	if pointer[0] != '/' {
		return nil, false
	}
	for part := range strings.SplitSeq(pointer[1:], "/") {
		part = Name(part)
		switch c := v.(type) {
		case map[string]any:
			next, ok := c[part]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(c) || strconv.Itoa(i) != part {
				return nil, false
			}
			v = c[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// Name is one part of a JSON pointer without its escapes.
func Name(part string) string {
	if !strings.Contains(part, "~") {
		return part
	}
	return strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
}

// String is a value's JSON, without quotes for strings.
func String(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// Elements are all that a pointer leads to, in which * stands for every element
// of a list. null is nothing.
func Elements(v any, pointer string) []any {
	head, tail, starred := strings.Cut(pointer, "/*")
	found, ok := At(v, head)
	switch {
	case !ok || found == nil:
		return nil
	case !starred:
		return []any{found}
	}
	list, ok := found.([]any)
	if !ok {
		return nil
	}
	var out []any
	for _, element := range list {
		out = append(out, Elements(element, tail)...)
	}
	return out
}

// Text is what stands in a recorded body at a JSON pointer, "" where nothing does.
func Text(body, pointer string) string {
	v, err := Read([]byte(body))
	if err != nil {
		return ""
	}
	found, ok := At(v, pointer)
	if !ok {
		return ""
	}
	return String(found)
}
