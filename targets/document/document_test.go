package document_test

import (
	"testing"

	"github.com/sodprobe/sodprobe/targets/document"
)

// TestPointers: names with a slash, lists, and * have one rule, in JSON and in XML.
func TestPointers(t *testing.T) {
	const text = `{"a/b":{"c~d":"x"},"list":[{"n":"1"},{"n":2}],"big":12345678901234567890,"~1":"y"}`
	for pointer, want := range map[string]string{
		"/a~1b/c~0d": "x", "/list/1/n": "2", "/big": "12345678901234567890", "/~01": "y",
		"/list/01/n": "", "/list/-1": "", "/a": "", "list": "", "/big/x": "",
	} {
		if got := document.Text(text, pointer); got != want {
			t.Errorf("%s: %q, want %q", pointer, got, want)
		}
	}
	v, err := document.Read([]byte(text))
	if err != nil || len(document.Elements(v, "/list/*/n")) != 2 || document.Elements(v, "/a~1b/*") != nil {
		t.Errorf("%v, %v", document.Elements(v, "/list/*/n"), err)
	}
	if got := document.Text(`<Answer><Error><Code>Denied</Code></Error></Answer>`, "/Error/Code"); got != "Denied" {
		t.Errorf("XML: %q", got)
	}
	for _, broken := range []string{"", "{", "<a><b></a>", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`} {
		if v, err := document.Read([]byte(broken)); err == nil {
			t.Errorf("%q was read as %v", broken, v)
		}
	}
}
