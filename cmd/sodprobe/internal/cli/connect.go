package cli

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios/run"
	"github.com/sodprobe/sodprobe/targets"
)

// connectFlags say how to reach the targets: each system's own options.
type connectFlags struct{ options func() map[string]string }

func (f *connectFlags) add(cmd *cobra.Command, systems targets.Systems) {
	var all []targets.Option
	for _, system := range systems {
		all = append(all, system.Options...)
	}
	f.options = addOptions(cmd, all)
}

// addOptions gives a command the options of systems, and returns how to read them,
// by name, once the command runs.
func addOptions(cmd *cobra.Command, options []targets.Option) func() map[string]string {
	for _, o := range options {
		if o.Switch {
			cmd.Flags().Bool(o.Name, o.Default == "true", o.Usage)
		} else {
			cmd.Flags().String(o.Name, o.Default, o.Usage)
		}
	}
	return func() map[string]string {
		given := map[string]string{}
		for _, o := range options {
			given[o.Name] = cmd.Flag(o.Name).Value.String()
		}
		return given
	}
}

// machine is where the credentials of a scenario's targets come from.
func (a *app) machine(f connectFlags, d *run.Document) targets.Machine {
	return targets.Machine{
		Env: a.env, Options: f.options(), Secret: a.secrets(filepath.Dir(d.Path)), Hide: func(secrets ...string) { a.hidden.Add(secrets...) },
	}
}
