package scenarios_test

import (
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/scenarios"
)

// TestUnicodeIsShown: where a scenario says that its names are not ASCII, whoever
// reads it is shown the code points, of values and of keys.
func TestUnicodeIsShown(t *testing.T) {
	good := string(read(t, "testdata/good.yaml"))
	data := strings.NewReplacer(
		"exclude: []", "exclude: []\n  unicode: true", "user: alice@", "user: \u0430lice@", "[developers]}", "[d\u0435velopers], extra: {\u0440: [x]}}",
	).Replace(good)
	s := load(t, []byte(data))
	got := strings.Join(scenarios.Strange(s), "\n")
	want := strings.Join([]string{
		"identities[0].kubernetes.impersonate.user: \u0430lice@corp.example (U+0430)",
		"identities[0].kubernetes.impersonate.groups[0]: d\u0435velopers (U+0435)",
		"identities[0].kubernetes.impersonate.extra: \u0440 (U+0440)",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var text strings.Builder
	if err := scenarios.Explain(&text, s, testSet()); err != nil || !strings.Contains(text.String(), "\u0430lice@corp.example (U+0430)") {
		t.Errorf("explain does not show them (%v):\n%s", err, &text)
	}
	if list := scenarios.Strange(load(t, []byte(good))); len(list) > 0 {
		t.Errorf("strange in a plain scenario: %v", list)
	}
}

// TestVisible: the rules of bytes hold for the files of the trust folder, too; tabs
// are theirs.
func TestVisible(t *testing.T) {
	for name, data := range map[string]string{
		"a carriage return alone": "a\rb", "a line separator": "a\u2028b", "a paragraph separator": "a\u2029b", "next line": "a\u0085b",
		"a direction": "a\u202eb", "no UTF-8": "a\xffb", "an escape": "a\x1b[2Jb", "a zero": "a\x00b",
	} {
		if err := scenarios.Visible("allowed_signers", []byte(data)); err == nil {
			t.Errorf("%s is let through", name)
		}
	}
	if err := scenarios.Visible("allowed_signers", []byte("dana@corp.example\tssh-ed25519 AAAA Zo\u00eb\n")); err != nil {
		t.Errorf("tabs and letters: %v", err)
	}
}
