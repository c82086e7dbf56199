package approval

import (
	"bufio"
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
	principals    []string
	namespaces    []string // none means any
	after, before time.Time
	key           ssh.PublicKey
	// unsupported says why the line cannot count, "" where it can.
	unsupported string
}

// parseSigners reads allowed_signers (ssh-keygen(1), ALLOWED SIGNERS).
func parseSigners(data []byte) ([]allowedSigner, error) {
	var out []allowedSigner
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		s, err := parseSigner(line)
		if err != nil {
			return nil, fmt.Errorf("allowed_signers line %d: %w", n, err)
		}
		out = append(out, s)
	}
	return out, lines.Err()
}

func parseSigner(line string) (allowedSigner, error) {
	principals, rest, ok := strings.Cut(line, " ")
	if !ok || strings.ContainsAny(principals, "\"\t") {
		return allowedSigner{}, errors.New("want PRINCIPAL [OPTIONS] KEYTYPE KEY")
	}
	s := allowedSigner{principals: strings.Split(principals, ",")}
	for _, p := range s.principals {
		if p == "" || strings.ContainsAny(p, "*?!") {
			return s, fmt.Errorf("the principal %q is not a name: write each one out", p)
		}
	}
	key, _, options, more, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil {
		if kind, ok := plausibleKey(rest); ok {
			s.unsupported = kind
			return s, nil
		}
		return s, fmt.Errorf("no public key: %w", err)
	}
	if len(bytes.TrimSpace(more)) > 0 {
		return s, errors.New("something follows after the key")
	}
	s.key = key
	for _, o := range options {
		if err := s.option(o); err != nil {
			return s, err
		}
	}
	if s.unsupported == "" {
		s.unsupported = unsupported(key)
	}
	return s, nil
}

// plausibleKey finds the type of a key that this program cannot read.
func plausibleKey(rest string) (string, bool) {
	for _, word := range strings.Fields(rest) {
		if strings.HasPrefix(word, "ssh-") || strings.HasPrefix(word, "sk-") || strings.HasPrefix(word, "ecdsa-") ||
			strings.HasPrefix(word, "mldsa") {
			return word, true
		}
	}
	return "", false
}

// supportedTypes are the key types whose signatures count.
func supportedTypes() []string {
	return []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSA}
}

// unsupported says which kind of key cannot count, "" where it can.
func unsupported(key ssh.PublicKey) string {
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

func (s *allowedSigner) option(o string) (err error) {
	name, value, _ := strings.Cut(o, "=")
	value = strings.Trim(value, `"`)
	switch strings.ToLower(name) {
	case "cert-authority":
		s.unsupported = "cert-authority"
	case "namespaces":
		s.namespaces = strings.Split(value, ",")
		for _, n := range s.namespaces {
			if n == "" || strings.ContainsAny(n, "*?!") {
				return fmt.Errorf("the namespace %q is not a name: write each one out", n)
			}
		}
	case "valid-after":
		s.after, err = signerTime(value)
	case "valid-before":
		s.before, err = signerTime(value)
	default:
		return fmt.Errorf("unknown option %q", name)
	}
	return err
}

// signerTime reads YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ.
func signerTime(s string) (time.Time, error) {
	for _, layout := range []string{"20060102Z", "200601021504Z", "20060102150405Z"} {
		if t, err := time.Parse(layout, s); err == nil && len(s) == len(layout) {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time in UTC: want YYYYMMDDHHMMSSZ, with Z", s)
}

// validAt reports whether the line counts at a moment.
func (s *allowedSigner) validAt(t time.Time) bool {
	return (s.after.IsZero() || !t.Before(s.after)) && (s.before.IsZero() || !t.After(s.before))
}

// parseKeys reads a list of public keys, one a line.
func parseKeys(name string, data []byte) ([]ssh.PublicKey, error) {
	var out []ssh.PublicKey
	if bytes.HasPrefix(data, []byte("SSHKRL")) {
		return nil, fmt.Errorf("%s is a binary revocation list: list the public keys instead, one a line", name)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil || len(options) > 0 {
			return nil, fmt.Errorf("%s line %d is not a public key", name, n)
		}
		out = append(out, key)
	}
	return out, lines.Err()
}

func holds(list []ssh.PublicKey, key ssh.PublicKey) bool {
	return slices.ContainsFunc(list, func(k ssh.PublicKey) bool { return bytes.Equal(k.Marshal(), key.Marshal()) })
}
