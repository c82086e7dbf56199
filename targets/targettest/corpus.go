package targettest

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// Corpus classifies each recorded answer under a folder, and compares with what is
// written beside it. Adding an answer is adding a file: the form is that of
// sodprobe classify.
func Corpus(t *testing.T, folder string, system targets.SystemName, classify targets.Classifier) {
	t.Helper()
	seen := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		r := recorded(t, path)
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			if r.System != system || r.Want == nil || len(r.Want.Class) == 0 || r.Source == "" {
				t.Fatalf("%s: it needs the system %s, what it means, and where it was seen", path, system)
			}
			asked, err := json.Marshal(r.Case)
			if err != nil {
				t.Fatal(err)
			}
			if twin := seen[string(asked)]; twin != "" {
				t.Errorf("it is the same as %s", twin)
			}
			seen[string(asked)] = path
			got := classify(r.Case)
			if !r.Want.Holds(got) {
				t.Errorf("%+v, want %v %v: %s", got, r.Want.Class, r.Want.Layer, r.Why)
			}
			if got.Reason == "" {
				t.Error("no reason was given")
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) == 0 {
		t.Fatalf("there is nothing in %s", folder)
	}
}

// Seeds are the recorded answers under a folder, as the first inputs of a fuzzer.
func Seeds(f *testing.F, folder string, add func(targets.Case)) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("there is nothing in %s: %v", folder, err)
	}
	for _, path := range paths {
		add(recorded(f, path).Case)
	}
}

func recorded(tb testing.TB, path string) targets.Recorded {
	tb.Helper()
	data, err := os.ReadFile(path) //nolint:gosec // a file of the test's own
	if err != nil {
		tb.Fatal(err)
	}
	var r targets.Recorded
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	return r
}
