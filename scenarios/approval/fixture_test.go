package approval_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// key makes a signing key of a kind.
func key(tb testing.TB, kind string) ssh.Signer {
	tb.Helper()
	var private any
	var err error
	switch kind {
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ecdsa384":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ecdsa521":
		private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "rsa2048":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		tb.Fatalf("no key of kind %q", kind)
	}
	if err != nil {
		tb.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func public(s ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
}

func sign(tb testing.TB, s ssh.Signer, namespace string, message []byte) []byte {
	tb.Helper()
	out, err := approval.InProcess(s).Sign(context.Background(), namespace, message)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// now is the moment of every test.
func now() time.Time { return time.Date(2026, 10, 15, 12, 0, 0, 0, time.UTC) }

// office is everybody of a sound approval, and the files that say so.
type office struct {
	t        testing.TB
	keys     map[string]ssh.Signer
	signers  string
	policy   string
	revoked  string
	extra    map[string]string // further files of the trust folder
	scenario []byte
	parsed   *scenarios.Scenario
	sigs     map[string][]byte
	operator string
	at       time.Time
	root     string // who signs the trust folder
}

const soundPolicy = `version: 3
expires: 2027-01-01T00:00:00Z
origin: sodprobe.corp.example/payments
threshold: 2
maxWindowDays: 92
ticket: '^CHG\d{7}$'
persons:
  carol: [carol, carol-ops]
  dana: [dana]
  erin: [erin, erin-2]
  oscar: [oscar]
  alice: [alice, alice-ops]
  nightly: [nightly]
authors: [carol, alice]
approvers: [carol, dana, erin, oscar, alice]
operators: [oscar, carol, dana, nightly]
services: [nightly]
`

func newOffice(tb testing.TB) *office {
	tb.Helper()
	o := &office{
		t: tb, keys: map[string]ssh.Signer{}, policy: soundPolicy, scenario: []byte("apiVersion: sodprobe/v1\n"),
		operator: "oscar", at: now(), root: "root", sigs: map[string][]byte{}, extra: map[string]string{},
	}
	for _, name := range []string{"root", "carol", "dana", "erin", "erin-2", "oscar", "alice", "stranger"} {
		o.keys[name] = key(tb, "ed25519")
	}
	for _, line := range []string{"carol author", "carol approve", "dana approve", "erin approve", "erin-2 approve", "oscar operate", "alice approve", "alice author", "dana operate", "carol operate"} {
		f := strings.Fields(line)
		o.signers += fmt.Sprintf("%s namespaces=\"%s@sodprobe\" %s\n", f[0], f[1], public(o.keys[f[0]]))
	}
	o.parsed = &scenarios.Scenario{
		Authorization: scenarios.Authorization{ChangeTicket: "CHG0041234", NotBefore: now().AddDate(0, 0, -1), NotAfter: now().AddDate(0, 0, 30)},
		Rules:         scenarios.Rules{Technique: probes.SelfDefeating},
		Identities: []targets.Identity{{
			ID: "dev-alice", Role: targets.Developer,
			Blocks: targets.Blocks{&kubernetes.Identity{Impersonate: &kubernetes.Impersonation{User: "alice"}}},
		}},
	}
	o.signedBy("author", "carol")
	o.signedBy("approve", "dana")
	o.signedBy("approve", "erin")
	return o
}

// alice is how the developer acts on the cluster.
func (o *office) alice() *kubernetes.Identity {
	return o.parsed.Identities[0].On(kubernetes.Name).(*kubernetes.Identity)
}

// actsAs gives the developer a block, in the place of the system's other one.
func (o *office) actsAs(b targets.IdentityBlock) {
	id := &o.parsed.Identities[0]
	id.Blocks = slices.DeleteFunc(id.Blocks, func(x targets.IdentityBlock) bool { return x.System() == b.System() })
	id.Blocks = append(id.Blocks, b)
}

// signedBy has somebody sign the scenario as it is now.
func (o *office) signedBy(role, who string) {
	o.sigs[role+"."+who+".sig"] = sign(o.t, o.keys[who], role+"@sodprobe", o.scenario)
}

// folder is the trust folder, signed by the root.
func (o *office) folder() fstest.MapFS {
	files := map[string][]byte{"allowed_signers": []byte(o.signers), "policy.yaml": []byte(o.policy)}
	if o.revoked != "" {
		files["revoked_keys"] = []byte(o.revoked)
	}
	manifest := approval.Manifest(files)
	files = maps.Clone(files)
	files["MANIFEST"] = manifest
	files["MANIFEST.sigs/root.sig"] = sign(o.t, o.keys[o.root], "trust@sodprobe", manifest)
	out := fstest.MapFS{}
	for name, data := range files {
		out[name] = &fstest.MapFile{Data: data}
	}
	for name, data := range o.extra {
		out[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return out
}

// decide goes the whole way: trust, root, approval.
func (o *office) decide() error {
	trust, err := approval.LoadTrust(o.folder())
	if err != nil {
		return err
	}
	if _, err := trust.VerifyRoot([]byte(public(o.keys["root"])+"\n"), o.at); err != nil {
		return err
	}
	_, err = approval.Verify(approval.Request{
		Scenario: o.scenario, Parsed: o.parsed, Signatures: o.sigs, Trust: trust, Operator: o.operator, At: o.at,
	})
	return err
}

// rearmor wraps a signature's base64 in lines of another length.
func rearmor(armored []byte, width int) []byte {
	lines := bytes.Split(bytes.TrimSpace(armored), []byte("\n"))
	text := bytes.Join(lines[1:len(lines)-1], nil)
	var b bytes.Buffer
	b.Write(append(lines[0], '\n'))
	for len(text) > 0 {
		n := min(width, len(text))
		b.Write(append(bytes.Clone(text[:n]), '\n'))
		text = text[n:]
	}
	b.Write(append(lines[len(lines)-1], '\n'))
	return b.Bytes()
}
