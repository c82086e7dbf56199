package approval_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/scenarios/approval"
)

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// vector is one signature that both verifiers judge, as dana for
// operate@sodprobe at now.
type vector struct {
	name      string
	signers   string
	message   string
	signature []byte
	principal string
	revoked   string
	// stricter says why ours refuses what ssh-keygen accepts; "" demands the
	// same answer.
	stricter string
}

// vectors are all forms that matter: kinds of keys, namespaces, times,
// principals, armor, revocation.
func vectors(t *testing.T) []vector {
	t.Helper()
	const message = "line\n"
	dana, other := key(t, "ed25519"), key(t, "ed25519")
	good := sign(t, dana, "operate@sodprobe", []byte(message))
	line := func(options string, s ssh.Signer) string { return "dana " + options + public(s) + "\n" }
	var out []vector
	add := func(name, signers, message string, sig []byte, stricter string) {
		out = append(out, vector{name: name, signers: signers, message: message, signature: sig, principal: "dana", stricter: stricter})
	}
	for _, kind := range []string{"ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa2048"} {
		k := key(t, kind)
		add("a "+kind+" key", line("", k), message, sign(t, k, "operate@sodprobe", []byte(message)), "")
		add("a "+kind+" key, another message", line("", k), message+"x", sign(t, k, "operate@sodprobe", []byte(message)), "")
		add("a "+kind+" key, another namespace", line("", k), message, sign(t, k, "approve@sodprobe", []byte(message)), "")
		add("a "+kind+" key, another's signature", line("", k), message, good, "")
	}
	for _, namespaces := range []string{"operate@sodprobe", "approve@sodprobe", "approve@sodprobe,operate@sodprobe", "operate@sodprobe,approve@sodprobe", "operate"} {
		add("namespaces "+namespaces, line(`namespaces="`+namespaces+`" `, dana), message, good, "")
	}
	add("namespaces with a wildcard", line(`namespaces="*@sodprobe" `, dana), message, good, "no wildcards")
	for _, when := range []string{"20261015Z", "20261016Z", "202610151159Z", "202610151201Z", "20261015115959Z", "20261015120000Z", "20261015120001Z", "20200101Z", "20300101Z"} {
		add("valid-after "+when, line(`valid-after="`+when+`" `, dana), message, good, "")
		add("valid-before "+when, line(`valid-before="`+when+`" `, dana), message, good, "")
	}
	add("valid from to", line(`valid-after="20260101Z",valid-before="20270101Z" `, dana), message, good, "")
	add("a local time", line(`valid-before="20300101" `, dana), message, good, "times end with Z")
	add("an option in capitals", line(`NAMESPACES="operate@sodprobe" `, dana), message, good, "")
	add("an unknown option", line(`no-touch-required `, dana), message, good, "")
	add("a certificate authority", line(`cert-authority `, dana), message, good, "")
	add("no signers", "", message, good, "")
	hardware(t, add, line)
	certificates(t, add)
	lines(add, line, dana, other, good)
	add("a comment and an empty line", "# dana\n\n"+line("", dana), message, good, "")
	add("another's line", "erin "+public(dana)+"\n", message, good, "")
	add("a list of principals", "dana,dana.laptop "+public(dana)+"\n", message, good, "")
	add("a wildcard principal", "d* "+public(dana)+"\n", message, good, "no wildcards")
	add("a second line with the key", line(`namespaces="approve@sodprobe" `, dana)+line(`namespaces="operate@sodprobe" `, dana), message, good, "")
	add("a comment after the key", "dana "+public(dana)+" dana@laptop\n", message, good, "")
	add("lines of 64", line("", dana), message, rearmor(good, 64), "canonical armor")
	add("lines of 76", line("", dana), message, rearmor(good, 76), "canonical armor")
	add("CRLF", line("", dana), message, bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")), "")
	add("no newline at the end", line("", dana), message, bytes.TrimSuffix(good, []byte("\n")), "canonical armor")
	add("text before", line("", dana), message, append([]byte("x\n"), good...), "")
	add("text after", line("", dana), message, append(bytes.Clone(good), []byte("x\n")...), "canonical armor")
	add("no begin", line("", dana), message, bytes.TrimPrefix(good, []byte("-----BEGIN SSH SIGNATURE-----\n")), "")
	add("no end", line("", dana), message, bytes.TrimSuffix(good, []byte("-----END SSH SIGNATURE-----\n")), "")
	add("half", line("", dana), message, good[:len(good)/2], "")
	add("empty", line("", dana), message, nil, "")
	add("an empty message", line("", dana), "", good, "")
	out = append(out,
		vector{name: "another principal", signers: line("", dana), message: message, signature: good, principal: "erin"},
		vector{name: "a revoked key", signers: line("", dana), message: message, signature: good, principal: "dana", revoked: public(dana) + "\n"},
		vector{name: "another revoked key", signers: line("", dana), message: message, signature: good, principal: "dana", revoked: public(other) + "\n"})
	return out
}

// hardware are security keys, which have to have been touched.
func hardware(t *testing.T, add func(name, signers, message string, sig []byte, stricter string), line func(string, ssh.Signer) string) {
	t.Helper()
	const message = "line\n"
	for name, make := range map[string]func(testing.TB, byte) ssh.Signer{"sk-ssh-ed25519": securityEd25519, "sk-ecdsa": securityECDSA} {
		k, untouched := make(t, touched), make(t, 0)
		add("a "+name+" key", line("", k), message, sign(t, k, "operate@sodprobe", []byte(message)), "")
		add("a "+name+" key, another message", line("", k), "x", sign(t, k, "operate@sodprobe", []byte(message)), "")
		add("a "+name+" key, another's line", line("", untouched), message, sign(t, k, "operate@sodprobe", []byte(message)), "")
		add("a "+name+" key that nobody touched", line("", untouched), message, sign(t, untouched, "operate@sodprobe", []byte(message)), "user presence")
	}
}

// certificates are keys that an authority of allowed_signers vouches for.
func certificates(t *testing.T, add func(name, signers, message string, sig []byte, stricter string)) {
	t.Helper()
	const message = "line\n"
	authority, dana, stranger := key(t, "ed25519"), key(t, "ecdsa256"), key(t, "ed25519")
	trusted := func(options string) string { return "dana cert-authority" + options + " " + public(authority) + "\n" }
	for name, c := range map[string]struct {
		signers    string
		authority  ssh.Signer
		principals []string
		change     func(*ssh.Certificate)
		stricter   string
	}{
		"a certificate":                  {trusted(""), authority, []string{"dana"}, nil, ""},
		"of two principals":              {trusted(""), authority, []string{"erin", "dana"}, nil, ""},
		"of another principal":           {trusted(""), authority, []string{"erin"}, nil, ""},
		"of nobody":                      {trusted(""), authority, nil, nil, ""},
		"of a host":                      {trusted(""), authority, []string{"dana"}, func(c *ssh.Certificate) { c.CertType = ssh.HostCert }, ""},
		"that has expired":               {trusted(""), authority, []string{"dana"}, func(c *ssh.Certificate) { c.ValidBefore = c.ValidAfter + 1 }, ""},
		"that is not valid yet":          {trusted(""), authority, []string{"dana"}, func(c *ssh.Certificate) { c.ValidAfter = c.ValidBefore - 1 }, ""},
		"of an unknown authority":        {trusted(""), stranger, []string{"dana"}, nil, ""},
		"of a key that is no authority":  {"dana " + public(authority) + "\n", authority, []string{"dana"}, nil, ""},
		"for a namespace":                {trusted(`,namespaces="operate@sodprobe"`), authority, []string{"dana"}, nil, ""},
		"for another namespace":          {trusted(`,namespaces="approve@sodprobe"`), authority, []string{"dana"}, nil, ""},
		"of an authority that is over":   {trusted(`,valid-before="20200101Z"`), authority, []string{"dana"}, nil, ""},
		"whose own key stands there too": {"dana " + public(dana) + "\n", authority, []string{"dana"}, nil, ""},
		"with a critical option": {trusted(""), authority, []string{"dana"}, func(c *ssh.Certificate) {
			c.CriticalOptions = map[string]string{"force-command": "true"}
		}, "critical options"},
	} {
		signer := certify(t, c.authority, dana, c.change, c.principals...)
		add("a certificate "+name, c.signers, message, sign(t, signer, "operate@sodprobe", []byte(message)), c.stricter)
	}
	add("the authority's own signature", trusted(""), message, sign(t, authority, "operate@sodprobe", []byte(message)), "")
}

// lines are forms of a line of allowed_signers.
func lines(
	add func(name, signers, message string, sig []byte, stricter string), line func(string, ssh.Signer) string, dana, other ssh.Signer, good []byte,
) {
	const message = "line\n"
	for name, options := range map[string]string{
		"namespaces twice":             `namespaces="operate@sodprobe",namespaces="operate@sodprobe" `,
		"valid-after twice":            `valid-after="20200101Z",valid-after="20200101Z" `,
		"valid-before twice":           `valid-before="20300101Z",valid-before="20310101Z" `,
		"no quotes":                    `namespaces=operate@sodprobe `,
		"no quotes at a time":          `valid-before=20300101Z `,
		"quotes that do not end":       `namespaces="operate@sodprobe `,
		"no value":                     `namespaces `,
		"an empty namespace":           `namespaces="" `,
		"a comma at the end":           `namespaces="operate@sodprobe", `,
		"no comma":                     `namespaces="operate@sodprobe"valid-before="20300101Z" `,
		"the end before the beginning": `valid-after="20260101Z",valid-before="20250101Z" `,
		"the end at the beginning":     `valid-after="20260101Z",valid-before="20260101Z" `,
		"an escaped quote":             `namespaces="operate@sodprobe\"" `,
		"two blanks":                   `namespaces="operate@sodprobe"  `,
		"a tab":                        "namespaces=\"operate@sodprobe\"\t",
		"a value of a flag":            `cert-authority="yes" `,
	} {
		add("options: "+name, line(options, dana), message, good, "")
	}
	for name, signers := range map[string]string{
		"a tab after the principal":      "dana\t" + public(dana) + "\n",
		"blanks before it":               "  \tdana " + public(dana) + "\n",
		"quoted principals":              `"dana" ` + public(dana) + "\n",
		"a list in quotes":               `"dana.laptop,dana" ` + public(dana) + "\n",
		"quotes that do not end":         `"dana ` + public(dana) + "\n",
		"nothing between quotes and key": `"dana"` + public(dana) + "\n",
		"tabs all along":                 strings.ReplaceAll("dana "+public(dana), " ", "\t") + "\n",
		"a foreign line with a fault":    "erin valid-before=\"2030\",no-touch ssh-ed25519 AAAA\n" + line("", dana),
		"a foreign local time":           "erin valid-before=\"20300101\" " + public(other) + "\n" + line("", dana),
		"a foreign wildcard":             "*@corp.example " + public(other) + "\n" + line("", dana),
		"a negated principal":            "!dana,* " + public(dana) + "\n",
		"her own line with a fault":      "dana no-touch " + public(dana) + "\n",
		"a fault before the good line":   "dana no-touch " + public(dana) + "\n" + line("", dana),
		"a fault behind the good line":   line("", dana) + "dana no-touch " + public(dana) + "\n",
		"another key of hers before":     line("", other) + line("", dana),
		"an unknown kind before":         "dana mldsa44-ed25519 AAAA\n" + line("", dana),
		"a cut key":                      line("", dana)[:40] + "\n",
		"no key":                         "dana\n",
		"nobody":                         public(dana) + "\n",
	} {
		add("a line: "+name, signers, message, good, "")
	}
	add("options: two commas", line(`namespaces="operate@sodprobe",,valid-before="20300101Z" `, dana), message, good, "no empty options")
	add("a line: a wildcard that fits before", "d* "+public(dana)+"\n"+line("", dana), message, good, "")
	add("a line: an empty name in the list", "dana,,erin "+public(dana)+"\n", message, good, "no empty names")
}

// TestDifferential: our verifier and stock ssh-keygen give the same answer,
// apart from the cases that the package's documentation lists.
func TestDifferential(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Fatal("this test needs ssh-keygen: install OpenSSH's client")
	}
	all := vectors(t)
	if len(all) < 40 {
		t.Fatalf("%d vectors", len(all))
	}
	for _, v := range all {
		t.Run(v.name, func(t *testing.T) {
			ours, theirs := v.ours(t), v.theirs(t, keygen)
			switch {
			case v.stricter != "" && (ours == nil || theirs != nil):
				t.Errorf("documented as stricter (%s): ours says %v, ssh-keygen %v", v.stricter, ours, theirs)
			case v.stricter == "" && (ours == nil) != (theirs == nil):
				t.Errorf("ours says %v, ssh-keygen %v", ours, theirs)
			}
		})
	}
}

// ours judges by this package, under a policy that lets everybody run.
func (v vector) ours(t *testing.T) error {
	t.Helper()
	o := newOffice(t)
	o.signers, o.revoked = v.signers, v.revoked
	o.policy = strings.Replace(o.policy, "operators: [oscar,", "operators: [erin, oscar,", 1)
	trust, err := approval.LoadTrust(o.folder())
	if err != nil {
		return err
	}
	_, err = approval.VerifyOperator(trust, []byte(v.message), v.signature, v.principal, now())
	return err
}

// theirs judges by ssh-keygen -Y verify, as of the same moment.
func (v vector) theirs(t *testing.T, keygen string) error {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{"signers": v.signers, "sig": string(v.signature), "revoked": v.revoked} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{
		"-Y", "verify", "-f", filepath.Join(dir, "signers"), "-I", v.principal, "-n", "operate@sodprobe", "-s", filepath.Join(dir, "sig"),
		"-Overify-time=" + now().Format("20060102150405Z"),
	}
	if v.revoked != "" {
		args = append(args, "-r", filepath.Join(dir, "revoked"))
	}
	cmd := exec.CommandContext(t.Context(), keygen, args...)
	cmd.Stdin = strings.NewReader(v.message)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// TestSSHKeygenSigns: what ssh-keygen signs, this package verifies.
func TestSSHKeygenSigns(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pub, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	sig, err := approval.SSHKeygen("ssh-keygen", file, runProgram).Sign(t.Context(), "operate@sodprobe", []byte("line\n"))
	if err != nil {
		t.Fatal(err)
	}
	v := vector{signers: "oscar " + string(pub), message: "line\n", signature: sig, principal: "oscar"}
	if err := v.ours(t); err != nil {
		t.Error(err)
	}
}
