package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/formats"
	"github.com/sodprobe/sodprobe/reports/journal"
)

// recorded are the files of a run's folder that are the record itself.
func recorded() []string {
	return []string{journal.FileName, "checkpoints/before.txt", "checkpoints/after.txt"}
}

// untouched checks the folder: it has its name, and the files that the run wrote
// and no other.
func (p *packaged) untouched(run string, documents map[string]string) error {
	dir, err := filepath.Abs(p.dir)
	if err != nil {
		return err
	}
	if name := filepath.Base(dir); name != run {
		return fmt.Errorf("the folder is called %s, and holds the run %s", name, run)
	}
	known := append(recorded(), sortedKeys(documents)...)
	for _, f := range formats.All() {
		known = append(known, f.File)
	}
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no regular file", path)
		case !slices.Contains(known, path):
			return fmt.Errorf("%s is none of the files that the run wrote", path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range known {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is missing", name)
		}
	}
	return nil
}

// rendered renders the files that follow from the journal again, and compares them
// byte by byte. Only the program that wrote them writes the same.
func (p *packaged) rendered() error {
	r, err := openRecord(p.dir)
	if err != nil {
		return err
	}
	for _, f := range formats.All() {
		if err := p.same(f, r); err != nil {
			return err
		}
	}
	return nil
}

// same compares a file with what a format writes, as it is written.
func (p *packaged) same(f formats.Format, r formats.Run) error {
	file, err := os.Open(filepath.Join(p.dir, f.File))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // read only
	c := &comparison{with: bufio.NewReader(file)}
	if err := f.Write(c, r); err != nil && !errors.Is(err, errDiffers) {
		return err
	}
	if _, err := c.with.ReadByte(); c.differs || !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s is not what follows from the journal: sodprobe report %s writes it again", f.File, p.dir)
	}
	return nil
}

// comparison is a writer that takes only what a reader has.
type comparison struct {
	with    *bufio.Reader
	differs bool
}

var errDiffers = errors.New("it differs")

// Write implements io.Writer.
func (c *comparison) Write(b []byte) (int, error) {
	got := make([]byte, len(b))
	if _, err := io.ReadFull(c.with, got); err != nil || !bytes.Equal(got, b) {
		c.differs = true
		return 0, errDiffers
	}
	return len(b), nil
}

// inLedger compares the record with the ledger beside it, and reports whether there
// is one.
func (p *packaged) inLedger(ctx context.Context, got *reports.Verification) (bool, error) {
	dir, err := filepath.Abs(p.dir)
	if err != nil {
		return false, err
	}
	l, err := journal.ReadLedger(filepath.Dir(dir))
	if err != nil || l == nil {
		return false, err
	}
	known, err := l.Known(ctx, got.Run)
	if err != nil {
		return true, err
	}
	switch {
	case !known.Started:
		return true, errors.New("the ledger beside it does not know that the run began")
	case known.Scenario != "sha256:"+got.Start.Scenario.SHA256 || known.Trust != got.Start.Approval.TrustSHA256:
		return true, errors.New("the ledger beside it knows the run with another scenario, or another trust folder")
	case !known.Ended:
		return true, errors.New("the ledger beside it has no end of the run: sodprobe cleanup writes it")
	case known.Lines != got.Lines || known.Root != got.Root.String():
		return true, fmt.Errorf("the ledger beside it says %d lines under the root %s, the journal has %d under %s",
			known.Lines, known.Root, got.Lines, got.Root)
	}
	return true, nil
}

// tidy removes what a killed process left half written.
func tidy(dir string) error {
	var faults []error
	for _, pattern := range []string{".report-*", "checkpoints/*.part"} {
		left, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		faults = append(faults, err)
		for _, path := range left {
			faults = append(faults, os.Remove(path))
		}
	}
	return errors.Join(faults...)
}
