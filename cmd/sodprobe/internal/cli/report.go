package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/reports"
)

func (a *app) reportCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Write results.json and report.html of a run again, from its journal alone",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := writeReports(args[0])
			if err != nil {
				return err
			}
			return a.printReport(r, args[0], out)
		},
	}
	out.flag(cmd)
	return cmd
}

// writeReports renders a run's journal into its folder.
func writeReports(dir string) (*reports.Report, error) {
	f, err := os.Open(filepath.Join(dir, "journal.jsonl")) //nolint:gosec // the user names the run's folder
	if err != nil {
		return nil, usagef("read the run's journal: %w", err)
	}
	defer func() { _ = f.Close() }()
	r, err := reports.Build(f)
	if err != nil {
		return nil, &failure{exitUnverified, fmt.Errorf("read the run's journal in %s: %w", dir, err)}
	}
	for name, render := range renderers() {
		if err := writeFile(filepath.Join(dir, name), r, render); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// writeFile renders into a temporary file and moves it into place, so that a
// reader never sees half a report.
func writeFile(path string, r *reports.Report, render func(io.Writer, *reports.Report) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := render(f, r); err != nil {
		_ = f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

// printReport ends a command that made a report.
func (a *app) printReport(r *reports.Report, dir string, out output) error {
	if out.json() {
		return reports.JSON(a.stdout, r)
	}
	to, colored := a.stdout, a.colored(a.stdout)
	if colored {
		to = console(to) // the colors are our own, and all else in it is plain
	}
	if err := reports.Text(to, r, colored); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "\nReport    %s\nEvidence  %s\n", filepath.Join(dir, "report.html"), dir)
	return err
}
