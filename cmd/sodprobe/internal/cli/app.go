package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/redact"
)

// app is what the commands get from the process.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookupEnv      func(string) (string, bool)
	environ        func() []string
	// systems and catalog are all that this program speaks to, and all that it
	// attempts there.
	systems targets.Systems
	catalog probes.Set
	// hidden are the secrets that were looked up: nothing that is printed or kept
	// holds one.
	hidden *redact.Set
	// tool identifies this program; to hash it takes a moment, and is done once.
	tool func() (journal.Tool, error)
	now  func() time.Time
	rand io.Reader
}

// run executes one command line and returns the exit code.
func (a *app) run(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if text := a.hidden.Text(message(err)); text != "" {
		_, _ = fmt.Fprintln(a.stderr, text)
	}
	return exitCode(err)
}

// root is the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sodprobe",
		Short: "Prove segregation of duties by trying to break it, under management's written approval",
		Long: `sodprobe attempts, as your developers and with management's signed approval,
what a developer must not be able to do alone in production. Every attempt is
built so that it cannot change production even where the control fails, and
its result is recorded as evidence that an auditor can verify.

Start with:  sodprobe demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w\nsee: %s --help", err, cmd.CommandPath())
	})
	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Start here:"},
		&cobra.Group{ID: "approve", Title: "Write and approve a scenario:"},
		&cobra.Group{ID: "run", Title: "Run it:"},
		&cobra.Group{ID: "evidence", Title: "Read the evidence:"},
	)
	for group, commands := range map[string][]*cobra.Command{
		"start":    {a.demoCommand(), a.initCommand(), a.probesCommand()},
		"approve":  {a.scenarioCommand(), a.approveCommand(), a.setupCommand()},
		"run":      {a.doctorCommand(), a.planCommand(), a.runCommand(), a.cleanupCommand()},
		"evidence": {a.reportCommand(), a.verifyCommand(), a.classifyCommand()},
	} {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	root.AddCommand(a.versionCommand())
	return root
}

// env returns a variable, "" where it is not set.
func (a *app) env(name string) string {
	value, _ := a.lookupEnv(name)
	return value
}

// terminal reports whether a stream is one, and how wide and high it is.
func terminal(w io.Writer) (width, height int, ok bool) {
	f, isFile := console(w).(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, 0, false
	}
	width, height, err := term.GetSize(int(f.Fd()))
	return width, height, err == nil && width > 0 && height > 0
}

// console is the stream behind the writers that take secrets and controls out, for
// what this program draws itself.
func console(w io.Writer) io.Writer {
	for {
		of, wrapped := w.(interface{ Unwrap() io.Writer })
		if !wrapped {
			return w
		}
		w = of.Unwrap()
	}
}

// colored reports whether text for people on w may carry colors.
func (a *app) colored(w io.Writer) bool {
	_, _, ok := terminal(w)
	return ok && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
}
