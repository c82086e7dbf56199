package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"
	"golang.org/x/crypto/ssh"
	"golang.org/x/mod/sumdb/note"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/redact"
)

// Program is what a run gets from the process that it runs in.
type Program struct {
	// Tool identifies the program; to hash it takes a moment, and is done late.
	Tool func() (journal.Tool, error)
	// Version stands in the User-Agent.
	Version string
	Systems targets.Systems
	Catalog probes.Set
	// Env looks a variable of the environment up, "" where it is not set.
	Env func(name string) string
	// Hidden are the secrets that were looked up: nothing that is kept holds one.
	Hidden *redact.Set
	Now    func() time.Time
	Rand   io.Reader
}

// Operator is who runs, and signs for it.
type Operator struct {
	Principal string
	Signer    approval.Signer
	Key       ssh.PublicKey
}

// Config is what a run is made of.
type Config struct {
	Program
	Document *Document
	// Trust and TrustRoot are paths, "" for where they stand by default.
	Trust, TrustRoot string
	// Lab says that the policy is one of a lab, which no other run accepts.
	Lab bool
	// Operator is asked once the trust folder is read.
	Operator func(*approval.Trust) (Operator, error)
	// Machine is where the targets' credentials come from.
	Machine targets.Machine
	// Evidence is the root with one folder per run, and the ledger.
	Evidence string
	// StopFile stops the run as soon as it exists; "" is STOP in the evidence root.
	StopFile string
	// Watch is told that a run begins, and gives what is told of its progress, and
	// what ends the view.
	Watch func(title string, planned int64) (tell func(engine.Event), end func())
}

// Result is the sum of a run that was recorded to its end.
type Result struct {
	engine.Result
	ID  string
	Dir string
}

// run is one run in progress.
type run struct {
	Config
	id       string
	dir      string
	started  time.Time
	operator Operator
	ledger   *journal.Ledger
	writer   *journal.Writer
	plan     *engine.Plan
	conn     *Connection
	sealer   note.Signer
}

// Run goes down the line once: approval, plan, registration, engine, end. Where it
// refuses, the ledger says why; a run that cannot be recorded does not begin. An error
// means that nothing was attempted, or that the record could not be kept to its end.
// When ctx ends, what has not left does not leave, and the record is closed.
func Run(ctx context.Context, cfg Config) (Result, error) {
	r := &run{Config: cfg, id: newID(cfg.Now(), cfg.Rand), started: cfg.Now().UTC()}
	var err error
	if r.ledger, err = journal.OpenLedger(ctx, r.Evidence, r.Now); err != nil {
		return Result{}, refused("open the ledger of %s: %w", r.Evidence, err)
	}
	result, err := r.run(ctx)
	if r.dir == "" && refuses(err) {
		why := redact.Escape(r.Hidden.Text(err.Error()))
		if noted := r.ledger.Refused(ctx, r.id, r.Document.Digest, []string{why}); noted != nil {
			err = errors.Join(err, fmt.Errorf("record the refusal in the ledger: %w", noted))
		}
	}
	return Result{Result: result, ID: r.id, Dir: r.dir}, err
}

// refuses reports whether an error says that a run may not begin.
func refuses(err error) bool {
	var known *Error
	if errors.As(err, &known) {
		return known.Kind == Refused
	}
	var refusal *approval.Refusal
	return errors.As(err, &refusal)
}

// newID returns a fresh ULID in lower case: sortable by time, and fit for a DNS
// label and a folder name.
func newID(now time.Time, rand io.Reader) string {
	id := []byte(ulid.MustNew(ulid.Timestamp(now), rand).String())
	for i, c := range id {
		if c >= 'A' && c <= 'Z' {
			id[i] = c + ('a' - 'A')
		}
	}
	return string(id)
}

func (r *run) run(ctx context.Context) (engine.Result, error) {
	approved, err := r.approve(ctx)
	if err != nil {
		return engine.Result{}, err
	}
	if r.plan, err = engine.NewPlan(r.Document.Scenario, r.Catalog); err != nil {
		return engine.Result{}, err
	}
	r.conn, err = Connect(ctx, r.Document.Scenario, Caller{
		Systems: r.Systems, Machine: r.Machine, Marker: r.marker(), UserAgent: UserAgent(r.Version, r.marker()), Now: r.Now,
	})
	if err != nil {
		return engine.Result{}, err
	}
	if err := r.register(ctx, approved); err != nil {
		return engine.Result{}, err
	}
	result, err := r.attempt(ctx)
	if err != nil {
		return result, fmt.Errorf("run %s cannot be recorded any more, so it was stopped (see: sodprobe cleanup): %w", r.id, err)
	}
	return result, r.finish(ctx, result)
}

// UserAgent stands in everything that is sent under a marker.
func UserAgent(version, marker string) string { return "sodprobe/" + version + " (" + marker + ")" }

// marker is what everything the run sends carries.
func (r *run) marker() string { return Marker(r.id) }

// approve reads the trust and verifies the approval, and what only the ledger knows.
func (r *run) approve(ctx context.Context) (journal.Approval, error) {
	d := r.Document
	if err := d.LoadTrust(r.Trust, r.TrustRoot); err != nil {
		return journal.Approval{}, err
	}
	if d.Trust.Policy.Lab && !r.Lab {
		return journal.Approval{}, refused(
			"the policy of %s says lab: true: run accepts real policies only; lab evidence comes from sodprobe demo", d.TrustDir)
	}
	var err error
	if r.operator, err = r.Operator(d.Trust); err != nil {
		return journal.Approval{}, err
	}
	approved, err := d.Approve(r.operator.Principal, r.started)
	if err != nil {
		return journal.Approval{}, err
	}
	return approved, r.withinLedger(ctx, approved)
}

// withinLedger checks what only the ledger knows: the runs so far, and the
// highest trust version seen.
func (r *run) withinLedger(ctx context.Context, a journal.Approval) error {
	if err := r.ledger.Trust(ctx, a.TrustVersion, a.TrustSHA256); err != nil {
		return refused("check the trust folder's version against the ledger: %w", err)
	}
	runs, err := r.ledger.Runs(ctx, r.Document.Digest)
	if err != nil {
		return fmt.Errorf("count this scenario's runs in the ledger: %w", err)
	}
	if most := r.Document.Scenario.Authorization.MaxRuns; runs >= most {
		return refused("this revision of the scenario ran %d times and maxRuns is %d: approve a new revision", runs, most)
	}
	return nil
}

// attempt lets the engine run the plan under a view of its progress.
func (r *run) attempt(ctx context.Context) (engine.Result, error) {
	s := r.Document.Scenario
	tell, end := r.Watch(fmt.Sprintf("%s, revision %d, run %s", s.Metadata.ID, s.Metadata.Revision, r.id), r.plan.Len())
	defer end()
	return engine.Run(ctx, engine.Config{
		Plan: r.plan, Targets: r.conn.asked(), Journal: r.writer, Classify: r.Systems.Classifiers(), Oracles: r.Systems.Oracles(),
		Gate: engine.Limits{
			Ceiling: s.Rules.Technique, NotBefore: s.Authorization.NotBefore, NotAfter: s.Authorization.NotAfter,
			Now: r.Now, StopFile: r.stopped, Withdrawn: r.Document.Withdrawn, Left: r.conn.Budget.Left,
		},
		Marker: r.marker(), NewID: func() string { return uuid.Must(uuid.NewRandomFromReader(r.Rand)).String() },
		Concurrency: s.Rules.Concurrency, StopOnPermitted: s.Rules.StopOn != "never", Progress: tell,
	})
}

// stopped looks for the kill switch.
func (r *run) stopped() (string, bool) {
	path := r.StopFile
	if path == "" {
		path = filepath.Join(r.Evidence, "STOP")
	}
	_, err := os.Lstat(path)
	return path, !errors.Is(err, os.ErrNotExist) // what cannot be looked up counts as set
}

// finish closes the record.
func (r *run) finish(ctx context.Context, result engine.Result) error {
	ctx = context.WithoutCancel(ctx) // an interrupted run is closed all the same
	end := journal.RunEnd{
		Status: journal.StatusOf(result.Stopped), Counts: result.Tally.Counts(),
		Requests: r.conn.Budget.Used(), Verdict: result.Tally.Verdict(),
	}
	if err := r.writer.Append(ctx, journal.TypeRunEnd, end); err != nil {
		return err
	}
	if err := r.writer.Checkpoint(ctx, "after", r.Document.Trust.Policy.Origin, r.sealer); err != nil {
		return err
	}
	size, root := r.writer.Root()
	return errors.Join(r.writer.Close(ctx), r.ledger.Ended(ctx, r.id, size, root, end.Status))
}
