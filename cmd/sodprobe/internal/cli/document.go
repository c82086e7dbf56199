package cli

import (
	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/run"
)

// documentFlags say where the trust is.
type documentFlags struct {
	trust     string
	trustRoot string
}

func (f *documentFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.trust, "trust", "", "trust folder (default: trust, beside the scenario)")
	cmd.Flags().StringVar(&f.trustRoot, "trust-root", "", "file with the pinned root keys (default: "+run.PinnedRoot+")")
}

// read loads the scenario by its own rules only: what lint needs at least.
func (a *app) read(path string) (*run.Document, error) { return run.Read(path, a.options()) }

// options are what scenarios are checked against.
func (a *app) options() scenarios.Options {
	return scenarios.Options{Set: a.catalog, Systems: a.systems}
}
