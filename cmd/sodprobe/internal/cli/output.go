package cli

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"
)

// output is the value of -o.
type output string

// flag adds -o to a command.
func (o *output) flag(cmd *cobra.Command) {
	*o = "text"
	cmd.Flags().VarP(o, "output", "o", "text or json")
}

func (o *output) String() string { return string(*o) }

// Set implements pflag.Value.
func (o *output) Set(s string) error {
	if s != "text" && s != "json" {
		return usagef("%q is not an output format: want text or json", s)
	}
	*o = output(s)
	return nil
}

// Type implements pflag.Value.
func (o *output) Type() string { return "text|json" }

func (o *output) json() bool { return *o == "json" }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
