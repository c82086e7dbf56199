package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/formats"
	"github.com/sodprobe/sodprobe/reports/journal"
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

// openRecord reads a run's journal as often as a format goes through it.
func openRecord(dir string) (formats.Run, error) {
	path := filepath.Join(dir, journal.FileName)
	if _, err := os.Stat(path); err != nil {
		return formats.Run{}, usagef("read the run's journal: %w", err)
	}
	r, err := formats.Read(func() (io.ReadCloser, error) { return os.Open(path) }) //nolint:gosec // the user names the run's folder
	if err != nil {
		return formats.Run{}, &failure{exitUnverified, fmt.Errorf("read the run's journal in %s: %w", dir, err)}
	}
	return r, nil
}

// writeReports renders a run's journal into its folder.
func writeReports(dir string) (formats.Run, error) {
	r, err := openRecord(dir)
	if err != nil {
		return r, err
	}
	for _, f := range formats.All() {
		if err := writeFile(filepath.Join(dir, f.File), r, f.Write); err != nil {
			return r, err
		}
	}
	return r, nil
}

// writeFile renders into a temporary file and moves it into place, so that a
// reader never sees half a report.
func writeFile(path string, r formats.Run, render func(io.Writer, formats.Run) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	buffered := bufio.NewWriter(f)
	if err := errors.Join(render(buffered, r), buffered.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

// printReport ends a command that made a report.
func (a *app) printReport(r formats.Run, dir string, out output) error {
	if out.json() {
		return formats.JSON(a.stdout, r)
	}
	to, colored := a.stdout, a.colored(a.stdout)
	if colored {
		to = console(to) // the colors are our own, and all else in it is plain
	}
	if err := reports.Text(to, r.Report, colored); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "\nReport    %s\nEvidence  %s\n", filepath.Join(dir, "report.html"), dir)
	return err
}
