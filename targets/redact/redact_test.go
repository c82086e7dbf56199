package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sodprobe/sodprobe/targets/redact"
)

const secret = "glpat-A/b+c=d_E9.f-G\"h&i%j<k"

// encodings are the ways in which somebody may repeat a secret.
func encodings() map[string]func(string) string {
	fold := func(s string, every int, with string) string {
		var b strings.Builder
		for i := 0; i < len(s); i += every {
			b.WriteString(s[i:min(i+every, len(s))] + with)
		}
		return b.String()
	}
	escaped := func(form string) func(string) string {
		return func(s string) string {
			var b strings.Builder
			for i := range len(s) {
				fmt.Fprintf(&b, form, s[i])
			}
			return b.String()
		}
	}
	once := func(s string) string { return url.QueryEscape(s) }
	shifted := func(alphabet *base64.Encoding, n int) func(string) string {
		return func(s string) string { return alphabet.EncodeToString([]byte(strings.Repeat("x", n) + s + "yz")) }
	}
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	out := map[string]func(string) string{
		"plain":          func(s string) string { return s },
		"percent":        once,
		"path":           url.PathEscape,
		"percent small":  func(s string) string { return strings.ToLower(escaped("%%%02x")(s)) },
		"percent all":    escaped("%%%02X"),
		"percent twice":  func(s string) string { return once(once(s)) },
		"percent thrice": func(s string) string { return once(once(once(s))) },
		"JSON": func(s string) string {
			b, _ := json.Marshal(s) //nolint:errchkjson // a text
			return string(b)
		},
		"JSON slashes":      func(s string) string { return strings.NewReplacer(`"`, `\"`, "/", `\/`).Replace(s) },
		"JSON code points":  escaped(`\u%04x`),
		"JSON in JSON":      func(s string) string { b, _ := json.Marshal(escaped(`\u%04X`)(s)); return string(b) }, //nolint:errchkjson // a text
		"XML":               func(s string) string { var b bytes.Buffer; _ = xml.EscapeText(&b, []byte(s)); return b.String() },
		"HTML":              html.EscapeString,
		"XML decimal":       escaped("&#%d;"),
		"XML hex":           escaped("&#x%X;"),
		"XML in JSON":       func(s string) string { return strings.ReplaceAll(escaped("&#x%x;")(s), "&", `\u0026`) },
		"shell":             escaped(`\x%02x`),
		"hex":               func(s string) string { return hex.EncodeToString([]byte(s)) },
		"HEX":               func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
		"folded":            func(s string) string { return fold(s, 9, "\r\n ") },
		"folded base64":     func(s string) string { return fold(base64.StdEncoding.EncodeToString([]byte(s)), 7, "\n") },
		"folded hex":        func(s string) string { return fold(hex.EncodeToString([]byte(s)), 16, "\n") },
		"quoted-printable":  func(s string) string { return fold(s, 11, "=\r\n") },
		"a shell's lines":   func(s string) string { return fold(s, 11, "\\\n") },
		"a quotation":       func(s string) string { return fold(s, 11, "\n> ") },
		"base64 twice":      func(s string) string { return b64(b64(s)) },
		"hex of base64":     func(s string) string { return hex.EncodeToString([]byte(b64(s))) },
		"percent in base64": func(s string) string { return b64("a=" + once(s)) },
		"base64 in percent": func(s string) string { return once(base64.StdEncoding.EncodeToString([]byte("user:" + s))) },
	}
	for n := range 3 {
		out[fmt.Sprintf("base64 at %d", n)] = shifted(base64.StdEncoding, n)
		out[fmt.Sprintf("base64 of URLs at %d", n)] = shifted(base64.RawURLEncoding, n)
	}
	return out
}

// TestEncodings: a secret in any of them leaves no long part behind, and what stands
// around it stays.
func TestEncodings(t *testing.T) {
	for name, encode := range encodings() {
		got := redact.New(secret).Text(`{"message":"before ` + encode(secret) + ` after"}`)
		if !strings.Contains(got, redact.Mark) || !strings.HasPrefix(got, `{"message":"before `) || !strings.HasSuffix(got, ` after"}`) {
			t.Errorf("%s: %s", name, got)
		}
		if leaks(got, encode(secret)) {
			t.Errorf("%s leaks: %s", name, got)
		}
	}
}

// leaks reports whether ten characters of an encoded secret are left.
func leaks(text, encoded string) bool {
	for i := 0; i+10 <= len(encoded); i++ {
		if strings.Contains(text, encoded[i:i+10]) {
			return true
		}
	}
	return false
}

// TestParts: a text that holds a long part of a secret is left out whole.
func TestParts(t *testing.T) {
	set := redact.New(secret)
	for name, text := range map[string]string{
		"its beginning": "token " + secret[:16] + "…", "its end": "…" + secret[len(secret)-17:], "its middle, escaped": url.QueryEscape(secret[5:24]),
	} {
		if got := set.Text(text); got != redact.Dropped {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, text := range []string{"glpat-A", secret[:15], "nothing of it", `a\b%zz&nope;&#x110000;\u12`, "%", `\`, "&", ""} {
		if got := set.Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestShort: a short secret is found as it is, and never by the chance of an encoding.
func TestShort(t *testing.T) {
	if got := redact.New("abc", "", "  ").Text("abc YWJj 616263 x"); got != redact.Mark+" YWJj 616263 x" {
		t.Error(got)
	}
}

// TestWriter: what is written on goes on without them.
func TestWriter(t *testing.T) {
	var b bytes.Buffer
	set := &redact.Set{}
	w := set.Writer(&b)
	set.Add(secret)
	if n, err := fmt.Fprintf(w, "failed: %s\n", secret); err != nil || n != len("failed: \n")+len(secret) || b.String() != "failed: "+redact.Mark+"\n" {
		t.Errorf("%d, %v, %q", n, err, &b)
	}
}

// TestAnyText: no text makes it panic, and none keeps the secret.
func TestAnyText(t *testing.T) {
	set := redact.New(secret, "another-secret-of-some-length")
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		got := set.Text(before + secret + after)
		if strings.Contains(got, secret) {
			t.Errorf("%q", got)
		}
		if again := set.Text(got); again != got {
			t.Errorf("%q became %q", got, again)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, encode := range encodings() {
		f.Add("x" + encode(secret))
	}
	set := redact.New(secret)
	f.Fuzz(func(t *testing.T, text string) {
		if got := set.Text(text); strings.Contains(got, secret) {
			t.Errorf("%q", got)
		}
	})
}

func BenchmarkText(b *testing.B) {
	set := redact.New(secret, strings.Repeat("eyJhbGciOi", 90))
	text := `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"deployments.apps \"api\" is forbidden: User \"alice@corp.example\" cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"payments\"","reason":"Forbidden","details":{"name":"api","group":"apps","kind":"deployments"},"code":403}`
	for b.Loop() {
		_ = set.Text(text)
	}
}
