package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/targets"
)

// maxCase bounds what classify reads, in bytes.
const maxCase = 4 << 20

func (a *app) classifyCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "classify FILE|-",
		Short: "Say what one recorded exchange means, by the same code as a run",
		Long: fmt.Sprintf(`classify reads one question and its recorded answer, as JSON, and prints the
response class:

  {"system": "%s", "subject": "alice@corp.example", "harness": "prober",
   "action": "create", "resource": "deployments.apps", "name": "", "scope": "payments",
   "technique": "dry-run", "reached": ["status:201"],
   "exchange": {"status": 403, "headers": {"Content-Type": "application/json"}, "body": "…"}}

A recorded case may also say what it means ("want": {"class": ["denied"]}), where
it was seen ("source"), its "id" and "why": classify then says whether it agrees.
The cases under targets/*/testdata/corpus have that form.`, strings.ReplaceAll(named(a.systems.Names()), ", ", "|")),
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.classify(args[0], out) },
	}
	out.flag(cmd)
	return cmd
}

func (a *app) classify(path string, out output) error {
	c, err := a.readCase(path)
	if err != nil {
		return err
	}
	system, ok := a.systems.Find(c.System)
	if !ok {
		return usagef("classify %s: system %q is not one of: %s", path, c.System, named(a.systems.Names()))
	}
	got := system.Classify(c.Case)
	if out.json() {
		return a.printJSON(got)
	}
	if _, err := fmt.Fprintln(a.stdout, describe(got)); err != nil || c.Want == nil {
		return err
	}
	agrees := "as written"
	if !c.Want.Holds(got) {
		agrees = fmt.Sprintf("not as written: want %v %v", c.Want.Class, c.Want.Layer)
	}
	_, err = fmt.Fprintln(a.stdout, agrees)
	return err
}

// readCase reads exactly one JSON object, with no unknown field in it.
func (a *app) readCase(path string) (targets.Recorded, error) {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path) //nolint:gosec // the user names the file
		if err != nil {
			return targets.Recorded{}, usagef("read the exchange: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	var c targets.Recorded
	dec := json.NewDecoder(io.LimitReader(in, maxCase))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return targets.Recorded{}, usagef("classify %s: it is not one recorded exchange: %w", path, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return targets.Recorded{}, usagef("classify %s: more follows after the first JSON value; give one exchange", path)
	}
	return c, nil
}

// named lists names with commas.
func named(names []targets.SystemName) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return strings.Join(out, ", ")
}

// describe renders a response in one line.
func describe(r targets.Response) string {
	s := string(r.Class)
	if r.Layer != "" {
		s += " by " + string(r.Layer)
	}
	if r.By != "" {
		s += " (" + r.By + ")"
	}
	if r.Deny != "" {
		s += ", " + r.Deny
	}
	if r.Reason != "" {
		s += ": " + reports.Plain(r.Reason)
	}
	if r.Advice != "" {
		s += "\n" + r.Advice
	}
	return s
}
