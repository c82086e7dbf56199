package catalog_test

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
)

// table reads what somebody wrote down by hand: for each probe what it must
// come to, under the heading of each column.
func table(t *testing.T, name string, columns ...string) map[string]map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "postures", name+".tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string]map[string]string{}
	for scan := bufio.NewScanner(f); scan.Scan(); {
		line := scan.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != len(columns)+2 || cells[len(cells)-1] == "" || out[cells[0]] != nil {
			t.Fatalf("%s: a row has %d cells, no reason, or is a duplicate: %q", name, len(cells), line)
		}
		out[cells[0]] = map[string]string{}
		for i, column := range columns {
			out[cells[0]][column] = cells[i+1]
		}
	}
	return out
}

// comesTo is an outcome as the tables have it: Blocked, Permitted, or the
// reason why neither.
func comesTo(o journal.Observation) string {
	if o.Outcome == probes.Blocked || o.Outcome == probes.Permitted {
		return o.Outcome.String()
	}
	return string(o.Reason)
}

// asWritten compares what probes came to with one column of a table. Each probe
// has its row, and each row its probe.
func asWritten(t *testing.T, rows map[string]map[string]string, column string, got map[string]journal.Observation) {
	t.Helper()
	for id, row := range rows {
		o, ok := got[id]
		if want := row[column]; !ok || comesTo(o) != want {
			t.Errorf("%s: %s, want %s: %+v %v %v", id, comesTo(o), want, o.Response, o.Missing, o.Open)
		}
	}
	for id := range got {
		if rows[id] == nil {
			t.Errorf("%s is in no row", id)
		}
	}
}

// provesNothing checks that whatever went wrong, no probe came to a
// conclusion; one whose target could not be shown was not even attempted.
func provesNothing(t *testing.T, got map[string]journal.Observation) {
	t.Helper()
	for id, o := range got {
		absent := o.Outcome == probes.NotRun && o.Reason == probes.ReasonTargetMissing
		if o.Outcome != probes.Inconclusive && !absent {
			t.Errorf("%s: %s %s %+v", id, o.Outcome, o.Reason, o.Response)
		}
	}
}

// open are the probes that came to a reason, sorted.
func open(got map[string]journal.Observation, why probes.Reason) []string {
	var out []string
	for id, o := range got {
		if o.Reason == why {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
