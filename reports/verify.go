package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// Verifier holds what a verification needs from elsewhere.
type Verifier struct {
	Classify map[targets.SystemName]targets.Classifier
	// Oracles read what the targets' own rules say.
	Oracles map[targets.SystemName]targets.Oracle
	// Approve repeats the approval of the run's documents and compares it
	// with what the run recorded.
	Approve func(run string, start journal.RunStart) error
	// Planned is the planned attempt of that number as it is before anything
	// ran, in a run with that marker; nil leaves observations uncompared with
	// the plan.
	Planned func(n int64, marker string) (Planned, bool)
	// Pinned holds what was read of a target against what was approved; nil
	// compares nothing.
	Pinned func(journal.Pin) error
	// Arm holds a recorded arm against the request that the plan makes of it, in a
	// run with that marker. who are the names that the server gave the identity;
	// nil compares nothing.
	Arm func(a journal.ArmRecord, marker string, who []string) error
	// Timeout is how long an answer may take.
	Timeout time.Duration
	// MaxRequests is how many requests were approved; 0 bounds nothing.
	MaxRequests int64
	// Program is the SHA-256, in hex, of the program that verifies. Where another
	// one made the record, what this one would say otherwise is Reclassified, and
	// no fault of the record; "" judges every record as its own.
	Program string
	// Operator verifies a signature over a line by the operator.
	Operator func(line, signature []byte, operator journal.Principal, at time.Time) error
}

// Planned is an attempt as it was planned.
type Planned struct {
	journal.Observation
	// Excluded says that the scenario's rules leave it out.
	Excluded bool
	// State and Needs are the keys of its reads of state, and of what else it
	// needs.
	State, Needs []string
}

// Verification is what was verified.
type Verification struct {
	Run       string           `json:"run"`
	Start     journal.RunStart `json:"start"`
	Lines     int64            `json:"lines"`
	Root      tlog.Hash        `json:"root"`
	Counts    probes.Tally     `json:"counts"`
	Verdict   probes.Verdict   `json:"verdict"`
	Recovered bool             `json:"recovered,omitempty"`
	// Ours is the verdict that this program gives, where another version made the
	// record and what it says is Reclassified; else it is Verdict.
	Ours probes.Verdict `json:"ours"`
	// Reclassified are lines of another version's record of which this one says
	// something else.
	Reclassified []string `json:"reclassified,omitempty"`
	// Writer is the SHA-256, in hex, of the program that closed the record and wrote
	// its reports.
	Writer string `json:"writer"`
	// Dated is how many requests were answered with the server's own time, which
	// agrees with this record's.
	Dated int64 `json:"dated"`
}

// Verify repeats every check on a run's folder, streaming over its journal.
// The error names the first line that does not hold. Memory grows with the
// number of identities and state reads; of an observed attempt only its
// number is kept.
func Verify(run fs.FS, v Verifier) (*Verification, error) {
	f, err := run.Open(journal.FileName)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	c := newChecker(run, v)
	for line, err := range journal.Read(f) {
		if err != nil {
			return nil, err
		}
		c.tree.Add(line.Raw)
		err := c.line(line)
		if err == nil {
			err = c.moment(line)
		}
		if err != nil {
			return nil, fmt.Errorf("journal line %d (%s): %w", line.Seq+1, line.Type, err)
		}
	}
	if err := c.whole(); err != nil {
		return nil, err
	}
	return &Verification{
		Run: c.run, Start: c.start, Lines: c.tree.Size(), Root: c.tree.Root(),
		Counts: c.tally, Verdict: c.verdict(), Ours: c.ours(), Recovered: c.recovered,
		Reclassified: c.reclassified, Writer: c.writer, Dated: c.dated,
	}, nil
}

// checker holds what later lines of a journal refer to.
type checker struct {
	Verifier
	folder fs.FS
	run    string
	start  journal.RunStart
	tree   journal.Tree

	first   []byte // the exact bytes of run.start
	pending []byte // the exact bytes of a run.recover that is not signed yet
	// pendingSeq is the number of that line.
	pendingSeq int64
	pendingAt  time.Time // when it was written
	operator   journal.Principal
	sealKey    string // who signs the last checkpoint
	recovered  bool
	ended      *journal.RunEnd
	stop       *journal.Stop
	// through says that some attempt got through, whatever it was judged to be.
	through bool
	// stopsMissing says that some attempt was left out because the run stopped.
	stopsMissing bool
	began, last  time.Time // of the first line, and of the last
	requests     int64     // that the record has an answer to
	dated        int64
	writer       string
	reclassified []string
	names        map[string][]string // of an identity at a target, as the server has them

	intents    map[string]journal.Intent
	arms       map[string]journal.ArmRecord
	records    map[string]targets.DecisionRecord // what the target itself recorded of an attempt
	identities map[string]journal.IdentityCheck
	states     map[string]journal.StateRead
	batches    map[string]*batch // by target
	pins       map[string]journal.Pin
	attempts   map[int64]string // planned attempt -> its arm, until it is observed
	at         map[string]int64 // id -> line, of what brackets attempts and of attempts
	observed   map[int64]bool
	tally      probes.Tally
	own        probes.Tally // of what this program says otherwise
}

func newChecker(folder fs.FS, v Verifier) *checker {
	return &checker{
		Verifier: v, folder: folder, intents: map[string]journal.Intent{}, arms: map[string]journal.ArmRecord{},
		records:    map[string]targets.DecisionRecord{},
		identities: map[string]journal.IdentityCheck{}, states: map[string]journal.StateRead{},
		batches: map[string]*batch{}, names: map[string][]string{},
		pins: map[string]journal.Pin{}, attempts: map[int64]string{}, at: map[string]int64{}, observed: map[int64]bool{},
	}
}

// line checks one line against those before it.
func (c *checker) line(l journal.Line) error {
	if (l.Seq == 0) != (l.Type == journal.TypeRunStart) || (l.Seq == 1) != (l.Type == journal.TypeRunSigned) {
		return errors.New("a run begins with run.start and run.signed")
	}
	if c.ended != nil && l.Type != journal.TypeRunRecover {
		return errors.New("it follows the run's end")
	}
	// A recovery that was killed before its signature is followed by another.
	if (c.pending != nil) != (l.Type == journal.TypeRecSigned) && (c.pending == nil || l.Type != journal.TypeRunRecover) {
		return errors.New("a recovery is signed by the line after it")
	}
	closing := []journal.Type{journal.TypeRunRecover, journal.TypeRecSigned, journal.TypeObservation, journal.TypeRunEnd}
	if c.recovered && !slices.Contains(closing, l.Type) {
		return errors.New("it follows a recovery, which adds only what ends the run")
	}
	switch l.Type {
	case journal.TypeRunStart:
		return c.runStart(l)
	case journal.TypeRunSigned:
		return c.runSigned(l)
	case journal.TypePin:
		return c.pin(l)
	case journal.TypeIdentity:
		return c.identity(l)
	case journal.TypeState:
		return c.state(l)
	case journal.TypeReview:
		return c.review(l)
	case journal.TypeIntent:
		return keep(l, c.intents, func(i journal.Intent) string { return i.ID })
	case journal.TypeArm:
		return c.arm(l)
	case journal.TypeObservation:
		return c.observation(l)
	case journal.TypeStop:
		c.stop = &journal.Stop{}
		return journal.Decode(l.Body, c.stop)
	case journal.TypeRunEnd:
		return c.end(l)
	case journal.TypeRunRecover:
		return c.recover(l)
	case journal.TypeRecSigned:
		return c.recoverSigned(l)
	}
	return errors.New("unknown type")
}

// keep decodes a line and remembers it by its id, which must be new.
func keep[T any](l journal.Line, in map[string]T, id func(T) string) error {
	var v T
	if err := journal.Decode(l.Body, &v); err != nil {
		return err
	}
	if _, twice := in[id(v)]; twice || id(v) == "" {
		return fmt.Errorf("the id %q is a duplicate, or empty", id(v))
	}
	in[id(v)] = v
	return nil
}

func (c *checker) runStart(l journal.Line) error {
	if err := journal.Decode(l.Body, &c.start); err != nil {
		return err
	}
	c.began, c.last, c.writer = l.T, l.T, c.start.Tool.SHA256
	c.run, c.first, c.operator, c.sealKey = l.Run, bytes.Clone(l.Raw), c.start.Operator, c.start.RunKey
	if !c.start.Approval.VerifiedAt.Equal(l.T) && l.T.Sub(c.start.Approval.VerifiedAt).Abs().Minutes() > 10 {
		return fmt.Errorf("the approval was verified at %s, far from the run's start", c.start.Approval.VerifiedAt)
	}
	return c.Approve(l.Run, c.start)
}

func (c *checker) runSigned(l journal.Line) error {
	var s journal.Signed
	if err := journal.Decode(l.Body, &s); err != nil {
		return err
	}
	if s.Seq != 0 || s.Namespace != "operate@sodprobe" {
		return errors.New("it is not the operator's signature over run.start")
	}
	if err := c.Operator(c.first, []byte(s.Signature), c.operator, c.start.Approval.VerifiedAt); err != nil {
		return fmt.Errorf("the operator's signature: %w", err)
	}
	point, err := journal.ReadCheckpoint(c.folder, "before", c.start.RunKey)
	if err != nil {
		return fmt.Errorf("the checkpoint before the run: %w", err)
	}
	if point.Origin != c.start.Origin || point.Size != c.tree.Size() || point.Root != c.tree.Root() {
		return errors.New("the checkpoint before the run is not over these two lines")
	}
	return nil
}

func (c *checker) recover(l journal.Line) error {
	var r journal.RunRecover
	if err := journal.Decode(l.Body, &r); err != nil {
		return err
	}
	c.recovered, c.ended, c.writer = true, nil, r.Tool.SHA256
	c.pendingAt = l.T
	c.pending, c.pendingSeq, c.operator, c.sealKey = bytes.Clone(l.Raw), l.Seq, r.Operator, r.RunKey
	return nil
}

func (c *checker) recoverSigned(l journal.Line) error {
	var s journal.Signed
	if err := journal.Decode(l.Body, &s); err != nil {
		return err
	}
	if s.Seq != c.pendingSeq || s.Namespace != "operate@sodprobe" {
		return errors.New("it is not the operator's signature over the recovery")
	}
	line := c.pending
	c.pending = nil
	if err := c.Operator(line, []byte(s.Signature), c.operator, c.pendingAt); err != nil {
		return fmt.Errorf("the operator's signature over the recovery: %w", err)
	}
	return nil
}

func (c *checker) end(l journal.Line) error {
	c.ended = &journal.RunEnd{}
	if err := journal.Decode(l.Body, c.ended); err != nil {
		return err
	}
	if want := c.verdict(); c.ended.Verdict != want {
		return fmt.Errorf("it says %s, the observations say %s", c.ended.Verdict, want)
	}
	if err := c.counted(*c.ended); err != nil {
		return err
	}
	for outcome, n := range c.tally.Counts() {
		if c.ended.Counts[outcome] != n {
			return fmt.Errorf("it counts %d %s, the observations %d", c.ended.Counts[outcome], outcome, n)
		}
	}
	return nil
}

// verdict is what the observations say.
func (c *checker) verdict() probes.Verdict {
	if c.recovered {
		return c.tally.Verdict().OfRecovered()
	}
	return c.tally.Verdict()
}

// ours is what this program says of the whole: where another version made the record,
// and this one says otherwise of any line, at most what the record says without that.
func (c *checker) ours() probes.Verdict {
	if len(c.reclassified) == 0 {
		return c.verdict()
	}
	if c.own.Permitted > 0 {
		return probes.Ineffective
	}
	return c.verdict().OfRecovered()
}

// whole checks what only the whole journal shows.
func (c *checker) whole() error {
	switch {
	case c.ended == nil:
		return errors.New("the run did not end: see sodprobe cleanup")
	case c.tally.Len() != c.start.Planned:
		return fmt.Errorf("%d attempts were planned, %d have an observation", c.start.Planned, c.tally.Len())
	case len(c.intents) > 0 && !c.recovered:
		return fmt.Errorf("%d requests were announced and have no answer", len(c.intents))
	case len(c.attempts) > 0:
		return fmt.Errorf("%s sent, and no observation says so", plural(int64(len(c.attempts)), "attempt was", "attempts were"))
	}
	if err := c.halted(); err != nil {
		return err
	}
	point, err := journal.ReadCheckpoint(c.folder, "after", c.sealKey)
	if err != nil {
		return fmt.Errorf("the checkpoint after the run: %w", err)
	}
	if point.Origin != c.start.Origin || point.Size != c.tree.Size() || point.Root != c.tree.Root() {
		return errors.New("the checkpoint after the run is not over this journal")
	}
	return nil
}
