package web

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

//go:embed report.gohtml style.css
var files embed.FS

// page is what the template shows.
type page struct {
	*reports.Report
	Style  template.CSS
	Matrix []matrixRow
	// Wide says that a matrix would not hold everything: too many identities,
	// or attempts that the report does not show one by one.
	Wide bool
}

// matrixRow is one probe at one target, with a cell for each identity.
type matrixRow struct {
	Probe, Target string
	Cells         []cell
}

// cell is what one identity got.
type cell struct {
	Outcome probes.Outcome
	Text    string
	N       int64
	// Attempts is how many this cell stands for: the gravest is shown.
	Attempts int
}

// maxColumns is how many identities a matrix shows side by side.
const maxColumns = 12

// HTML writes a report as one page.
func HTML(w io.Writer, r *reports.Report) error {
	style, err := files.ReadFile("style.css")
	if err != nil {
		return fmt.Errorf("read the page's style: %w", err)
	}
	t, err := template.New("report.gohtml").Funcs(template.FuncMap{
		"because": reports.Because, "time": clock, "words": words,
		"arm": armWords, "role": roleWords, "legible": targets.Legible,
	}).ParseFS(files, "report.gohtml")
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	//nolint:gosec // the style is this package's own file
	p := page{Report: r, Style: template.CSS(style), Wide: len(r.Identities) > maxColumns || r.Omitted > 0}
	if !p.Wide {
		p.Matrix = matrix(r)
	}
	return t.Execute(w, p)
}

func matrix(r *reports.Report) []matrixRow {
	type place struct{ probe, target, identity string }
	found := map[place]cell{}
	for _, a := range r.Attempts {
		text := string(a.Response.Layer)
		if a.Outcome != probes.Blocked {
			text = string(a.Response.Class)
		}
		// A route may be attempted with several parameters. Attempts come in
		// the order of their weight, so the first is the one to show.
		at := place{a.Probe, a.Target, a.Identity}
		c, more := found[at]
		if !more {
			c = cell{Outcome: a.Outcome, Text: text, N: a.N}
		}
		c.Attempts++
		found[at] = c
	}
	rows := make([]matrixRow, 0, len(r.Probes))
	for _, p := range r.Probes {
		row := matrixRow{Probe: p.Probe, Target: p.Target}
		for _, id := range r.Identities {
			row.Cells = append(row.Cells, found[place{p.Probe, p.Target, id.Identity}])
		}
		rows = append(rows, row)
	}
	return rows
}

func clock(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }

// words is a verdict as a sentence.
func words(r *reports.Report) string {
	switch r.Verdict {
	case probes.Effective:
		return "Effective: every attempt was blocked."
	case probes.Ineffective:
		return "Ineffective: something was permitted."
	case probes.Unproven:
	}
	return "Inconclusive: " + reports.Unproven(r) + "."
}

// armWords says what an arm is for.
func armWords(a journal.ArmRecord) string {
	switch a.Arm {
	case targets.ArmAttempt:
		return "The attempt: the developer in production"
	case targets.ArmBaseline:
		return "Baseline: the same developer where it is permitted"
	case targets.ArmPositive:
		return "Positive: somebody who may, in production"
	case targets.ArmNegative:
		return "Negative: somebody without rights, in production"
	}
	return string(a.Arm)
}

func roleWords(role string) string {
	if role == "author" {
		return "Written by"
	}
	return "Approved by"
}
