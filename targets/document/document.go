package document

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// maxDepth is how deep a document of a server may be nested.
const maxDepth = 64

// Read reads an answer as a tree of map[string]any, []any and scalars:
// JSON, or XML without its root element, in which an element is a text or an
// object, and several of one name are a list.
func Read(body []byte) (any, error) {
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] == '<' {
		_, v, err := XML(text)
		return v, err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // a digest must tell large numbers apart
	var v any
	err := dec.Decode(&v)
	return v, err
}

// XML reads one XML document and returns its root's name and content.
// Attributes and namespaces are left out; entities of its own are refused.
func XML(body []byte) (string, any, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	root, v := "", any(nil)
	for {
		token, err := dec.Token()
		switch t := token.(type) {
		case xml.StartElement:
			if root != "" {
				return "", nil, errors.New("more than one root element")
			}
			root = t.Name.Local
			if v, err = element(dec, 0); err != nil {
				return "", nil, err
			}
		case xml.Directive:
			return "", nil, errors.New("a directive")
		case nil:
			if errors.Is(err, io.EOF) && root != "" {
				return root, v, nil
			}
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return "", nil, err
		}
	}
}

// element reads one element up to its end.
func element(dec *xml.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	var text strings.Builder
	fields := map[string]any{}
	for {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			v, err := element(dec, depth+1)
			if err != nil {
				return nil, err
			}
			fields[t.Name.Local] = joined(fields[t.Name.Local], v)
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if len(fields) > 0 {
				return fields, nil
			}
			return text.String(), nil
		}
	}
}

// joined makes a list of what stands under one name.
func joined(before, v any) any {
	switch was := before.(type) {
	case nil:
		return v
	case []any:
		return append(was, v)
	default:
		return []any{was, v}
	}
}
