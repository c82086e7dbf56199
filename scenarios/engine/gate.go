package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// Step is one arm that asks to start.
type Step struct {
	Arm      targets.Arm
	Probe    probes.Probe
	Target   string
	Identity string
	Excluded bool
}

// Refusal is a gate's no.
type Refusal struct {
	// Code is excluded or technique, "" where Stop says why.
	Code   string
	Detail string
	// Stop says that nothing after it may start either, "" where something may.
	Stop journal.StopReason
}

func (r *Refusal) Error() string { return r.Code + string(r.Stop) + ": " + r.Detail }

// Limits is the Gate of a run: the approved scope and ceiling, the window,
// the kill switch and the budget, asked anew before every arm.
type Limits struct {
	Ceiling   probes.Technique
	NotBefore time.Time
	NotAfter  time.Time
	Now       func() time.Time
	// StopFile reports whether the kill switch is set, and where it is.
	StopFile func() (path string, set bool)
	// Withdrawn reports whether the approval was withdrawn, and where that stands;
	// nil where nobody can withdraw it.
	Withdrawn func() (where string, yes bool)
	// Left is the remaining request budget.
	Left func() int64
}

// Allow implements Gate.
func (l Limits) Allow(ctx context.Context, s Step) error {
	switch {
	case s.Excluded:
		return &Refusal{Code: "excluded", Detail: "the scenario's rules exclude " + s.Probe.ID}
	case !s.Probe.Technique.Within(l.Ceiling):
		return &Refusal{Code: "technique", Detail: fmt.Sprintf("%s is above the ceiling %s", s.Probe.Technique, l.Ceiling)}
	}
	return l.Open(ctx)
}

// Open implements Gate.
func (l Limits) Open(context.Context) error {
	now := l.Now()
	switch {
	case now.Before(l.NotBefore) || now.After(l.NotAfter):
		return &Refusal{Stop: journal.StopWindow, Detail: fmt.Sprintf(
			"the approved window is %s to %s", l.NotBefore.Format(time.RFC3339), l.NotAfter.Format(time.RFC3339))}
	case l.Left() <= 0:
		return &Refusal{Stop: journal.StopBudget, Detail: "the scenario's maxRequests is used up"}
	}
	if path, set := l.StopFile(); set {
		return &Refusal{Stop: journal.StopFile, Detail: "the stop file " + path + " exists"}
	}
	if l.Withdrawn == nil {
		return nil
	}
	if where, yes := l.Withdrawn(); yes {
		return &Refusal{Stop: journal.StopWithdrawn, Detail: "the approval was withdrawn: " + where}
	}
	return nil
}
