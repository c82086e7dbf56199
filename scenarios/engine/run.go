package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// closing is how long the reads that close brackets may take once a run has
// stopped admitting arms.
const closing = 30 * time.Second

// Config is what a run is made of. Every function is called concurrently.
type Config struct {
	Plan     *Plan
	Targets  map[string]Target // by target id
	Journal  Journal
	Gate     Gate
	Classify map[targets.SystemName]targets.Classifier
	// Oracles read what the targets' own rules say; a system without one has
	// no opinion.
	Oracles map[targets.SystemName]targets.Oracle
	// Marker is the run's name on everything it sends.
	Marker string
	// NewID returns a fresh UUID.
	NewID func() string
	// Concurrency bounds the arms in flight over all targets.
	Concurrency int
	// StopOnPermitted stops admitting arms after the first Permitted.
	StopOnPermitted bool
	// Progress is told of every observation, after it is in the journal, and
	// of notes. It must be quick.
	Progress func(Event)
}

// Event is news of a run in progress.
type Event struct {
	// Observed is set when a planned attempt has ended.
	Observed *journal.Observation
	// Note is a line for people.
	Note string
}

// Result is the sum of a run.
type Result struct {
	Tally probes.Tally
	// Stopped is why the run stopped admitting arms, "" if it did not.
	Stopped journal.StopReason
	// Refused says that a pin did not match: nothing was attempted.
	Refused []journal.Pin
}

// run is one run in progress.
type run struct {
	Config
	slots chan struct{}
	pins  map[string]journal.Pin

	mu    sync.Mutex
	tally probes.Tally
	stop  *journal.Stop

	// ended is closed a while after the stop: then nothing is read any more.
	ended chan struct{}
	// stopArms ends what has not left yet.
	stopArms context.CancelFunc
}

// Run executes the plan: pins first, then every target's batches. It returns
// an error only where the journal fails, because then nothing can be proven;
// all else is in the observations. When ctx ends, no new arm starts, requests
// in flight end under their own deadline, and the rest is NotRun.
func Run(ctx context.Context, cfg Config) (Result, error) {
	r := &run{Config: cfg, slots: make(chan struct{}, cfg.Concurrency), pins: map[string]journal.Pin{}, ended: make(chan struct{})}
	asked := ctx
	ctx, r.stopArms = context.WithCancel(context.WithoutCancel(asked)) // of what has not left yet: it ends with the stop
	defer r.stopArms()
	defer context.AfterFunc(asked, func() { r.halt(journal.StopInterrupted, "the run was asked to stop") })()
	defer r.watch(ctx)()

	refused, err := r.checkPins(ctx)
	if err != nil {
		return Result{}, err
	}
	if len(refused) > 0 {
		r.halt(journal.StopRefused, "a target is not the approved one")
	}
	var group errgroup.Group
	for _, t := range cfg.Plan.Targets() {
		group.Go(func() error {
			site := &site{run: r, target: t, shared: map[string]*sharedArm{}, people: map[string]*person{}}
			for b := range cfg.Plan.Batches(t.ID) {
				if err := site.batch(ctx, b); err != nil {
					r.halt(journal.StopError, err.Error())
					return err
				}
			}
			return nil
		})
	}
	err = group.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	res := Result{Tally: r.tally, Refused: refused}
	if r.stop != nil {
		res.Stopped = r.stop.Reason
		if err == nil {
			err = r.Journal.Append(context.WithoutCancel(ctx), journal.TypeStop, *r.stop)
		}
	}
	return res, err
}

// watchEvery is how often the gate is asked while nothing asks for admission.
const watchEvery = 250 * time.Millisecond

// watch asks the gate again and again, so that the end of the window, the kill switch
// and a withdrawal stop the run also while it only reads. A used-up budget stops
// itself: the guard lets nothing more leave.
func (r *run) watch(ctx context.Context) (stop func()) {
	ticker, done := time.NewTicker(watchEvery), make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			var refusal *Refusal
			if err := r.Gate.Open(ctx); errors.As(err, &refusal) && refusal.Stop != journal.StopBudget {
				r.stopFor(err)
			}
		}
	}()
	return func() { ticker.Stop(); close(done) }
}

// checkPins compares every target with the approved one before any attempt.
// A mismatch refuses the whole run; an unreachable target only its own part.
func (r *run) checkPins(ctx context.Context) ([]journal.Pin, error) {
	var refused []journal.Pin
	for _, t := range r.Plan.Targets() {
		if r.closed(ctx) != "" {
			return refused, nil
		}
		found, err := r.Targets[t.ID].Pin(ctx)
		pin := journal.Pin{Target: t.ID, Pin: found}
		switch {
		case errors.Is(err, targets.ErrUnreachable):
			pin.OK, pin.Problem = false, err.Error()
			r.note("target %s cannot be reached: %v", t.ID, err)
		case err != nil:
			return nil, fmt.Errorf("check that target %s is the approved one: %w", t.ID, err)
		case !pin.OK:
			refused = append(refused, pin)
		}
		r.pins[t.ID] = pin
		if err := r.Journal.Append(ctx, journal.TypePin, pin); err != nil {
			return nil, err
		}
	}
	return refused, nil
}

// halt stops the admission of new arms; the first reason stands.
func (r *run) halt(reason journal.StopReason, detail string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil {
		return
	}
	r.stop = &journal.Stop{Reason: reason, Detail: detail}
	r.stopArms()
	time.AfterFunc(closing, func() { close(r.ended) })
}

// outliving is the context of the reads that close brackets: it outlives the stop, and
// ends a while after it.
func (r *run) outliving(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	select {
	case <-r.ended: // what opens too late never leaves
		cancel()
		return out, cancel
	default:
	}
	go func() {
		select {
		case <-r.ended:
			cancel()
		case <-out.Done():
		}
	}()
	return out, cancel
}

// haltedBy returns why the run stopped, "" while it runs.
func (r *run) haltedBy() journal.StopReason {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop == nil {
		return ""
	}
	return r.stop.Reason
}

// stopped is why nothing new may begin, "" while the run goes on.
func (r *run) stopped() string {
	if reason := r.haltedBy(); reason != "" {
		return "stopped: " + string(reason)
	}
	return ""
}

// closed says why nothing more may be asked at all, "" where it may: the
// window, the kill switch and the budget bind reads, too.
func (r *run) closed(ctx context.Context) string {
	if why := r.stopped(); why != "" {
		return why
	}
	err := r.Gate.Open(ctx)
	if err == nil {
		return ""
	}
	r.stopFor(err)
	return err.Error()
}

// stopFor halts the run where a refusal says that nothing may follow it.
func (r *run) stopFor(err error) {
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Stop != "" {
		r.halt(refusal.Stop, refusal.Detail)
	}
}

// admit asks whether one more arm may start. It answers with the reason why
// not, "" for yes.
func (r *run) admit(ctx context.Context, s Step) string {
	if why := r.stopped(); why != "" {
		return why
	}
	err := r.Gate.Allow(ctx, s)
	if err == nil {
		return ""
	}
	r.stopFor(err)
	return err.Error()
}

// observe ends one planned attempt.
func (r *run) observe(ctx context.Context, o journal.Observation) error {
	if err := r.Journal.Append(ctx, journal.TypeObservation, o); err != nil {
		return err
	}
	r.mu.Lock()
	r.tally.Add(o.Outcome)
	r.mu.Unlock()
	r.Progress(Event{Observed: &o})
	return nil
}

func (r *run) note(format string, args ...any) {
	r.Progress(Event{Note: fmt.Sprintf(format, args...)})
}

// each runs one function per element, at most Concurrency at a time over the
// whole run, and returns the first error.
func each[T any](r *run, list []T, f func(T) error) error {
	var group errgroup.Group
	for _, v := range list {
		r.slots <- struct{}{}
		group.Go(func() error {
			defer func() { <-r.slots }()
			return f(v)
		})
	}
	return group.Wait()
}
