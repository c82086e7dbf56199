package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/reports/journal"
)

const (
	zero = `{"v":1,"seq":0,"t":"2026-10-05T03:00:00Z","type":"stop","run":"r","body":{}}` + "\n"
	one  = `{"v":1,"seq":1,"t":"2026-10-05T03:00:00Z","type":"stop","run":"r","body":{}}` + "\n"
)

func TestReadIsStrict(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"whole":          {zero + one, ""},
		"empty":          {"", ""},
		"gap":            {zero + strings.Replace(one, `"seq":1`, `"seq":2`, 1), "journal line 2: it has the number 2, want 1"},
		"repeated":       {zero + zero, "journal line 2: it has the number 0, want 1"},
		"other run":      {zero + strings.Replace(one, `"run":"r"`, `"run":"s"`, 1), `journal line 2: it is of run "s", want "r"`},
		"no run":         {strings.Replace(zero, `"run":"r"`, `"run":""`, 1), `journal line 1: it is of run "", want ""`},
		"version":        {strings.Replace(zero, `"v":1`, `"v":2`, 1), "journal line 1: version 2 is not known"},
		"type":           {strings.Replace(zero, `stop`, `note`, 1), `journal line 1: type "note" is not known`},
		"field":          {strings.Replace(zero, `"v":1`, `"v":1,"x":1`, 1), `journal line 1: json: unknown field "x"`},
		"garbage":        {strings.TrimSpace(zero) + " {}\n", "journal line 1: something follows after the JSON value"},
		"blank line":     {zero + "\n" + one, "journal line 2: EOF"},
		"no JSON":        {zero + "hello\n", "journal line 2: invalid character 'h' looking for beginning of value"},
		"torn":           {zero + one[:20], "journal line 2: " + journal.ErrTorn.Error()},
		"no newline":     {zero + strings.TrimSpace(one), "journal line 2: " + journal.ErrTorn.Error()},
		"longer than 4M": {strings.Repeat("x", journal.MaxLine+1), "journal line 1: it is longer than 4194304 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, err := range journal.Read(strings.NewReader(c.data)) {
				if err != nil {
					got = err.Error()
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestReadDecodesTheWhole: a line whose envelope is decoded apart from its body is
// refused for whatever the whole of it would be refused for, and in the same words.
func TestReadDecodesTheWhole(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, line := range map[string]string{
		"nothing before the body":  `{,"body":{}}`,
		"nested as deep as may be": strings.Replace(zero, "{}", nested(9999), 1),
		"nested deeper":            strings.Replace(zero, "{}", nested(10000), 1),
		"broken body":              strings.Replace(zero, "{}", "{]", 1),
		"a field after the body":   strings.Replace(zero, "{}", `{},"x":1`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			line = strings.TrimSpace(line) + "\n"
			var got string
			for _, err := range journal.Read(strings.NewReader(line)) {
				got = fmt.Sprint(err)
			}
			want := "<nil>"
			if err := journal.Decode([]byte(line), &journal.Entry{}); err != nil {
				want = "journal line 1: " + err.Error()
			}
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// FuzzRead holds that whatever is read are the input's own bytes, in order,
// and that reading stops at the first error.
func FuzzRead(f *testing.F) {
	f.Add([]byte(zero + one))
	f.Add([]byte(zero + one[:30]))
	f.Add([]byte(strings.Replace(zero, `"run":"r","body":{}`, `"body":{"x":1,"body":2},"run":"r"`, 1)))
	f.Add([]byte(strings.Replace(zero, `"body":{}`, `"body":1,"body":{"run":"s"}`, 1)))
	f.Add([]byte("{}\n"))
	f.Add([]byte("\x00\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var all []byte
		var failed error
		for line, err := range journal.Read(bytes.NewReader(data)) {
			if failed != nil {
				t.Fatal("a line follows an error")
			}
			failed = err
			if err == nil {
				sameEntry(t, line)
			}
			if err == nil || errors.Is(err, journal.ErrTorn) {
				all = append(all, line.Raw...)
			}
		}
		if !bytes.HasPrefix(data, all) || (failed == nil && len(all) != len(data)) {
			t.Errorf("read %q of %q", all, data)
		}
	})
}

// sameEntry holds that a line read without taking its body apart says what the whole
// of it says.
func sameEntry(t *testing.T, line journal.Line) {
	t.Helper()
	var whole journal.Entry
	if err := journal.Decode(line.Raw, &whole); err != nil {
		t.Fatalf("%q was read, and is no entry: %v", line.Raw, err)
	}
	got := line.Entry
	got.Body, whole.Body = bytes.TrimSpace(got.Body), bytes.TrimSpace(whole.Body)
	if diff := cmp.Diff(whole, got); diff != "" {
		t.Errorf("%q: -whole +read\n%s", line.Raw, diff)
	}
}
