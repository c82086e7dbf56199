package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
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
func (a *app) machine(f connectFlags, d *document) targets.Machine {
	return targets.Machine{
		Env: a.env, Options: f.options(), Secret: a.secrets(filepath.Dir(d.path)), Hide: func(secrets ...string) { a.hidden.Add(secrets...) },
	}
}

// connection is every target of a scenario, ready and not yet asked.
type connection struct {
	targets map[string]targets.Connected
	budget  *targets.Budget
}

// connect prepares every target. It sends nothing: the pins are checked by
// whoever asks first.
func (a *app) connect(
	ctx context.Context, systems targets.Systems, from targets.Machine, s *scenarios.Scenario, marker string,
) (*connection, error) {
	c := &connection{targets: map[string]targets.Connected{}, budget: targets.NewBudget(s.Rules.MaxRequests)}
	for _, t := range s.Targets {
		system, known := systems.Find(t.System())
		if !known {
			return nil, refusedf("connect to target %s: %w", t.ID, errors.New("it names no system"))
		}
		reader, err := observer(s, system)
		if err != nil {
			return nil, refusedf("connect to target %s: %w", t.ID, err)
		}
		c.targets[t.ID], err = system.Connect(ctx, targets.Connection{
			Target: t, Reader: reader, People: s.Identities, Budget: c.budget, Marker: marker,
			UserAgent: "sodprobe/" + version + " (" + marker + ")", Timeout: s.Rules.RequestTimeout.Duration(), Now: a.now, Machine: from,
		})
		if err != nil {
			return nil, refusedf("connect to target %s: %w", t.ID, err)
		}
	}
	return c, nil
}

// observer is the identity that compares a target with the approved one.
func observer(s *scenarios.Scenario, on targets.System) (targets.Identity, error) {
	i := slices.IndexFunc(s.Identities, func(id targets.Identity) bool { return id.Role == targets.Observer && id.On(on.Name) != nil })
	if i < 0 {
		return targets.Identity{}, fmt.Errorf("no observer has a block for %s, and one has to compare the target with the approved one", on.Name)
	}
	return s.Identities[i], nil
}

// asked returns the targets as the engine wants them.
func (c *connection) asked() map[string]engine.Target {
	out := map[string]engine.Target{}
	for id, t := range c.targets {
		out[id] = t
	}
	return out
}
