package template_test

import (
	"testing"

	"github.com/sodprobe/sodprobe/targets/template"
)

// TestFill: a template with a hole in it is an error, and stays whole as a text.
func TestFill(t *testing.T) {
	values := map[string]string{"scope": "payments", "odd": "{run}"}
	for text, want := range map[string]string{
		"plain":                  "plain",
		"/ns/{scope}/x/{scope}":  "/ns/payments/x/payments",
		"{odd}":                  "{run}", // a value is no template
		`{{"a":"{scope}"}}`:      `{"a":"payments"}`,
		template.Literal("{a}}"): "{a}}",
		"{run}":                  "",
		"{scope":                 "",
		"scope}":                 "",
		"{}":                     "",
		"{scope}{":               "",
	} {
		got, err := template.Fill(text, values)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", text, got, err)
		}
		if filled := template.Text(text, values); err != nil && filled != text || err == nil && filled != want {
			t.Errorf("%s as a text: %q", text, filled)
		}
	}
}
