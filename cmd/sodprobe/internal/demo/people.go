package demo

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/run"
)

// person is a principal with a key that lives as long as the demo.
type person struct {
	principal string
	signer    approval.Signer
	key       ssh.PublicKey
}

// People are everybody whom an approval needs, with keys that live as long as the
// demo.
type People struct {
	root, author, first, second, operator person
}

// NewPeople makes their keys.
func NewPeople(rand io.Reader) (*People, error) {
	p := &People{}
	for who, principal := range map[*person]string{
		&p.root: "root@corp.example", &p.author: "carol@corp.example", &p.first: "dana@corp.example",
		&p.second: "erin@corp.example", &p.operator: "nightly@corp.example",
	} {
		_, private, err := ed25519.GenerateKey(rand)
		if err != nil {
			return nil, fmt.Errorf("make a throwaway key: %w", err)
		}
		key, err := ssh.NewSignerFromKey(private)
		if err != nil {
			return nil, fmt.Errorf("make a throwaway key: %w", err)
		}
		*who = person{principal: principal, signer: approval.InProcess(key), key: key.PublicKey()}
	}
	return p, nil
}

// WriteScenario writes the file and its three signatures.
func (p *People) WriteScenario(ctx context.Context, path string, data []byte) error {
	if err := os.MkdirAll(path+".sigs", 0o750); err != nil {
		return fmt.Errorf("write the demo's scenario: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write the demo's scenario: %w", err)
	}
	for _, by := range []struct {
		role string
		person
	}{{"author", p.author}, {"approve", p.first}, {"approve", p.second}} {
		signature, err := by.signer.Sign(ctx, by.role+"@sodprobe", data)
		if err != nil {
			return fmt.Errorf("sign the demo's scenario: %w", err)
		}
		file := filepath.Join(path+".sigs", by.role+"."+by.principal+".sig")
		if err := os.WriteFile(file, signature, 0o600); err != nil {
			return fmt.Errorf("sign the demo's scenario: %w", err)
		}
	}
	return nil
}

// WriteTrust writes the trust folder, signed by the root, and the root's
// public key beside it.
func (p *People) WriteTrust(ctx context.Context, dir string, now time.Time) error {
	signers := ""
	for _, s := range []struct{ role, principal, key string }{
		{"author", p.author.principal, p.author.line()},
		{"approve", p.first.principal, p.first.line()},
		{"approve", p.second.principal, p.second.line()},
		{"operate", p.operator.principal, p.operator.line()},
	} {
		signers += fmt.Sprintf("%s namespaces=\"%s@sodprobe\" %s", s.principal, s.role, s.key)
	}
	files := map[string][]byte{
		"allowed_signers": []byte(signers),
		"policy.yaml":     fmt.Appendf(nil, policy, now.UTC().Add(window).Format("2006-01-02T15:04:05Z")),
	}
	manifest := approval.Manifest(files)
	signature, err := p.root.signer.Sign(ctx, "trust@sodprobe", manifest)
	if err != nil {
		return fmt.Errorf("sign the demo's trust folder: %w", err)
	}
	files["MANIFEST"], files["MANIFEST.sigs/root.sig"] = manifest, signature
	files["../trust_root"] = []byte(p.root.line())
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, "trust", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return fmt.Errorf("write the demo's trust folder: %w", err)
		}
		if err := os.WriteFile(path, files[name], 0o600); err != nil {
			return fmt.Errorf("write the demo's trust folder: %w", err)
		}
	}
	return nil
}

// Operator runs the demo, and signs in process.
func (p *People) Operator() run.Operator {
	return run.Operator{Principal: p.operator.principal, Signer: p.operator.signer, Key: p.operator.key}
}

// line is the public key as authorized_keys has it.
func (p person) line() string { return string(ssh.MarshalAuthorizedKey(p.key)) }

const policy = `# The demo's policy. "lab: true" keeps its evidence from passing for real.
version: 1
expires: %s
origin: sodprobe.lab/demo
threshold: 2
maxWindowDays: 2
ticket: '^DEMO-1$'
persons:
  carol: [carol@corp.example]
  dana: [dana@corp.example]
  erin: [erin@corp.example]
  nightly: [nightly@corp.example]
authors: [carol]
approvers: [dana, erin]
operators: [nightly]
services: [nightly@corp.example]
lab: true
`
