package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// Mistake is one thing wrong with a scenario file, and where.
type Mistake struct {
	File         string
	Line, Column int // from 1
	Problem      string
	Instead      string // what to write
	Excerpt      string // the source line
}

// Error renders the place, the problem, the line with a caret, and the mend.
func (m *Mistake) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s", m.File, m.Line, m.Column, m.Problem)
	if m.Excerpt != "" {
		fmt.Fprintf(&b, "\n  %4d | %s\n       | %s^", m.Line, m.Excerpt, strings.Repeat(" ", max(m.Column-1, 0)))
	}
	if m.Instead != "" {
		b.WriteString("\n  instead: " + m.Instead)
	}
	return b.String()
}

// Mistakes is everything wrong with a scenario file, in the order of the
// lines.
type Mistakes struct{ all *multierror.Error }

// Error lists every mistake.
func (m *Mistakes) Error() string {
	var b strings.Builder
	for _, err := range m.all.Errors {
		b.WriteString(err.Error() + "\n")
	}
	noun := "mistakes"
	if len(m.all.Errors) == 1 {
		noun = "mistake"
	}
	fmt.Fprintf(&b, "%d %s", len(m.all.Errors), noun)
	return b.String()
}

// Unwrap returns the single mistakes.
func (m *Mistakes) Unwrap() []error { return m.all.Errors }

// finder collects mistakes while a file is read.
type finder struct {
	file  string
	lines []string
	found []*Mistake
	// secrets are the lines that hold a secret: no excerpt shows them.
	secrets map[int]bool
	// tabs says that tabs may stand in the file.
	tabs bool
}

// secret notes a mistake on a line that must not be repeated.
func (f *finder) secret(line, column int, problem, instead string) {
	if f.secrets == nil {
		f.secrets = map[int]bool{}
	}
	f.secrets[line] = true
	f.at(line, column, problem, instead)
}

// at notes a mistake.
func (f *finder) at(line, column int, problem, instead string) {
	line, column = max(line, 1), max(column, 1)
	m := &Mistake{File: f.file, Line: line, Column: column, Problem: problem, Instead: instead}
	if line <= len(f.lines) {
		m.Excerpt = excerpt(f.lines[line-1])
	}
	f.found = append(f.found, m)
}

// excerpt is a source line that is safe to print: one column stays one
// column.
func excerpt(line string) string {
	out := []rune(strings.TrimSuffix(line, "\r"))
	for i, r := range out {
		if r < ' ' || r == 0x7f || invisible(r) {
			out[i] = '?'
		}
	}
	if len(out) > 160 {
		out = append(out[:160], '…')
	}
	return string(out)
}

// err returns what was found, nil for nothing. The same place and problem
// counts once.
func (f *finder) err() error {
	if len(f.found) == 0 {
		return nil
	}
	slices.SortStableFunc(f.found, func(a, b *Mistake) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Problem, b.Problem))
	})
	all := &multierror.Error{}
	for i, m := range f.found {
		if i > 0 && m.Line == f.found[i-1].Line && m.Column == f.found[i-1].Column && m.Problem == f.found[i-1].Problem {
			continue
		}
		if f.secrets[m.Line] {
			m.Excerpt = ""
		}
		all = multierror.Append(all, m)
	}
	return &Mistakes{all}
}
