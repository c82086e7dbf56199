package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a signed statement about the first Size lines (C2SP
// tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// NewRunKey makes the ephemeral Ed25519 key of a run. verifier is the form
// that stands in run.start.
func NewRunKey(rand io.Reader, name string) (signer note.Signer, verifier string, err error) {
	private, verifier, err := note.GenerateKey(rand, name)
	if err != nil {
		return nil, "", err
	}
	signer, err = note.NewSigner(private)
	return signer, verifier, err
}

// checkpointFile is where a checkpoint of that name stands.
func checkpointFile(name string) string { return "checkpoints/" + name + ".txt" }

func writeCheckpoint(dir, name, origin string, size int64, root tlog.Hash, key note.Signer) error {
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)}, key)
	if err != nil {
		return fmt.Errorf("sign the checkpoint %s: %w", name, err)
	}
	path := filepath.Join(dir, filepath.FromSlash(checkpointFile(name)))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write the checkpoint %s: %w", name, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write the checkpoint %s: %w", name, errors.Join(fs.ErrExist, err))
	}
	// A checkpoint is there whole or not at all, so that a crash cannot leave
	// a piece of one that nobody may replace.
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the run's own folder
	if err != nil {
		return fmt.Errorf("write the checkpoint %s: %w", name, err)
	}
	_, err = f.Write(signed)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = errors.Join(os.Rename(part, path), syncDir(filepath.Dir(path)))
	}
	if err != nil {
		return fmt.Errorf("write the checkpoint %s: %w", name, err)
	}
	return nil
}

// hasCheckpoint reports whether a run's folder holds that checkpoint.
func hasCheckpoint(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(checkpointFile(name))))
	return err == nil
}

// ReadCheckpoint reads checkpoints/NAME.txt of a run's folder and verifies
// its signature by the run's key, the verifier of run.start or run.recover.
func ReadCheckpoint(run fs.FS, name, verifier string) (Checkpoint, error) {
	data, err := fs.ReadFile(run, checkpointFile(name))
	if err != nil {
		return Checkpoint{}, err
	}
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: the run's key: %w", checkpointFile(name), err)
	}
	n, err := note.Open(data, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: %w", checkpointFile(name), err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: %w", checkpointFile(name), err)
	}
	return c, nil
}

// parseCheckpoint accepts exactly what writeCheckpoint writes.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return Checkpoint{}, errors.New("a checkpoint has three lines: origin, size, root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("the size %q is not a number of lines", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return Checkpoint{}, fmt.Errorf("the root %q is not a hash", lines[2])
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}
