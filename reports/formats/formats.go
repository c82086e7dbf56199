package formats

import (
	"fmt"
	"io"
	"iter"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/web"
)

// Format is one file that follows from a journal.
type Format struct {
	// Name is the format's, File the file's in the run's folder.
	Name, File string
	// Write renders. The same run gives the same bytes.
	Write func(w io.Writer, run Run) error
}

// All lists the formats.
func All() []Format {
	return []Format{
		{Name: "json", File: "results.json", Write: JSON},
		{Name: "html", File: "report.html", Write: func(w io.Writer, run Run) error { return web.HTML(w, run.Report) }},
	}
}

// Run is what a format renders.
type Run struct {
	*reports.Report
	// Each yields every attempt in the journal's order. It may be gone through again.
	Each iter.Seq2[reports.Attempt, error]
}

// Read reads a run's journal, which open opens as often as it is gone through.
func Read(open func() (io.ReadCloser, error)) (Run, error) {
	f, err := open()
	if err != nil {
		return Run{}, err
	}
	defer func() { _ = f.Close() }() // read only
	r, err := reports.Build(f)
	if err != nil {
		return Run{}, err
	}
	return Run{Report: r, Each: func(yield func(reports.Attempt, error) bool) {
		again, err := open()
		if err != nil {
			yield(reports.Attempt{}, fmt.Errorf("read the journal again: %w", err))
			return
		}
		defer func() { _ = again.Close() }() // read only
		reports.Each(again)(yield)
	}}, nil
}
