package approval

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"slices"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// check verifies one detached signature by a principal, as of a moment.
func (t *Trust) check(message, armored []byte, namespace, principal string, at time.Time) (_ ssh.PublicKey, no *Refusal) {
	sig, refusal := parseSignature(armored)
	if refusal != nil {
		return nil, refusal
	}
	key := sig.PublicKey
	_, print := Names(key)
	if sig.Namespace != namespace {
		return nil, refuse(
			WrongNamespace,
			"sign again with sodprobe approve",
			"the signature of %s is for %q, want %q",
			principal,
			sig.Namespace,
			namespace,
		)
	}
	if err := sshsig.Verify(bytes.NewReader(message), sig, key, sig.HashAlgorithm, namespace); err != nil {
		return nil, refuse(BadSignature, "sign the file as it is now", "the signature of %s does not fit the file's bytes", principal)
	}
	if holds(t.revoked, key) {
		return nil, refuse(RevokedKey, "sign with another key", "the key %s of %s is revoked", print, principal)
	}
	for _, s := range t.signers {
		ok, why := s.allows(key, principal, namespace, at)
		if ok {
			return key, nil
		}
		if why != nil && no == nil {
			no = refuse(KeyNotValid, "mend or renew the line in allowed_signers",
				"line %d of allowed_signers does not allow %s the key %s for %s: %v", s.line, principal, print, namespace, why)
		}
	}
	if no != nil {
		return nil, no
	}
	for _, s := range t.signers {
		if s.wrong != nil && s.key != nil && same(s.key, key) {
			return nil, refuse(KeyNotValid, "mend the line in allowed_signers",
				"line %d of allowed_signers has the key %s of %s, and counts for nobody: %v", s.line, print, principal, s.wrong)
		}
	}
	return nil, refuse(
		UnknownSigner,
		"add the person to allowed_signers, and have the root sign the trust folder",
		"allowed_signers has no key %s for %s",
		print,
		principal,
	)
}

func unsupportedKey(kind string) *Refusal {
	return refuse(UnsupportedKey, "sign with an Ed25519, ECDSA or RSA key, or with a security key",
		"the signature is by a %s key, which is not supported", kind)
}

// parseSignature reads an armored signature in its one canonical form.
func parseSignature(armored []byte) (*sshsig.Signature, *Refusal) {
	sig, err := sshsig.Unarmor(armored)
	if err != nil {
		if kind := signedType(armored); kind != "" && !slices.Contains(supportedTypes(), kind) {
			return nil, unsupportedKey(kind)
		}
		return nil, refuse(MalformedSig, "sign again", "the file is not an SSH signature: %v", err)
	}
	if kind := unsupported(sig.PublicKey); kind != "" {
		return nil, unsupportedKey(kind)
	}
	if !bytes.Equal(armor(sig), armored) {
		return nil, refuse(MalformedSig, "sign again with ssh-keygen", "the signature is not in its canonical encoding")
	}
	return sig, nil
}

// armor is the one encoding that counts, which is ssh-keygen's: base64 in
// lines of 70 characters.
func armor(sig *sshsig.Signature) []byte {
	var b bytes.Buffer
	b.WriteString("-----BEGIN SSH SIGNATURE-----\n")
	text := base64.StdEncoding.EncodeToString(sig.Marshal())
	for len(text) > 0 {
		n := min(70, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	b.WriteString("-----END SSH SIGNATURE-----\n")
	return b.Bytes()
}

// signedType is the key type that a signature names, even where nothing else
// of it can be read.
func signedType(armored []byte) string {
	block, _ := pem.Decode(armored)
	if block == nil {
		return ""
	}
	b, ok := bytes.CutPrefix(block.Bytes, []byte("SSHSIG"))
	if !ok || len(b) < 4 {
		return ""
	}
	key, ok := wireString(b[4:]) // after the version
	if !ok {
		return ""
	}
	kind, ok := wireString(key)
	if !ok || len(kind) > 64 {
		return ""
	}
	return string(kind)
}

// wireString is one length-prefixed string of the SSH wire format (RFC 4251).
func wireString(b []byte) ([]byte, bool) {
	if len(b) < 4 {
		return nil, false
	}
	n := int64(binary.BigEndian.Uint32(b))
	if n > int64(len(b)-4) {
		return nil, false
	}
	return b[4 : 4+n], true
}
