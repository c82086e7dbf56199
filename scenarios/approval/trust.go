package approval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Trust is a trust folder: who may sign, under which policy, and what was
// withdrawn. It is not to be trusted before VerifyRoot.
type Trust struct {
	Policy Policy

	signers   []allowedSigner
	revoked   []ssh.PublicKey
	withdrawn map[string]bool
	manifest  []byte
	rootSigs  [][]byte
}

// The files of a trust folder.
const (
	signersFile  = "allowed_signers"
	policyName   = "policy.yaml"
	revokedFile  = "revoked_keys"
	manifestFile = "MANIFEST"
	rootSigsDir  = "MANIFEST.sigs"
	withdrawnDir = "withdrawn"
)

// LoadTrust reads a trust folder and compares its files with its MANIFEST.
func LoadTrust(dir fs.FS) (*Trust, error) {
	t := &Trust{}
	files := map[string][]byte{}
	for _, name := range []string{signersFile, policyName, revokedFile, manifestFile} {
		data, err := fs.ReadFile(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == revokedFile:
		case errors.Is(err, fs.ErrNotExist) && name == manifestFile:
			return nil, refuse(TrustUnsigned, "see trust/README.md", "the trust folder has no MANIFEST: the root has not signed it")
		case err != nil:
			return nil, refuse(TrustMalformed, "", "read the trust folder: %v", err)
		default:
			files[name] = data
		}
	}
	t.manifest = files[manifestFile]
	delete(files, manifestFile)
	if got, want := string(t.manifest), manifestOf(files); got != want {
		return nil, refuse(
			TrustUnsigned,
			"have the root sign the trust folder as it is now",
			"the trust folder's files are not those of its MANIFEST",
		)
	}
	if err := t.parse(files); err != nil {
		return nil, refuse(TrustMalformed, "", "%v", err)
	}
	var err error
	if t.rootSigs, err = readAll(dir, rootSigsDir); err != nil {
		return nil, refuse(TrustMalformed, "", "read the root's signatures: %v", err)
	}
	notes, err := readAll(dir, withdrawnDir)
	if err != nil {
		return nil, refuse(TrustMalformed, "", "read the withdrawals: %v", err)
	}
	if t.withdrawn, err = digests(notes); err != nil {
		return nil, refuse(TrustMalformed, "write the digest that sodprobe scenario digest prints", "%v", err)
	}
	return t, nil
}

// digests are the SHA-256 that withdrawals name, in lower case. A note that
// names none was meant to withdraw something, so it is not passed over.
func digests(notes [][]byte) (map[string]bool, error) {
	out := map[string]bool{}
	form := regexp.MustCompile(`(?i)\b[0-9a-f]{64}\b`)
	for _, note := range notes {
		found := form.FindAllString(string(note), -1)
		if len(found) == 0 {
			return nil, errors.New("a note in withdrawn/ names no digest of a scenario")
		}
		for _, digest := range found {
			out[strings.ToLower(digest)] = true
		}
	}
	return out, nil
}

// CopyTrust copies the files of a trust folder that count, and no other that
// somebody may have left there.
func CopyTrust(to, from string) error {
	for _, name := range []string{signersFile, policyName, revokedFile, manifestFile, rootSigsDir, withdrawnDir} {
		source := filepath.Join(from, name)
		info, err := os.Stat(source)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		case info.IsDir():
			err = os.CopyFS(filepath.Join(to, name), os.DirFS(source))
		default:
			err = copyFile(filepath.Join(to, name), source)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from) //nolint:gosec // a file of the trust folder that the user named
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600) //nolint:gosec // the run folder, and a name from the fixed list
}

func (t *Trust) parse(files map[string][]byte) (err error) {
	if t.Policy, err = parsePolicy(files[policyName]); err != nil {
		return err
	}
	if t.signers, err = parseSigners(files[signersFile]); err != nil {
		return err
	}
	if err := t.oneOwner(); err != nil {
		return err
	}
	t.revoked, err = parseKeys(revokedFile, files[revokedFile])
	return err
}

// oneOwner refuses a key that counts for two people: with it, one could be
// both author and approver, or approve twice.
func (t *Trust) oneOwner() error {
	owner := map[string]string{}
	for _, s := range t.signers {
		if s.key == nil {
			continue
		}
		print := ssh.FingerprintSHA256(s.key)
		for _, principal := range s.principals {
			person := t.Policy.Person(principal)
			if person == "" {
				continue // it counts for nobody
			}
			if other, known := owner[print]; known && other != person {
				return fmt.Errorf("allowed_signers: the key %s belongs to %q and to %q", print, other, person)
			}
			owner[print] = person
		}
	}
	return nil
}

// manifestOf lists files as sha256sum does, by name.
func manifestOf(files map[string][]byte) string {
	var b strings.Builder
	for _, name := range []string{signersFile, policyName, revokedFile} {
		if data, ok := files[name]; ok {
			sum := sha256.Sum256(data)
			fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(sum[:]), name)
		}
	}
	return b.String()
}

// readAll reads every file of a folder; a missing folder holds none.
func readAll(dir fs.FS, name string) ([][]byte, error) {
	entries, err := fs.ReadDir(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, e := range entries {
		data, err := fs.ReadFile(dir, name+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

// Digest is the SHA-256, in hex, of the MANIFEST, and so of the folder.
func (t *Trust) Digest() string {
	sum := sha256.Sum256(t.manifest)
	return hex.EncodeToString(sum[:])
}

// VerifyRoot checks that one of the pinned root keys signed the folder, and
// that its policy has not expired. pinned is the trust_root file: public
// keys, one a line. It returns the fingerprints of the pinned keys that
// signed.
func (t *Trust) VerifyRoot(pinned []byte, at time.Time) ([]string, error) {
	keys, err := parseKeys("trust_root", pinned)
	if err != nil {
		return nil, refuse(TrustMalformed, "", "%v", err)
	}
	var signed []string
	for _, sig := range t.verifiedRoots() {
		if print := ssh.FingerprintSHA256(sig); holds(keys, sig) && !slices.Contains(signed, print) {
			signed = append(signed, print)
		}
	}
	if len(signed) == 0 {
		return nil, refuse(
			TrustUnsigned,
			"have a root key sign the trust folder, or pin the right root",
			"no pinned root key signed the trust folder",
		)
	}
	if !at.Before(t.Policy.Expires) {
		return nil, refuse(
			TrustExpired,
			"have the root sign a policy with a later expiry",
			"the policy expired at %s",
			t.Policy.Expires.Format(time.RFC3339),
		)
	}
	return signed, nil
}

// RootFingerprints are the keys that signed the folder, pinned or not: for
// somebody to compare.
func (t *Trust) RootFingerprints() []string {
	var out []string
	for _, key := range t.verifiedRoots() {
		out = append(out, ssh.FingerprintSHA256(key))
	}
	return unique(out)
}

// rootNamespace is what root keys sign in.
const rootNamespace = "trust@sodprobe"

// verifiedRoots are the keys whose signature over the MANIFEST holds.
func (t *Trust) verifiedRoots() []ssh.PublicKey {
	var out []ssh.PublicKey
	for _, armored := range t.rootSigs {
		sig, refusal := parseSignature(armored)
		if refusal != nil || sig.Namespace != rootNamespace {
			continue
		}
		if sshsig.Verify(bytes.NewReader(t.manifest), sig, sig.PublicKey, sig.HashAlgorithm, rootNamespace) == nil {
			out = append(out, sig.PublicKey)
		}
	}
	return out
}
