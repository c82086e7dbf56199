package journal

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/sodprobe/sodprobe/probes"
)

// ErrEnded says that a run has its end and its last checkpoint: there is
// nothing to recover.
var ErrEnded = errors.New("the run has ended")

// ErrUnregistered says that a run died before its registration was complete,
// and so before its first request.
var ErrUnregistered = errors.New("the run was not registered, so nothing was attempted: remove its folder")

// Recovery is what Recover needs to know.
type Recovery struct {
	// Line is told of every whole line that is there, in its order; nil where
	// nobody wants to know.
	Line func(Line) error
	// Planned yields every planned attempt of a run with that marker, after the
	// last line: concluded where the lines support an outcome, or as it is before
	// anything ran.
	Planned func(marker string) iter.Seq[Observation]
	// Permit may refuse, by the name of the run and the number of its lines, before
	// anything is written; nil refuses nothing.
	Permit func(run string, lines int64) error
	// Record is the line to write; Recover fills in what it finds.
	Record RunRecover
	Origin string
	Sealer note.Signer
	Now    func() time.Time
	// Sign is the operator's signature over the recover line.
	Sign func(line []byte) ([]byte, error)
}

// Recovered is what a recovery did.
type Recovered struct {
	Run                   string
	Size                  int64
	Root                  tlog.Hash
	Indeterminate, NotRun int64
	// Status is how a run ended that had its end already.
	Status Status
	// Tally counts all observations, those of before included.
	Tally probes.Tally
}

// Recover closes the journal of a run that was killed: it cuts a torn last
// line, and ends every planned attempt that has no observation. One that may
// have been sent becomes Inconclusive, indeterminate; any other becomes
// NotRun. It sends nothing. A recovery that was killed itself can be repeated.
func Recover(ctx context.Context, dir string, r Recovery) (_ Recovered, err error) {
	lock, err := lockJournal(dir)
	if err != nil {
		return Recovered{}, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	s, err := survey(dir, r.Line)
	if err != nil {
		return Recovered{}, err
	}
	switch {
	case s.end != nil && hasCheckpoint(dir, "after"):
		return Recovered{Run: s.run, Size: s.tree.Size(), Root: s.tree.Root(), Status: s.end.Status, Tally: s.tally}, ErrEnded
	case s.tree.Size() < 2 || !hasCheckpoint(dir, "before"):
		return Recovered{}, ErrUnregistered
	}
	if r.Permit != nil {
		if err := r.Permit(s.run, s.tree.Size()); err != nil {
			return Recovered{}, err
		}
	}
	w, err := reopen(dir, s, r.Now)
	if err != nil {
		return Recovered{}, err
	}
	w.lock = lock
	defer func() { _ = w.file.Close() }() // closed by then; only errors leave it open
	r.Record.TornBytes = len(s.torn)
	if len(s.torn) > 0 {
		sum := sha256.Sum256(s.torn)
		r.Record.TornSHA256 = hex.EncodeToString(sum[:])
	}
	seq := s.tree.Size()
	line, err := w.AppendLine(ctx, TypeRunRecover, r.Record)
	if err != nil {
		return Recovered{}, err
	}
	signature, err := r.Sign(line)
	if err != nil {
		return Recovered{}, fmt.Errorf("sign for the recovery: %w", err)
	}
	if err := w.Append(ctx, TypeRecSigned, Signed{Seq: seq, Namespace: "operate@sodprobe", Signature: string(signature)}); err != nil {
		return Recovered{}, err
	}
	return w.endAll(ctx, s, r)
}

// endAll writes the missing observations, the end and the checkpoint.
func (w *Writer) endAll(ctx context.Context, s *surveyed, r Recovery) (Recovered, error) {
	done := Recovered{Run: s.run}
	tally := s.tally
	for o := range r.Planned(s.marker) {
		if s.observed[o.N] {
			continue
		}
		switch {
		case o.Reason != "": // the lines say enough
		case s.sent[o.N]:
			o.Judgement = probes.Judgement{Reason: probes.ReasonIndeterminate, Urgent: true}
		default:
			o.Judgement = probes.Judgement{Outcome: probes.NotRun, Reason: probes.ReasonNotRun}
			o.NotRunBecause = "the run was killed"
		}
		switch {
		case o.Reason == probes.ReasonIndeterminate:
			done.Indeterminate++
		case o.Outcome == probes.NotRun:
			done.NotRun++
		}
		tally.Add(o.Outcome)
		if err := w.Append(ctx, TypeObservation, o); err != nil {
			return done, err
		}
	}
	done.Tally = tally
	end := RunEnd{Status: "failed", Counts: tally.Counts(), Requests: s.requests, Verdict: tally.Verdict().OfRecovered()}
	if s.end != nil { // only its checkpoint was lost
		end = *s.end
		end.Verdict = end.Verdict.OfRecovered()
	}
	if err := w.Append(ctx, TypeRunEnd, end); err != nil {
		return done, err
	}
	if err := w.Checkpoint(ctx, "after", r.Origin, r.Sealer); err != nil {
		return done, err
	}
	done.Size, done.Root = w.Root()
	return done, w.Close(ctx)
}

// surveyed is what stands in a journal.
type surveyed struct {
	run      string
	marker   string
	tree     Tree
	bytes    int64 // of whole lines
	last     time.Time
	torn     []byte
	end      *RunEnd
	requests int64          // that the journal has an answer to
	sent     map[int64]bool // attempts with an intent or an arm
	observed map[int64]bool
	tally    probes.Tally
}

func survey(dir string, tell func(Line) error) (*surveyed, error) {
	f, err := os.Open(filepath.Join(dir, FileName)) //nolint:gosec // the run's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrUnregistered
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	s := &surveyed{sent: map[int64]bool{}, observed: map[int64]bool{}}
	for line, err := range Read(f) {
		if errors.Is(err, ErrTorn) {
			s.torn = line.Raw
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if err := s.add(line); err != nil {
			return nil, err
		}
		if tell == nil {
			continue
		}
		if err := tell(line); err != nil {
			return nil, fmt.Errorf("journal line %d: %w", line.Seq+1, err)
		}
	}
	return s, nil
}

func (s *surveyed) add(line Line) error {
	s.run, s.last = line.Run, line.T
	s.tree.Add(line.Raw)
	s.bytes += int64(len(line.Raw))
	var err error
	switch line.Type {
	case TypePin:
		var p Pin
		err = Decode(line.Body, &p)
		for _, x := range p.Exchanges {
			s.requests += x.Count()
		}
	case TypeIdentity:
		var i IdentityCheck
		err = Decode(line.Body, &i)
		s.requests += i.Exchange.Count()
	case TypeState:
		var r StateRead
		err = Decode(line.Body, &r)
		s.requests += r.Exchange.Count()
	case TypeReview:
		var r Review
		err = Decode(line.Body, &r)
		s.requests += r.Exchange.Count()
	case TypeIntent:
		var i Intent
		err = Decode(line.Body, &i)
		s.sent[i.N] = true
	case TypeArm:
		var a ArmRecord
		err = Decode(line.Body, &a)
		s.sent[a.N] = true
		s.requests += a.Case.Exchange.Count()
	case TypeObservation:
		var o Observation
		err = Decode(line.Body, &o)
		s.observed[o.N] = true
		s.tally.Add(o.Outcome)
	case TypeRunEnd:
		s.end = &RunEnd{}
		err = Decode(line.Body, s.end)
	case TypeRunStart:
		var start RunStart
		err = Decode(line.Body, &start)
		s.marker = start.Marker
	case TypeRunSigned, TypeStop, TypeRunRecover, TypeRecSigned:
	}
	if err != nil {
		return fmt.Errorf("journal line %d: %w", line.Seq+1, err)
	}
	return nil
}

// reopen cuts a torn line and goes on where the journal ended.
func reopen(dir string, s *surveyed, now func() time.Time) (*Writer, error) {
	f, err := os.OpenFile(filepath.Join(dir, FileName), os.O_WRONLY, 0o600) //nolint:gosec // the run's own folder
	if err != nil {
		return nil, err
	}
	if len(s.torn) > 0 {
		err = f.Truncate(s.bytes)
	}
	if err == nil {
		_, err = f.Seek(s.bytes, 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cut the torn line: %w", err), f.Close())
	}
	return &Writer{
		dir: dir, run: s.run, now: now, file: f, out: bufio.NewWriterSize(f, bufferSize),
		tree: s.tree, last: s.last, durable: s.tree.Size(),
	}, nil
}
