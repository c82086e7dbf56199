package scenarios_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/systems"
)

// Each file in testdata/bad is the good one with one thing changed; the
// golden file beside it holds all that is said about it.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 45 {
		t.Fatalf("found %d bad files (%v), want at least 45", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			s, err := scenarios.Load(filepath.Base(file), read(t, file), testOptions())
			if err == nil || s != nil {
				t.Fatalf("got %v, %v; want no scenario and a mistake", s, err)
			}
			var first *scenarios.Mistake
			if !errors.As(err, &first) || first.Line < 1 || first.Column < 1 || first.Problem == "" {
				t.Errorf("the error holds no placed mistake: %+v", first)
			}
			if strings.Contains(err.Error(), "swordfish") {
				t.Errorf("the message repeats a secret:\n%v", err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

// What an editor or a repository would hide or mend stands here rather than
// in files.
func TestBadBytes(t *testing.T) {
	good := string(read(t, "testdata/good.yaml"))
	title := "title: Developers"
	for _, tt := range []struct{ name, data, want string }{
		{"byte order mark", "\ufeff" + good, "scenario.yaml:1:1: byte order mark"},
		{"carriage returns", strings.ReplaceAll(good, "\n", "\r\n"), "carriage return"},
		{"tab", strings.Replace(good, "rules:", "rules:\t", 1), "scenario.yaml:14:7: tab"},
		{"tab in a comment", good + "# a\tb\n", "tab"},
		{"right-to-left override", strings.Replace(good, title, title+"\u202e", 1), "U+202E"},
		{"isolate in a comment", good + "# \u2066\n", "U+2066"},
		{"zero-width space", strings.Replace(good, title, title+"\u200b", 1), "U+200B"},
		{"no-break space", strings.Replace(good, title, title+"\u00a0", 1), "U+00A0"},
		{"variation selector", strings.Replace(good, title, title+"\ufe0f", 1), "U+FE0F"},
		{"Hangul filler", strings.Replace(good, title, title+"\u3164", 1), "U+3164"},
		{"soft hyphen", strings.Replace(good, title, title+"\u00ad", 1), "U+00AD"},
		{"tag characters", good + "# \U000e0041\n", "U+E0041"},
		{"line separator", good + "# \u2028\n", "U+2028"},
		{"null", good + "# \x00\n", "U+0000"},
		{"escape", good + "# \x1b[2K\n", "U+001B"},
		{"not UTF-8", good + "# \xff\n", "not UTF-8"},
		{"too large", good + strings.Repeat("# padding\n", 1<<17), "at most 1048576 bytes"},
		{"too deep, flow", "a: " + strings.Repeat("[", 100000), "nested too deeply"},
		{"too deep, block", strings.Repeat("- ", 50000) + "x", "nested too deeply"},
		{"empty", "", "the file is empty"},
		{"only a comment", "# nothing\n", "the file"},
		{"a list", "- a\n", "a list does not fit"},
		{"private key", good + "# -----BEGIN " + "RSA PRIVATE KEY-----\n", "a secret stands"},
		{"JSON web token", good + "# eyJhbGciOiJSUzI1NiJ9" + ".eyJpc3MiOiJrdWJlIn0" + ".c2ln\n", "a secret stands"},
		{"known prefix", good + "# glpat" + "-abcdefghij0123456789\n", "a secret stands"},
		{"password in a URL", good + "# https://alice:" + "hunter2@corp.example/\n", "a secret stands"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := scenarios.Load("scenario.yaml", []byte(tt.data), testOptions())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %.300v, want %q", err, tt.want)
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r == 0x1b || r == 0x202e || r == 0x2066 }) {
				t.Error("the message repeats the character")
			}
		})
	}
}

// No excerpt shows a line with a secret, whatever else is wrong on it.
func TestSecretsAreNotRepeated(t *testing.T) {
	secret := "glpat" + "-abcdefghij0123456789"
	_, err := scenarios.Load("scenario.yaml", []byte("a: \t"+secret+"\n"), testOptions())
	if err == nil || !strings.Contains(err.Error(), "tab") || !strings.Contains(err.Error(), "a secret stands") {
		t.Fatalf("got %v, want both mistakes", err)
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the message repeats the secret:\n%v", err)
	}
}

func TestGood(t *testing.T) {
	s := load(t, read(t, "testdata/good.yaml"))
	if got := s.Rules.RequestTimeout.Duration(); got != 10*time.Second {
		t.Errorf("requestTimeout = %v, want 10s", got)
	}
	if want := time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC); !s.Authorization.NotAfter.Equal(want) {
		t.Errorf("notAfter = %v, want %v", s.Authorization.NotAfter, want)
	}
	if diff := cmp.Diff(scenarios.Subjects{Role: targets.Developer}, s.Attempts[0].As); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(scenarios.Subjects{IDs: []string{"dev-alice"}}, s.Attempts[1].As); diff != "" {
		t.Error(diff)
	}
}

// YAML writes a boolean in three ways, and all of them mean what they say: a
// persona that is read as false would pass for the person.
func TestPersona(t *testing.T) {
	good := string(read(t, "testdata/good.yaml"))
	for text, want := range map[string]bool{"true": true, "True": true, "TRUE": true, "false": false, "False": false} {
		data := strings.Replace(good, "role: observer", "role: observer\n    persona: "+text, 1)
		s := load(t, []byte(data))
		if got := s.Identities[3].Persona; got != want {
			t.Errorf("persona: %s is read as %v", text, got)
		}
	}
}

// Without a policy, its limits are not checked.
func TestNoPolicy(t *testing.T) {
	for _, name := range []string{"window-too-long", "ticket-form"} {
		data := read(t, "testdata/bad/"+name+".yaml")
		if _, err := scenarios.Load("scenario.yaml", data, scenarios.Options{Systems: systems.All(), Set: testSet()}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDigest(t *testing.T) {
	// The digest of the empty string (FIPS 180-4 implementations agree).
	const want = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := scenarios.Digest(nil); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(read(f, "testdata/good.yaml"))
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(read(f, file))
	}
	set := testSet()
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenarios.Load("scenario.yaml", data, scenarios.Options{Systems: systems.All(), Set: set})
		if err != nil {
			var m *scenarios.Mistakes
			if s != nil || !errors.As(err, &m) || len(m.Unwrap()) == 0 {
				t.Fatalf("a refusal without mistakes: %v, %v", s, err)
			}
			return
		}
		holds(t, s, data, set)
	})
}

// holds checks what is promised of everything that loads.
func holds(t *testing.T, s *scenarios.Scenario, data []byte, set probes.Set) {
	t.Helper()
	again, err := scenarios.Load("scenario.yaml", data, scenarios.Options{Systems: systems.All(), Set: set})
	if err != nil || !cmp.Equal(s, again) {
		t.Fatalf("loads otherwise the second time: %v\n%s", err, cmp.Diff(s, again))
	}
	for i, a := range s.Attempts {
		r, err := s.Resolve(a, set)
		if err != nil {
			t.Fatalf("attempt %d does not resolve: %v", i, err)
		}
		if (r.Positive == nil) == (r.Waive == "") || len(r.Developers) == 0 || len(r.Expect) == 0 {
			t.Fatalf("attempt %d resolves to holes: %+v", i, r)
		}
		if !r.Probe.Technique.Within(s.Rules.Technique) {
			t.Fatalf("attempt %d is above the ceiling", i)
		}
	}
	var text strings.Builder
	if err := scenarios.Explain(&text, s, set); err != nil {
		t.Fatalf("explain: %v", err)
	}
	if strings.ContainsAny(text.String(), "\x1b\r\u202e\u2066\u200b") {
		t.Fatal("the explanation holds what cannot be seen")
	}
}
