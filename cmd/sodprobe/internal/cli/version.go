package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/reports/journal"
)

// version is set by the linker's -X, and written by nothing else.
var version = "unknown"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and the digest of this program",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			tool, err := a.tool()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "sodprobe %s %s/%s %s sha256:%s\n",
				tool.Version, runtime.GOOS, runtime.GOARCH, runtime.Version(), tool.SHA256)
			return err
		},
	}
}

// thisTool identifies this program: the evidence names it by its digest.
func thisTool() (journal.Tool, error) {
	path, err := os.Executable()
	if err != nil {
		return journal.Tool{}, fmt.Errorf("find this program's own file: %w", err)
	}
	f, err := os.Open(path) //nolint:gosec // the path is this program's
	if err != nil {
		return journal.Tool{}, fmt.Errorf("read this program's own file: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return journal.Tool{}, fmt.Errorf("read this program's own file: %w", err)
	}
	return journal.Tool{Name: "sodprobe", Version: version, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}
