package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// FileName is the journal's name inside a run's folder.
const FileName = "journal.jsonl"

// Writer appends lines to one run's journal. It is safe for concurrent use.
// After the first failed write every later call fails, so that a run cannot
// go on without its record.
type Writer struct {
	dir string
	run string
	now func() time.Time
	// lock keeps a second writer away: a cleanup, while the run goes on. The
	// kernel frees it when the process dies.
	lock *flock.Flock

	mu   sync.Mutex // guards the fields below
	file *os.File
	out  *bufio.Writer
	tree Tree
	last time.Time // of the last line
	err  error

	sync    sync.Mutex // held while one caller makes lines durable for all
	durable int64      // lines known to be on disk; guarded by sync
}

// Create makes the journal of a run in its folder, which must exist and hold
// no journal yet.
func Create(dir, run string, now func() time.Time) (*Writer, error) {
	f, err := os.OpenFile(filepath.Join(dir, FileName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the run's own folder
	if err != nil {
		return nil, fmt.Errorf("create the journal: %w", err)
	}
	if err := syncDir(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("create the journal: %w", err), f.Close())
	}
	lock, err := lockJournal(dir)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Writer{dir: dir, run: run, now: now, lock: lock, file: f, out: bufio.NewWriterSize(f, bufferSize)}, nil
}

// bufferSize is how many bytes may wait for a Commit before they are written.
const bufferSize = 64 << 10

// lockJournal takes the one writer's place at a journal that exists.
func lockJournal(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, FileName), flock.SetFlag(os.O_RDONLY))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the journal: %w", err)
	}
	if !ok {
		return nil, ErrBusy
	}
	return lock, nil
}

// ErrBusy says that another process writes the journal.
var ErrBusy = errors.New("the run is still going on: another process writes its journal")

// Append adds one line. It may still be in memory on return: see Commit.
func (w *Writer) Append(ctx context.Context, t Type, body any) error {
	_, err := w.AppendLine(ctx, t, body)
	return err
}

// AppendLine adds one line and returns its exact bytes, newline included.
func (w *Writer) AppendLine(_ context.Context, t Type, body any) ([]byte, error) {
	raw, err := encode(body)
	if err != nil {
		return nil, fmt.Errorf("write %s to the journal: %w", t, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, w.err
	}
	at := w.now().UTC()
	if at.Before(w.last) {
		at = w.last // a clock may be set back, a record may not
	}
	w.last = at
	line, err := encode(Entry{V: 1, Seq: w.tree.Size(), T: at, Type: t, Run: w.run, Body: json.RawMessage("0")})
	if err == nil {
		line = append(append(bytes.TrimSuffix(line, []byte("0}")), raw...), '}', '\n') // what is encoded is not read again
		_, err = w.out.Write(line)
	}
	if err != nil {
		w.err = fmt.Errorf("write %s to the journal: %w", t, err)
		return nil, w.err
	}
	w.tree.Add(line)
	return line, nil
}

// encode renders a value on one line, without escaping for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Commit returns once every line that was appended before the call is
// durable. Callers that wait together share one fsync.
func (w *Writer) Commit(context.Context) error {
	w.mu.Lock()
	want := w.tree.Size()
	w.mu.Unlock()

	w.sync.Lock()
	defer w.sync.Unlock()
	w.mu.Lock()
	err := w.err
	if err == nil && w.durable >= want {
		w.mu.Unlock()
		return nil // the caller before us took our lines along
	}
	if err == nil {
		if err = w.out.Flush(); err != nil {
			w.err = fmt.Errorf("write the journal: %w", err)
			err = w.err
		}
	}
	size := w.tree.Size()
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		w.mu.Lock()
		w.err = fmt.Errorf("make the journal durable: %w", err)
		w.mu.Unlock()
		return fmt.Errorf("make the journal durable: %w", err)
	}
	w.durable = size
	return nil
}

// Root is the number of lines and the RFC 6962 root hash over them.
func (w *Writer) Root() (int64, tlog.Hash) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tree.Size(), w.tree.Root()
}

// Checkpoint makes the journal durable and writes the signed root over it to
// checkpoints/NAME.txt.
func (w *Writer) Checkpoint(ctx context.Context, name, origin string, key note.Signer) error {
	if err := w.Commit(ctx); err != nil {
		return err
	}
	size, root := w.Root()
	return writeCheckpoint(w.dir, name, origin, size, root, key)
}

// Close makes the journal durable and closes it.
func (w *Writer) Close(ctx context.Context) error {
	return errors.Join(w.Commit(ctx), w.file.Close(), w.lock.Unlock())
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the run's own folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
