package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/scenarios/approval"
)

// publicKey is an operator's key as the evidence names it.
type publicKey = ssh.PublicKey

// keygen signs through ssh-keygen with the user's own terminal, agent and
// hardware.
func (a *app) keygen(keyFile string) approval.Signer {
	return approval.SSHKeygen("ssh-keygen", keyFile, func(ctx context.Context, in io.Reader, name string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // ssh-keygen, with the key that the user names
		cmd.Stdin, cmd.Stderr = in, a.stderr
		return cmd.Output()
	})
}

// serviceSigner signs in process, for a schedule's own key.
func (a *app) serviceSigner(keyFile string) (approval.Signer, publicKey, error) {
	data, err := os.ReadFile(keyFile) //nolint:gosec // the user names the key
	if err != nil {
		return nil, nil, refusedf("read the service's key: %w", err)
	}
	key, err := ssh.ParsePrivateKey(data)
	if err != nil {
		return nil, nil, refusedf("read the service's key %s: %w (a service's key has no passphrase)", keyFile, err)
	}
	return approval.InProcess(key), key.PublicKey(), nil
}

// readPublicKey finds the public half of a key file, which may be the public
// key of one that the agent holds.
func readPublicKey(file string) (publicKey, error) {
	for _, name := range []string{file + ".pub", file} {
		data, err := os.ReadFile(name) //nolint:gosec // the user names the key
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if key, _, _, _, err := ssh.ParseAuthorizedKey(data); err == nil {
			return key, nil
		}
		if key, err := ssh.ParsePrivateKey(data); err == nil {
			return key.PublicKey(), nil
		}
	}
	return nil, fmt.Errorf("neither %s.pub nor %s holds a public key", strings.TrimSuffix(file, ".pub"), file)
}
