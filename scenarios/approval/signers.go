package approval

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// allowedSigner is one line of allowed_signers.
type allowedSigner struct {
	line       int // from 1
	principals []string
	options
	key ssh.PublicKey
	// wrong says why the line counts for nobody, nil where it can. One line does
	// not condemn the others.
	wrong error
}

// parseSigners reads allowed_signers as ssh-keygen does (ssh-keygen(1), ALLOWED
// SIGNERS; parse_principals_key_and_options in OpenSSH's sshsig.c).
func parseSigners(data []byte) []allowedSigner {
	var out []allowedSigner
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.Trim(line, blanks)
		if line == "" || line[0] == '#' {
			continue
		}
		s := parseSigner(line)
		s.line = i + 1
		out = append(out, s)
	}
	return out
}

// blanks are what stands between the words of a line.
const blanks = " \t"

func parseSigner(line string) (s allowedSigner) {
	principals, rest, err := firstWord(line)
	if err != nil {
		s.wrong = err
		return s
	}
	s.principals = strings.Split(principals, ",")
	defer func() {
		for _, p := range s.principals {
			if s.wrong == nil && (p == "" || strings.ContainsAny(p, "*?!")) {
				s.wrong = fmt.Errorf("the principal %q is not a name: write each one out", p)
			}
		}
	}()
	if s.key, s.wrong = parseKey(rest); errors.Is(s.wrong, errNoKey) {
		given, after, err := cutOptions(rest)
		if err != nil {
			s.wrong = err
			return s
		}
		s.key, s.wrong = parseKey(strings.TrimLeft(after, blanks))
		if s.options, err = parseOptions(given); err != nil {
			s.wrong = err
		}
	}
	if s.wrong == nil {
		if kind := unsupported(s.key); kind != "" {
			s.wrong = fmt.Errorf("a %s key is not supported", kind)
		}
	}
	return s
}

// firstWord cuts a word off that may stand in quotes.
func firstWord(line string) (word, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		word, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", errors.New("the quotes of the principals do not end")
		}
		return word, strings.TrimLeft(rest, blanks), nil
	}
	i := strings.IndexAny(line, blanks)
	if i < 0 {
		return "", "", errors.New("want PRINCIPALS [OPTIONS] KEYTYPE KEY")
	}
	return line[:i], strings.TrimLeft(line[i:], blanks), nil
}

// errNoKey says that no key begins where one may.
var errNoKey = errors.New("no public key")

// parseKey reads KEYTYPE KEY [COMMENT].
func parseKey(s string) (ssh.PublicKey, error) {
	kind, rest, err := firstWord(s)
	if err != nil || !keyType(kind) {
		return nil, fmt.Errorf("%w: want KEYTYPE KEY", errNoKey)
	}
	text, _, _ := strings.Cut(strings.ReplaceAll(rest, "\t", " "), " ")
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(kind + " " + text)) //nolint:dogsled // the rest is empty
	if err != nil {
		return nil, fmt.Errorf("the %s key cannot be read", kind)
	}
	if key.Type() != kind {
		return nil, fmt.Errorf("the key is not of the type %s that stands before it", kind)
	}
	return key, nil
}

// keyType reports whether a word names a kind of key, known here or not: it
// begins as all of OpenSSH's do.
func keyType(word string) bool {
	prefixes := []string{"ssh-", "sk-", "ecdsa-", "mldsa", "webauthn-"}
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(word, prefix) })
}

// supportedTypes are the key types whose signatures count. Security keys have to
// have been touched.
func supportedTypes() []string {
	return []string{
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSA,
		ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
	}
}

// unsupported says which kind of key cannot count, "" where it can. Of a
// certificate it looks at the key that it is for.
func unsupported(key ssh.PublicKey) string {
	key = bare(key)
	if !slices.Contains(supportedTypes(), key.Type()) {
		return key.Type()
	}
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
			return fmt.Sprintf("ssh-rsa with %d bits", k.N.BitLen())
		}
	}
	return ""
}

// bare is the key itself, where it comes in a certificate.
func bare(key ssh.PublicKey) ssh.PublicKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}

// same reports whether two keys are one, whether in a certificate or not.
func same(a, b ssh.PublicKey) bool { return bytes.Equal(bare(a).Marshal(), bare(b).Marshal()) }

// allows reports whether the line lets a key sign as a principal in a namespace
// at a moment; why it does not, where the line is about that very key and
// principal; and whether a line that cannot be read is about that principal.
func (s allowedSigner) allows(key ssh.PublicKey, principal, namespace string, at time.Time) (ok bool, why error) {
	cert, isCert := key.(*ssh.Certificate)
	switch {
	case !slices.Contains(s.principals, principal):
		return false, nil
	case s.wrong != nil:
		return false, s.wrong
	case s.authority && isCert && same(cert.SignatureKey, s.key):
		if err := certified(cert, principal, at); err != nil {
			return false, err
		}
	case s.authority || isCert || !same(s.key, key):
		return false, nil
	}
	if len(s.namespaces) > 0 && !slices.Contains(s.namespaces, namespace) || !s.validAt(at) {
		return false, fmt.Errorf("it does not hold for %s at %s", namespace, at.UTC().Format(time.RFC3339))
	}
	return true, nil
}

// certified checks a certificate of OpenSSH for a person, as of a moment. That its
// authority is one is the line's to say. Stock ssh-keygen passes over critical
// options; what is critical and not understood refuses here.
func certified(cert *ssh.Certificate, principal string, at time.Time) error {
	if cert.CertType != ssh.UserCert || len(cert.ValidPrincipals) == 0 {
		return errors.New("the certificate is not a user's, or names nobody")
	}
	checker := ssh.CertChecker{Clock: func() time.Time { return at }}
	if err := checker.CheckCert(principal, cert); err != nil {
		return fmt.Errorf("the certificate does not hold: %w", err)
	}
	return nil
}

// parseKeys reads a list of public keys, one a line.
func parseKeys(name string, data []byte) ([]ssh.PublicKey, error) {
	var out []ssh.PublicKey
	if bytes.HasPrefix(data, []byte("SSHKRL")) {
		return nil, fmt.Errorf("%s is a binary revocation list: list the public keys instead, one a line", name)
	}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.Trim(line, blanks)
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s line %d is not a public key: %w", name, i+1, err)
		}
		out = append(out, key)
	}
	return out, nil
}

// holds reports whether a key, or the authority of a certificate, is in a list.
func holds(list []ssh.PublicKey, key ssh.PublicKey) bool {
	cert, isCert := key.(*ssh.Certificate)
	return slices.ContainsFunc(list, func(k ssh.PublicKey) bool { return same(k, key) || isCert && same(k, cert.SignatureKey) })
}

// Names are a key's type and fingerprint, as records have them: those of the key
// itself, where it comes in a certificate.
func Names(key ssh.PublicKey) (kind, fingerprint string) {
	return bare(key).Type(), ssh.FingerprintSHA256(bare(key))
}
