package approval

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Signer makes armored signatures.
type Signer interface {
	Sign(ctx context.Context, namespace string, message []byte) (armored []byte, err error)
}

// Command runs a program with a standard input and returns its standard
// output.
type Command func(ctx context.Context, stdin io.Reader, name string, args ...string) ([]byte, error)

// SSHKeygen signs through ssh-keygen, so that agents and hardware keys work,
// and no person's private key is read by this program.
func SSHKeygen(program, keyFile string, run Command) Signer {
	return &keygen{program, keyFile, run}
}

type keygen struct {
	program, keyFile string
	run              Command
}

// Sign implements Signer.
func (k *keygen) Sign(ctx context.Context, namespace string, message []byte) ([]byte, error) {
	armored, err := k.run(ctx, bytes.NewReader(message), k.program, "-Y", "sign", "-n", namespace, "-f", k.keyFile)
	if err != nil {
		return nil, fmt.Errorf("%s -Y sign -f %s: %w", k.program, k.keyFile, err)
	}
	return armored, nil
}

// InProcess signs with a key in memory: for schedules, and for the demo.
func InProcess(key ssh.Signer) Signer { return &inProcess{key} }

type inProcess struct{ key ssh.Signer }

// Sign implements Signer.
func (s *inProcess) Sign(_ context.Context, namespace string, message []byte) ([]byte, error) {
	sig, err := sshsig.Sign(bytes.NewReader(message), s.key, sshsig.HashSHA512, namespace)
	if err != nil {
		return nil, fmt.Errorf("sign in process: %w", err)
	}
	return armor(sig), nil
}
