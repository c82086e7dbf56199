package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
)

// Caller is what connections are made with, beside the scenario.
type Caller struct {
	Systems targets.Systems
	Machine targets.Machine
	// Marker and UserAgent stand in everything that is sent.
	Marker, UserAgent string
	Now               func() time.Time
}

// Connection is every target of a scenario, ready and not yet asked.
type Connection struct {
	Targets map[string]targets.Connected
	Budget  *targets.Budget
}

// Connect prepares every target. It sends nothing: the pins are checked by
// whoever asks first.
func Connect(ctx context.Context, s *scenarios.Scenario, by Caller) (*Connection, error) {
	c := &Connection{Targets: map[string]targets.Connected{}, Budget: targets.NewBudget(s.Rules.MaxRequests)}
	for _, t := range s.Targets {
		connected, err := c.connect(ctx, s, t, by)
		if err != nil {
			return nil, refused("connect to target %s: %w", t.ID, err)
		}
		c.Targets[t.ID] = connected
	}
	return c, nil
}

func (c *Connection) connect(ctx context.Context, s *scenarios.Scenario, t targets.Target, by Caller) (targets.Connected, error) {
	system, known := by.Systems.Find(t.System())
	if !known {
		return nil, errors.New("it names no system")
	}
	reader, err := observer(s, system)
	if err != nil {
		return nil, err
	}
	return system.Connect(ctx, targets.Connection{
		Target: t, Reader: reader, People: s.Identities, Budget: c.Budget, Marker: by.Marker, UserAgent: by.UserAgent,
		Timeout: s.Rules.RequestTimeout.Duration(), Now: by.Now, Machine: by.Machine,
	})
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
func (c *Connection) asked() map[string]engine.Target {
	out := map[string]engine.Target{}
	for id, t := range c.Targets {
		out[id] = t
	}
	return out
}
