package approval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/scenarios"
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
	// files are all that was read, by name: what counts, and nothing that
	// somebody left beside it.
	files map[string][]byte
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
	t := &Trust{files: map[string][]byte{}}
	files := map[string][]byte{}
	for _, name := range []string{signersFile, policyName, revokedFile, manifestFile} {
		data, err := readRegular(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == revokedFile:
		case errors.Is(err, fs.ErrNotExist) && name == manifestFile:
			return nil, refuse(TrustUnsigned, "see trust/README.md", "the trust folder has no MANIFEST: the root has not signed it")
		case err != nil:
			return nil, refuse(TrustMalformed, "", "read the trust folder: %v", err)
		default:
			files[name], t.files[name] = data, data
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
	if t.rootSigs, err = t.readAll(dir, rootSigsDir); err != nil {
		return nil, refuse(TrustMalformed, "", "read the root's signatures: %v", err)
	}
	t.withdrawn, err = t.withdrawals(dir)
	return t, err
}

// withdrawals reads the digests of the scenarios whose approval was withdrawn.
func (t *Trust) withdrawals(dir fs.FS) (map[string]bool, error) {
	notes, err := t.readAll(dir, withdrawnDir)
	if err != nil {
		return nil, refuse(TrustMalformed, "", "read the withdrawals: %v", err)
	}
	found, err := digests(notes)
	if err != nil {
		return nil, refuse(TrustMalformed, "write the digest that sodprobe scenario digest prints", "%v", err)
	}
	return found, nil
}

// IsWithdrawn reports whether a scenario's approval is withdrawn by what lies in a
// trust folder now. digest is scenarios.Digest of its bytes. An error means that
// nobody can tell.
func IsWithdrawn(dir fs.FS, digest string) (bool, error) {
	if _, err := fs.Lstat(dir, manifestFile); err != nil {
		return false, fmt.Errorf("the trust folder is not there any more: %w", err)
	}
	found, err := (&Trust{files: map[string][]byte{}}).withdrawals(dir)
	return found[strings.TrimPrefix(digest, "sha256:")], err
}

// digests are the SHA-256 that withdrawals name, in lower case. A note that
// names none was meant to withdraw something, so it is not passed over.
func digests(notes [][]byte) (map[string]bool, error) {
	out := map[string]bool{}
	if len(notes) == 0 {
		return out, nil
	}
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

// Files are the files of the folder that count, by name, as they were read.
func (t *Trust) Files() map[string][]byte { return maps.Clone(t.files) }

// readRegular reads a file that is one. A link could lead elsewhere tomorrow, and
// what it leads to is not what was signed.
func readRegular(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Lstat(dir, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file: put the file itself there", name)
	}
	return fs.ReadFile(dir, name)
}

func (t *Trust) parse(files map[string][]byte) (err error) {
	for _, name := range []string{signersFile, revokedFile} {
		if err := scenarios.Visible(name, files[name]); err != nil {
			return err
		}
	}
	if t.Policy, err = parsePolicy(files[policyName]); err != nil {
		return err
	}
	t.signers = parseSigners(files[signersFile])
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
		if s.key == nil || s.authority { // an authority certifies many
			continue
		}
		_, print := Names(s.key)
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
func (t *Trust) readAll(dir fs.FS, name string) ([][]byte, error) {
	info, err := fs.Lstat(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder: put the folder itself there", name)
	}
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(dir, name)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, e := range entries {
		data, err := readRegular(dir, name+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, data)
		t.files[name+"/"+e.Name()] = data
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
	if err = errors.Join(err, scenarios.Visible("trust_root", pinned)); err != nil {
		return nil, refuse(TrustMalformed, "", "%v", err)
	}
	var signed []string
	for _, sig := range t.verifiedRoots() {
		if holds(t.revoked, sig) {
			continue
		}
		if print := ssh.FingerprintSHA256(sig); holds(keys, sig) && !slices.Contains(signed, print) {
			signed = append(signed, print)
		}
	}
	revoked := slices.ContainsFunc(keys, func(k ssh.PublicKey) bool { return holds(t.revoked, k) })
	if len(signed) == 0 && revoked {
		return nil, refuse(RevokedKey, "have another root key sign the trust folder", "the only pinned root key that could have signed the trust folder is revoked")
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

// RootsHold reports whether every signature over the folder holds, whoever made
// it: a file of the folder that proves nothing was changed, or never was one.
func (t *Trust) RootsHold() bool { return len(t.verifiedRoots()) == len(t.rootSigs) }

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
