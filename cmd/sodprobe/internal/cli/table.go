package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

// table is the live view: inline, redrawn in place, its last frame left on
// the screen.
type table struct {
	program *tea.Program
	done    chan struct{}
}

// frame is the time between two spinner steps.
const frame = 100 * time.Millisecond

func newTable(out io.Writer, environ []string, state tableState) *table {
	t := &table{done: make(chan struct{}), program: tea.NewProgram(state,
		tea.WithOutput(out), tea.WithInput(nil), tea.WithoutSignalHandler(), tea.WithEnvironment(environ),
		tea.WithWindowSize(state.width, state.height))}
	go func() {
		defer close(t.done)
		_, _ = t.program.Run() // a broken view must not end a run
	}()
	return t
}

// Tell implements progress.
func (t *table) Tell(e engine.Event) { t.program.Send(e) }

// Close implements progress.
func (t *table) Close() {
	t.program.Send(closed{})
	<-t.done
}

// tick moves the spinner; closed ends the view.
type (
	tick   time.Time
	closed struct{}
)

// tableState is the model: one row per probe and target.
type tableState struct {
	title         string
	planned       int64
	width, height int
	started       time.Time
	now           func() time.Time
	spin          int
	over          bool
	tally         probes.Tally
	rows          []row
	note          string
}

// row is what is known of one probe at one target.
type row struct {
	probe, target string
	tally         probes.Tally
	layers        []string
	worst         string // the first Permitted or Inconclusive, in words
	permitted     bool
}

// Init implements tea.Model.
func (s tableState) Init() tea.Cmd { return next() }

func next() tea.Cmd {
	return tea.Tick(frame, func(t time.Time) tea.Msg { return tick(t) })
}

// Update implements tea.Model.
func (s tableState) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		s.spin++
		return s, next()
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case engine.Event:
		s.add(msg)
	case closed:
		s.over = true
		return s, tea.Quit
	}
	return s, nil
}

// add takes one observation or note into the state.
func (s *tableState) add(e engine.Event) {
	if e.Note != "" {
		s.note = printable(e.Note)
	}
	o := e.Observed
	if o == nil {
		return
	}
	s.tally.Add(o.Outcome)
	i := slices.IndexFunc(s.rows, func(r row) bool { return r.probe == o.Probe && r.target == o.Target })
	if i < 0 {
		s.rows = append(s.rows, row{probe: o.Probe, target: o.Target})
		i = len(s.rows) - 1
	}
	r := &s.rows[i]
	r.tally.Add(o.Outcome)
	switch o.Outcome {
	case probes.Blocked:
		if layer := string(o.Response.Layer); !slices.Contains(r.layers, layer) {
			r.layers = append(r.layers, layer)
		}
	case probes.Permitted:
		if !r.permitted {
			r.worst, r.permitted = o.Identity+": "+because(*o), true
		}
	case probes.Inconclusive, probes.NotRun:
		if r.worst == "" {
			r.worst = o.Identity + ": " + because(*o)
		}
	}
}

// View implements tea.Model.
func (s tableState) View() tea.View {
	var b strings.Builder
	mark := good("●")
	if !s.over {
		mark = accent(string([]rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[s.spin%10]))
	}
	fmt.Fprintf(&b, "%s %s  %s\n", mark, strong(s.title), dim(elapsed(s.now().Sub(s.started))))
	fmt.Fprintf(&b, "  %d of %d attempts  %s\n\n", s.tally.Len(), s.planned, counts(s.tally))
	rows, hidden := s.visible()
	wide := 0
	for _, r := range rows {
		wide = max(wide, len(r.probe))
	}
	for _, r := range rows {
		b.WriteString(lipgloss.NewStyle().MaxWidth(s.width).Render(r.render(wide)) + "\n")
	}
	if hidden > 0 {
		b.WriteString(dim(fmt.Sprintf("  and %d more probes, all of them in the report", hidden)) + "\n")
	}
	if s.note != "" {
		b.WriteString(dim("  "+s.note) + "\n")
	}
	return tea.NewView(b.String())
}

// visible keeps what fits the screen: findings first, then the latest.
func (s tableState) visible() (rows []row, hidden int) {
	fits := max(s.height-6, 3)
	if len(s.rows) <= fits {
		return s.rows, 0
	}
	rows = slices.Clone(s.rows)
	slices.Reverse(rows)
	slices.SortStableFunc(rows, func(a, b row) int { return a.rank() - b.rank() })
	return rows[:fits], len(rows) - fits
}

// rank orders rows by how much they matter.
func (r row) rank() int {
	switch {
	case r.tally.Permitted > 0:
		return 0
	case r.tally.Inconclusive > 0:
		return 1
	default:
		return 2
	}
}

// render is one line: mark, probe, target, counts, and the layer or the reason.
func (r row) render(wide int) string {
	mark, tail := good("✓"), dim(strings.Join(r.layers, ", "))
	switch {
	case r.tally.Permitted > 0:
		mark, tail = bad("✗"), bad(r.worst)
	case r.tally.Inconclusive > 0:
		mark, tail = warn("?"), warn(r.worst)
	case r.tally.NotRun > 0:
		mark, tail = dim("-"), dim(r.worst)
	}
	return fmt.Sprintf("  %s %-*s  %s  %s  %s", mark, wide, r.probe, r.target,
		fmt.Sprintf("%d/%d blocked", r.tally.Blocked, r.tally.Len()), tail)
}

// counts renders a tally in words, the serious ones in color.
func counts(t probes.Tally) string {
	parts := []string{good(fmt.Sprintf("%d blocked", t.Blocked))}
	if t.Permitted > 0 {
		parts = append(parts, bad(fmt.Sprintf("%d permitted", t.Permitted)))
	}
	if t.Inconclusive > 0 {
		parts = append(parts, warn(fmt.Sprintf("%d inconclusive", t.Inconclusive)))
	}
	if t.NotRun > 0 {
		parts = append(parts, dim(fmt.Sprintf("%d not run", t.NotRun)))
	}
	return strings.Join(parts, " · ")
}

// The view's few styles. The output's profile decides what of them is shown.
func good(s string) string   { return color("2", s) }
func warn(s string) string   { return color("3", s) }
func accent(s string) string { return color("6", s) }
func bad(s string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Color("1")).Bold(true).Render(s)
}
func dim(s string) string      { return lipgloss.NewStyle().Faint(true).Render(s) }
func strong(s string) string   { return lipgloss.NewStyle().Bold(true).Render(s) }
func color(c, s string) string { return lipgloss.NewStyle().Foreground(lipgloss.Color(c)).Render(s) }
