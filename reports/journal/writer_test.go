package journal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/sodprobe/sodprobe/reports/journal"
)

// clock starts at a fixed moment and moves on by a second with each question.
func clock() func() time.Time {
	var mu sync.Mutex
	at := time.Date(2026, 10, 5, 3, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Second)
		return at
	}
}

func create(t *testing.T, dir string) *journal.Writer {
	t.Helper()
	w, err := journal.Create(dir, "run-1", clock())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func runKey(t *testing.T) (note.Signer, string) {
	t.Helper()
	signer, verifier, err := journal.NewRunKey(rand.Reader, "sodprobe-run-1")
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func lines(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []string
	for line, err := range journal.Read(f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(line.Raw))
	}
	return out
}

func TestTreeAgreesWithTlog(t *testing.T) {
	var tree journal.Tree
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = stored[x]
		}
		return out, nil
	})
	for n := range int64(130) {
		want, err := tlog.TreeHash(n, read)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && tree.Root() != want {
			t.Fatalf("the root over %d lines is %s, want %s", n, tree.Root(), want)
		}
		line := fmt.Appendf(nil, "line %d\n", n)
		more, err := tlog.StoredHashes(n, line, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		tree.Add(line)
	}
}

// TestManyWriters holds the order, the durability and the tree under many
// goroutines that append and commit together.
func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 25 {
				line, err := w.AppendLine(t.Context(), journal.TypeStop, journal.Stop{Reason: "error", Detail: fmt.Sprintf("%d <%d>", g, i)})
				if err != nil {
					t.Error(err)
					return
				}
				if err := w.Commit(t.Context()); err != nil {
					t.Error(err)
					return
				}
				data, err := os.ReadFile(filepath.Join(dir, journal.FileName))
				if err != nil || !bytes.Contains(data, line) {
					t.Errorf("after Commit, the line is not in the file: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	size, root := w.Root()
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var tree journal.Tree
	for _, line := range lines(t, dir) {
		tree.Add([]byte(line))
	}
	if tree.Size() != 200 || size != 200 || tree.Root() != root {
		t.Errorf("the file has %d lines with the root %s, the writer says %d and %s", tree.Size(), tree.Root(), size, root)
	}
}

func TestCreateRefusesAnExistingJournal(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir)
	defer func() { _ = w.Close(t.Context()) }()
	if _, err := journal.Create(dir, "run-2", clock()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second Create: %v", err)
	}
}

// TestFailedWriteEndsTheJournal closes the file below the writer: after the
// first failure nothing may look as if it had been recorded.
func TestFailedWriteEndsTheJournal(t *testing.T) {
	w := create(t, t.TempDir())
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop := journal.Stop{Reason: "error"}
	if err := w.Append(t.Context(), journal.TypeStop, stop); err != nil {
		t.Fatal(err) // it is in memory only
	}
	for n := range 2 {
		if err := w.Commit(t.Context()); err == nil {
			t.Errorf("Commit %d of a closed journal succeeded", n)
		}
	}
	if err := w.Append(t.Context(), journal.TypeStop, stop); err == nil {
		t.Error("Append after a failed Commit succeeded")
	}
}

func TestCheckpoint(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir)
	defer func() { _ = w.Close(t.Context()) }()
	if err := w.Append(t.Context(), journal.TypeStop, journal.Stop{Reason: "error"}); err != nil {
		t.Fatal(err)
	}
	signer, verifier := runKey(t)
	if err := w.Checkpoint(t.Context(), "before", "sodprobe.corp.example/payments", signer); err != nil {
		t.Fatal(err)
	}
	if err := w.Checkpoint(t.Context(), "before", "sodprobe.corp.example/payments", signer); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a checkpoint was written twice: %v", err)
	}
	got, err := journal.ReadCheckpoint(os.DirFS(dir), "before", verifier)
	size, root := w.Root()
	if want := (journal.Checkpoint{Origin: "sodprobe.corp.example/payments", Size: size, Root: root}); err != nil || got != want {
		t.Errorf("it reads as %+v, %v; want %+v", got, err, want)
	}
	_, other := runKey(t)
	if _, err := journal.ReadCheckpoint(os.DirFS(dir), "before", other); err == nil {
		t.Error("another key verified the checkpoint")
	}
}
