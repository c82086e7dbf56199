package formats_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/formats"
)

var update = flag.Bool("update", false, "write the golden files and the schema")

func read(t *testing.T) formats.Run {
	t.Helper()
	run, err := formats.Read(func() (io.ReadCloser, error) { return os.Open(filepath.Join("..", "testdata", "journal.jsonl")) })
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); -update rewrites it:\n%s", path, diff)
	}
}

// TestResults: results.json is what it was, fits its schema, and holds no character that
// drives a terminal.
func TestResults(t *testing.T) {
	var b bytes.Buffer
	if err := formats.JSON(&b, read(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/results.json", b.Bytes())
	if i := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && reports.Plain(string(r)) != string(r) }); i >= 0 {
		t.Errorf("a control character at %q", b.String()[i:i+20])
	}
	var got formats.Results
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil || int64(len(got.Attempts)) != got.Planned {
		t.Errorf("%d attempts of %d, %v", len(got.Attempts), got.Planned, err)
	}
}

func TestResultsSchema(t *testing.T) {
	schema, err := formats.Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "results.schema.json", schema)
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("results.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("results.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := formats.JSON(&b, read(t)); err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(document); err != nil {
		t.Error(err)
	}
	document.(map[string]any)["verdict"] = "perhaps"
	if compiled.Validate(document) == nil {
		t.Error("the schema takes any verdict")
	}
}

// TestToyFormat adds a format: a table of every attempt.
func TestToyFormat(t *testing.T) {
	table := formats.Format{Name: "csv", File: "attempts.csv", Write: func(w io.Writer, run formats.Run) error {
		out := csv.NewWriter(w)
		for a, err := range run.Each {
			if err != nil {
				return err
			}
			_ = out.Write([]string{a.Probe, a.Identity, a.Outcome.String()}) // Error has it
		}
		out.Flush()
		return out.Error()
	}}
	var b bytes.Buffer
	run := read(t)
	if err := table.Write(&b, run); err != nil || strings.Count(b.String(), "\n") != int(run.Counts.Len()) {
		t.Errorf("%v\n%s", err, b.String())
	}
}
