package approval_test

import (
	"context"
	"io"
	"os/exec"
	"testing"
	"testing/fstest"

	"github.com/sodprobe/sodprobe/scenarios/approval"
)

func runProgram(ctx context.Context, in io.Reader, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = in
	return cmd.Output()
}

// FuzzTrust: no trust folder makes the loader panic, and one that loads says
// who its root is.
func FuzzTrust(f *testing.F) {
	f.Add("dana ssh-ed25519 AAAA\n", soundPolicy, "")
	f.Add("dana namespaces=\"a\",valid-after=\"20260101Z\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE", soundPolicy, "ssh-rsa AAAA")
	f.Fuzz(func(_ *testing.T, signers, policy, revoked string) {
		files := map[string][]byte{"allowed_signers": []byte(signers), "policy.yaml": []byte(policy), "revoked_keys": []byte(revoked)}
		folder := fstest.MapFS{"MANIFEST": {Data: approval.Manifest(files)}}
		for name, data := range files {
			folder[name] = &fstest.MapFile{Data: data}
		}
		if trust, err := approval.LoadTrust(folder); err == nil {
			_ = trust.RootFingerprints()
		}
	})
}

// FuzzSignature: no bytes make the verifier panic, and none but a signature
// pass.
func FuzzSignature(f *testing.F) {
	o := newOffice(f)
	trust, err := approval.LoadTrust(o.folder())
	if err != nil {
		f.Fatal(err)
	}
	good := sign(f, o.keys["oscar"], "operate@sodprobe", []byte("line\n"))
	f.Add([]byte("-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"))
	f.Add(good[:60])
	f.Fuzz(func(t *testing.T, sig []byte) {
		if _, err := approval.VerifyOperator(trust, []byte("another line\n"), sig, "oscar", now()); err == nil {
			t.Errorf("%q passes", sig)
		}
	})
}
