package approval_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// securityKey signs as a FIDO token does for OpenSSH (PROTOCOL.u2f): over what it
// was touched for, its flags and its counter.
type securityKey struct {
	public ssh.PublicKey
	flags  byte
	sign   func(message []byte) []byte
}

func (k securityKey) PublicKey() ssh.PublicKey { return k.public }

func (k securityKey) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	rest := binary.BigEndian.AppendUint32([]byte{k.flags}, 7)
	signed := append(append(append([]byte{}, application[:]...), rest...), message[:]...)
	return &ssh.Signature{Format: k.public.Type(), Blob: k.sign(signed), Rest: rest}, nil
}

// touched is the flag of a token that somebody touched.
const touched = 0x01

func securityEd25519(tb testing.TB, flags byte) ssh.Signer {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	blob := ssh.Marshal(struct {
		Kind        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, "ssh:"})
	return securityKey{parsed(tb, blob), flags, func(m []byte) []byte { return ed25519.Sign(private, m) }}
}

func securityECDSA(tb testing.TB, flags byte) ssh.Signer {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	blob := ssh.Marshal(struct {
		Kind, Curve string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKECDSA256, "nistp256", point, "ssh:"})
	return securityKey{parsed(tb, blob), flags, func(m []byte) []byte {
		digest := crypto.SHA256.New()
		digest.Write(m)
		r, s, err := ecdsa.Sign(rand.Reader, private, digest.Sum(nil))
		if err != nil {
			tb.Fatal(err)
		}
		return ssh.Marshal(struct{ R, S *big.Int }{r, s})
	}}
}

func parsed(tb testing.TB, blob []byte) ssh.PublicKey {
	tb.Helper()
	key, err := ssh.ParsePublicKey(blob)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// certify has an authority certify a key for some principals.
func certify(tb testing.TB, authority, subject ssh.Signer, change func(*ssh.Certificate), principals ...string) ssh.Signer {
	tb.Helper()
	cert := &ssh.Certificate{
		Key: subject.PublicKey(), CertType: ssh.UserCert, KeyId: "dana", ValidPrincipals: principals,
		ValidAfter: uint64(now().Add(-time.Hour).Unix()), ValidBefore: uint64(now().Add(time.Hour).Unix()),
	}
	if change != nil {
		change(cert)
	}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		tb.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(cert, subject)
	if err != nil {
		tb.Fatal(err)
	}
	return signer
}
