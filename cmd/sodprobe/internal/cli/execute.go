package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets/redact"
)

// execution is one run from its approval to its report.
type execution struct {
	app      *app
	doc      *document
	operator string
	signer   approval.Signer
	key      publicKey
	evidence string
	stopFile string
	lab      bool
	out      output
	connect  func(ctx context.Context, marker string) (*connection, error)

	id      string // the run's id
	dir     string // the run's folder
	started time.Time
	ledger  *journal.Ledger
	writer  *journal.Writer
	plan    *engine.Plan
	conn    *connection
	sealer  sealer
}

// marker is what everything the run sends carries.
func (e *execution) marker() string { return "sodprobe-" + e.id }

// guarded opens the ledger around f, and records there why a run was refused.
// A run that cannot be recorded does not begin.
func (e *execution) guarded(f func() error) error {
	var err error
	e.id, e.started = e.app.newRunID(), e.app.now().UTC()
	if e.ledger, err = journal.OpenLedger(e.evidence, e.app.now); err != nil {
		return refusedf("open the ledger of %s: %w", e.evidence, err)
	}
	err = f()
	if exitCode(err) == exitRefused && e.dir == "" {
		if noted := e.ledger.Refused(e.id, digest(e.doc.data), []string{redact.Escape(e.app.hidden.Text(err.Error()))}); noted != nil {
			return errors.Join(err, fmt.Errorf("record the refusal in the ledger: %w", noted))
		}
	}
	return err
}

// run goes down the line once: approval, plan, registration, engine, end.
func (e *execution) run(ctx context.Context) error {
	approved, err := e.doc.approve(e.operator, e.started)
	if err != nil {
		return err
	}
	if err := e.withinLedger(approved); err != nil {
		return err
	}
	if e.plan, err = engine.NewPlan(e.doc.scenario, e.app.catalog); err != nil {
		return err
	}
	if e.conn, err = e.connect(ctx, e.marker()); err != nil {
		return err
	}
	if err := e.register(ctx, approved); err != nil {
		return err
	}
	result, err := e.attempt(ctx)
	if err != nil {
		return fmt.Errorf("run %s cannot be recorded any more, so it was stopped (see: sodprobe cleanup): %w", e.id, err)
	}
	return e.finish(ctx, result)
}

// attempt lets the engine run the plan under a progress view.
func (e *execution) attempt(ctx context.Context) (engine.Result, error) {
	s := e.doc.scenario
	view := e.app.progress(e.plan.Len(), e.title())
	defer view.Close()
	return engine.Run(ctx, engine.Config{
		Plan: e.plan, Targets: e.conn.asked(), Journal: e.writer, Classify: e.app.systems.Classifiers(), Oracles: e.app.systems.Oracles(),
		Gate: engine.Limits{
			Ceiling: s.Rules.Technique, NotBefore: s.Authorization.NotBefore, NotAfter: s.Authorization.NotAfter,
			Now: e.app.now, StopFile: e.stopped, Withdrawn: e.withdrawn, Left: e.conn.budget.Left,
		},
		Marker: e.marker(), NewID: e.app.newID, Concurrency: s.Rules.Concurrency,
		StopOnPermitted: s.Rules.StopOn != "never", Progress: view.Tell,
	})
}

// stopped looks for the kill switch.
func (e *execution) stopped() (string, bool) {
	path := e.stopFile
	if path == "" {
		path = filepath.Join(e.evidence, "STOP")
	}
	_, err := os.Lstat(path)
	return path, !errors.Is(err, os.ErrNotExist) // what cannot be looked up counts as set
}

// withdrawn looks for a withdrawal of the approval. What cannot be looked up
// counts as one.
func (e *execution) withdrawn() (string, bool) {
	found, err := approval.IsWithdrawn(os.DirFS(e.doc.trustDir), e.doc.data)
	switch {
	case err != nil:
		return fmt.Sprintf("whether it was withdrawn cannot be read in %s: %v", e.doc.trustDir, err), true
	case found:
		return "a note in " + filepath.Join(e.doc.trustDir, "withdrawn") + " names it", true
	}
	return "", false
}

// confirm verifies the approval once more: from the bytes that lie in the run's
// folder and will be the evidence, and for this moment. Signing may have taken
// long, and somebody may have withdrawn since.
func (e *execution) confirm(dir string) error {
	d, err := e.app.packagedDocument(dir)
	if err != nil {
		return refusedf("read back what was approved: %w", err)
	}
	d.root = e.doc.root
	if _, err := d.approve(e.operator, e.app.now().UTC()); err != nil {
		return err
	}
	if why, yes := e.withdrawn(); yes {
		return refusedf("the approval does not hold any more: %s", why)
	}
	return nil
}

// withinLedger checks what only the ledger knows: the runs so far, and the
// highest trust version seen.
func (e *execution) withinLedger(a journal.Approval) error {
	if err := e.ledger.Trust(a.TrustVersion, a.TrustSHA256); err != nil {
		return refusedf("check the trust folder's version against the ledger: %w", err)
	}
	runs, err := e.ledger.Runs(digest(e.doc.data))
	if err != nil {
		return fmt.Errorf("count this scenario's runs in the ledger: %w", err)
	}
	if most := e.doc.scenario.Authorization.MaxRuns; runs >= most {
		return refusedf("this revision of the scenario ran %d times and maxRuns is %d: approve a new revision", runs, most)
	}
	return nil
}
