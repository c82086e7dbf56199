package approval_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

func TestSoundApproval(t *testing.T) {
	o := newOffice(t)
	if err := o.decide(); err != nil {
		t.Fatal(err)
	}
	trust, err := approval.LoadTrust(o.folder())
	if err != nil {
		t.Fatal(err)
	}
	got, err := approval.Verify(approval.Request{Scenario: o.scenario, Parsed: o.parsed, Signatures: o.sigs, Trust: trust, Operator: "oscar", At: now()})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Signatures) != 3 || got.Threshold != 2 || got.TrustVersion != 3 || got.TrustSHA256 != trust.Digest() || !got.VerifiedAt.Equal(now()) {
		t.Errorf("%+v", got)
	}
}

// TestReasons: each way in which an approval fails, by its code.
func TestReasons(t *testing.T) {
	drop := func(names ...string) func(*office) {
		return func(o *office) {
			for _, n := range names {
				delete(o.sigs, n)
			}
		}
	}
	for name, c := range map[string]struct {
		spoil func(*office)
		want  approval.Code
	}{
		"nobody signed":                  {drop("author.carol.sig", "approve.dana.sig", "approve.erin.sig"), approval.NoSignature},
		"no author":                      {drop("author.carol.sig"), approval.NoAuthor},
		"one approver of two":            {drop("approve.dana.sig"), approval.BelowThreshold},
		"one person with two principals": {func(o *office) { drop("approve.dana.sig")(o); o.signedBy("approve", "erin-2") }, approval.BelowThreshold},
		"the file changed":               {func(o *office) { o.scenario = append(o.scenario, '\n') }, approval.BadSignature},
		"not a signature":                {func(o *office) { o.sigs["approve.dana.sig"] = []byte("yes\n") }, approval.MalformedSig},
		"two signatures in a file": {func(o *office) {
			o.sigs["approve.dana.sig"] = append(o.sigs["approve.dana.sig"], o.sigs["approve.erin.sig"]...)
		}, approval.MalformedSig},
		"another line length":           {func(o *office) { o.sigs["approve.dana.sig"] = rearmor(o.sigs["approve.dana.sig"], 64) }, approval.MalformedSig},
		"text before the signature":     {func(o *office) { o.sigs["approve.dana.sig"] = append([]byte("hello\n"), o.sigs["approve.dana.sig"]...) }, approval.MalformedSig},
		"no role in the name":           {func(o *office) { o.sigs["witness.dana.sig"] = o.sigs["approve.dana.sig"] }, approval.MalformedSig},
		"no principal in the name":      {func(o *office) { o.sigs["approve..sig"] = o.sigs["approve.dana.sig"] }, approval.MalformedSig},
		"an author's signature renamed": {func(o *office) { o.sigs["approve.carol.sig"] = o.sigs["author.carol.sig"] }, approval.WrongNamespace},
		"a stranger's key": {func(o *office) {
			o.sigs["approve.dana.sig"] = sign(o.t, o.keys["stranger"], "approve@sodprobe", o.scenario)
		}, approval.UnknownSigner},
		"somebody else's key": {func(o *office) { o.sigs["approve.dana.sig"] = o.sigs["approve.erin.sig"] }, approval.UnknownSigner},
		"a key for another role": {func(o *office) {
			o.signers = strings.ReplaceAll(o.signers, "dana namespaces=\"approve@", "dana namespaces=\"witness@")
		}, approval.KeyNotValid},
		"a key that has expired": {func(o *office) {
			o.signers = strings.ReplaceAll(o.signers, "dana namespaces=\"approve@sodprobe\"", "dana namespaces=\"approve@sodprobe\",valid-before=\"20261001Z\"")
		}, approval.KeyNotValid},
		"a key that is not valid yet": {func(o *office) {
			o.signers = strings.ReplaceAll(o.signers, "dana namespaces=\"approve@sodprobe\"", "dana namespaces=\"approve@sodprobe\",valid-after=\"20261101Z\"")
		}, approval.KeyNotValid},
		"a revoked key": {func(o *office) { o.revoked = public(o.keys["dana"]) + "\n" }, approval.RevokedKey},
		"a person without the role": {func(o *office) {
			o.policy = strings.Replace(o.policy, "approvers: [carol, dana,", "approvers: [carol,", 1)
		}, approval.RoleNotAllowed},
		"a principal without a person": {func(o *office) { o.policy = strings.Replace(o.policy, "  dana: [dana]", "  dana: [dana-2]", 1) }, approval.RoleNotAllowed},
		"the author approves":          {func(o *office) { o.signedBy("approve", "carol") }, approval.AuthorApproves},
		"an approver runs":             {func(o *office) { o.operator = "dana" }, approval.OperatorApproves},
		"the author runs":              {func(o *office) { o.operator = "carol" }, approval.OperatorIsAuthor},
		"the author runs as another":   {func(o *office) { o.operator = "carol-ops" }, approval.OperatorIsAuthor},
		"a stranger runs":              {func(o *office) { o.operator = "stranger" }, approval.RoleNotAllowed},
		"somebody under test approves": {func(o *office) { o.signedBy("approve", "alice") }, approval.SubjectSigns},
		"somebody under test writes":   {func(o *office) { o.signedBy("author", "alice") }, approval.SubjectSigns},
		"somebody under test approves, in capitals": {func(o *office) {
			o.alice().Impersonate.User = "ALICE"
			o.signedBy("approve", "alice")
		}, approval.SubjectSigns},
		"somebody under test on GitLab": {func(o *office) {
			o.parsed.Identities[0].Blocks = targets.Blocks{&gitlab.Identity{Username: "Dana"}}
		}, approval.SubjectSigns},
		"somebody whose account has no domain": {func(o *office) {
			o.policy = strings.Replace(o.policy, "dana: [dana]", "dana: [dana, dana.x@corp.example]", 1)
			o.alice().Impersonate.User = "Dana.X"
		}, approval.SubjectSigns},
		"somebody under test on AWS, by the session": {func(o *office) {
			o.actsAs(&aws.Identity{AssumeRole: "arn:aws:iam::111122223333:role/Developer", SessionName: "dana"})
		}, approval.SubjectSigns},
		"somebody under test on AWS, by a profile": {func(o *office) {
			o.actsAs(&aws.Identity{Profile: "x", Principal: "arn:aws:sts::111122223333:assumed-role/Developer/erin"})
		}, approval.SubjectSigns},
		"a user of IAM": {func(o *office) {
			o.actsAs(&aws.Identity{Profile: "x", Principal: "arn:aws:iam::111122223333:user/ops/erin-2"})
		}, approval.SubjectSigns},
		"somebody whom a role stands for": {func(o *office) {
			o.actsAs(&aws.Identity{AssumeRole: "arn:aws:iam::111122223333:role/Developer"})
			o.parsed.Identities[0].Persons = []string{"frank", "ERIN-2"}
		}, approval.SubjectSigns},
		"somebody behind a cluster's prefix": {func(o *office) {
			o.policy = strings.Replace(o.policy, "dana: [dana]", "dana: [dana, dana.x@corp.example]", 1)
			o.alice().Impersonate.User = "oidc:DANA.x@corp.example"
		}, approval.SubjectSigns},
		"somebody behind an issuer": {func(o *office) {
			o.alice().Impersonate.User = "https://idp.corp.example#erin"
		}, approval.SubjectSigns},
		"somebody named as the policy names them": {func(o *office) {
			o.policy = strings.Replace(o.policy, "dana: [dana]", "dana-d: [dana]", 1)
			o.policy = strings.ReplaceAll(o.policy, "dana,", "dana-d,")
			o.parsed.Identities[0].Persons = []string{"Dana-D"}
		}, approval.SubjectSigns},
		"the one whom the positive arm acts as": {func(o *office) {
			o.parsed.Identities = append(o.parsed.Identities, targets.Identity{
				ID: "release", Role: targets.Authorized, Blocks: targets.Blocks{&gitlab.Identity{Username: "erin"}},
			})
		}, approval.SubjectSigns},
		"two persons but for capitals": {func(o *office) {
			o.policy = strings.Replace(o.policy, "  dana: [dana]", "  dana: [dana]\n  Dana: [dana-2]", 1)
		}, approval.TrustMalformed},
		"two principals but for capitals": {func(o *office) {
			o.policy = strings.Replace(o.policy, "  dana: [dana]", "  dana: [dana, ERIN]", 1)
		}, approval.TrustMalformed},
		"before the window":           {func(o *office) { o.at = o.parsed.Authorization.NotBefore.Add(-1) }, approval.OutsideWindow},
		"after the window":            {func(o *office) { o.at = o.parsed.Authorization.NotAfter.Add(1) }, approval.OutsideWindow},
		"a window above the policy's": {func(o *office) { o.parsed.Authorization.NotAfter = now().AddDate(0, 0, 92) }, approval.WindowTooLong},
		"a ticket in another form":    {func(o *office) { o.parsed.Authorization.ChangeTicket = "CHG1" }, approval.TicketForm},
		"withdrawn, as sha256sum says it": {func(o *office) {
			o.extra["withdrawn/today"] = strings.ToUpper(strings.TrimPrefix(scenarios.Digest(o.scenario), "sha256:")) + "  scenario.yaml\n"
		}, approval.Withdrawn},
		"a withdrawal that names nothing": {func(o *office) { o.extra["withdrawn/today"] = "the one of yesterday\n" }, approval.TrustMalformed},
		"withdrawn":                       {func(o *office) { o.extra["withdrawn/today"] = scenarios.Digest(o.scenario) + "\n" }, approval.Withdrawn},
		"trust signed by another root":    {func(o *office) { o.root = "stranger" }, approval.TrustUnsigned},
		"trust has expired":               {func(o *office) { o.at = o.at.AddDate(1, 0, 0) }, approval.TrustExpired},
		"a line with a wildcard":          {func(o *office) { o.signers = strings.ReplaceAll(o.signers, "dana ", "d*,dana ") }, approval.KeyNotValid},
		"a line with a local time": {func(o *office) {
			o.signers = strings.Replace(o.signers, "dana namespaces=\"approve@sodprobe\"", "dana valid-after=\"20260101\"", 1)
		}, approval.KeyNotValid},
		"a line with an unknown option": {func(o *office) {
			o.signers = strings.Replace(o.signers, "dana namespaces", "dana no-touch,namespaces", 1)
		}, approval.KeyNotValid},
		"trust with an unknown field":  {func(o *office) { o.policy += "treshold: 1\n" }, approval.TrustMalformed},
		"trust without a threshold":    {func(o *office) { o.policy = strings.Replace(o.policy, "threshold: 2", "threshold: 0", 1) }, approval.TrustMalformed},
		"a principal of two persons":   {func(o *office) { o.policy = strings.Replace(o.policy, "  dana: [dana]", "  dana: [dana, erin]", 1) }, approval.TrustMalformed},
		"a revoked root":               {func(o *office) { o.revoked = public(o.keys["root"]) + "\n" }, approval.RevokedKey},
		"a carriage return in policy":  {func(o *office) { o.policy = strings.Replace(o.policy, "threshold: 2\n", "x: 1\rthreshold: 2\n", 1) }, approval.TrustMalformed},
		"a line separator in policy":   {func(o *office) { o.policy += "# a\u2028operators: [dana]\n" }, approval.TrustMalformed},
		"an anchor in policy":          {func(o *office) { o.policy = strings.Replace(o.policy, "[oscar, carol", "[&a oscar, carol", 1) }, approval.TrustMalformed},
		"a field of policy twice":      {func(o *office) { o.policy += "threshold: 1\n" }, approval.TrustMalformed},
		"two policies":                 {func(o *office) { o.policy += "---\nthreshold: 1\n" }, approval.TrustMalformed},
		"a policy without operators":   {func(o *office) { o.policy = strings.Replace(o.policy, "operators:", "# operators:", 1) }, approval.TrustMalformed},
		"a person in other letters":    {func(o *office) { o.policy = strings.ReplaceAll(o.policy, "dana", "d\u0430na") }, approval.TrustMalformed},
		"a line separator in signers":  {func(o *office) { o.signers += "# a\u2028dana ssh-ed25519 AAAA\n" }, approval.TrustMalformed},
		"a carriage return in signers": {func(o *office) { o.signers += "# a\rdana ssh-ed25519 AAAA\n" }, approval.TrustMalformed},
		"a direction in the revoked":   {func(o *office) { o.revoked = "# \u202e\n" }, approval.TrustMalformed},
		"a binary revocation list":     {func(o *office) { o.revoked = "SSHKRL\n\x00" }, approval.TrustMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			c.spoil(o)
			var refusal *approval.Refusal
			if err := o.decide(); !errors.As(err, &refusal) {
				t.Fatalf("not refused: %v", err)
			}
			if !slices.ContainsFunc(refusal.Reasons, func(r approval.Reason) bool { return r.Code == c.want && r.Detail != "" }) {
				t.Errorf("%v, want %s", refusal, c.want)
			}
		})
	}
}

// TestUnsupportedKeys are named as such, and never called unsigned.
func TestUnsupportedKeys(t *testing.T) {
	o := newOffice(t)
	blob := "SSHSIG\x00\x00\x00\x01\x00\x00\x00\x1f\x00\x00\x00\x0fmldsa44-ed25519\x00\x00\x00\x04abcd\x00\x00\x00\x00"
	o.sigs["approve.dana.sig"] = []byte("-----BEGIN SSH SIGNATURE-----\n" + encode(blob) + "\n-----END SSH SIGNATURE-----\n")
	err := o.decide()
	var refusal *approval.Refusal
	if !errors.As(err, &refusal) || !slices.ContainsFunc(refusal.Reasons, func(r approval.Reason) bool {
		return r.Code == approval.UnsupportedKey && strings.Contains(r.Detail, "mldsa44-ed25519")
	}) {
		t.Errorf("%v", err)
	}
	o = newOffice(t)
	o.signers += "dana cert-authority " + public(o.keys["stranger"]) + "\nfrank mldsa44-ed25519 AAAAGnNr\n*@x ssh-rsa\ngrace valid-before=\"2030\" ssh-rsa AAAA\n"
	if err := o.decide(); err != nil {
		t.Errorf("lines that cannot count stop those that can: %v", err)
	}
	o.sigs["approve.dana.sig"] = sign(t, o.keys["stranger"], "approve@sodprobe", o.scenario)
	if err := o.decide(); err == nil {
		t.Error("a certificate authority's own key signs")
	}
}

// TestOneKeyTwoPersons: an authority that certifies one key for two people makes
// one person of them.
func TestOneKeyTwoPersons(t *testing.T) {
	o := newOffice(t)
	o.signers += "dana,erin cert-authority,namespaces=\"approve@sodprobe\" " + public(o.keys["stranger"]) + "\n"
	signer := certify(t, o.keys["stranger"], key(t, "ed25519"), nil, "dana", "erin")
	for _, who := range []string{"dana", "erin"} {
		o.sigs["approve."+who+".sig"] = sign(t, signer, "approve@sodprobe", o.scenario)
	}
	var refusal *approval.Refusal
	if err := o.decide(); !errors.As(err, &refusal) || refusal.Reasons[0].Code != approval.KeyOfTwo {
		t.Errorf("%v", err)
	}
	o.sigs["approve.erin.sig"] = sign(t, o.keys["erin"], "approve@sodprobe", o.scenario)
	if err := o.decide(); err != nil {
		t.Errorf("a certificate for one of them: %v", err)
	}
	o.revoked = public(o.keys["stranger"]) + "\n"
	if err := o.decide(); !errors.As(err, &refusal) || refusal.Reasons[0].Code != approval.RevokedKey {
		t.Errorf("the authority is revoked: %v", err)
	}
}

// TestTrustMustBeTheSignedOne: a byte of any file, or a missing signature.
func TestTrustMustBeTheSignedOne(t *testing.T) {
	for name, spoil := range map[string]func(fstest.MapFS){
		"the policy changed": func(f fstest.MapFS) {
			f["policy.yaml"].Data = []byte(strings.Replace(soundPolicy, "threshold: 2", "threshold: 1", 1))
		},
		"the signers changed": func(f fstest.MapFS) { f["allowed_signers"].Data = append(f["allowed_signers"].Data, '\n') },
		"keys are revoked":    func(f fstest.MapFS) { f["revoked_keys"] = &fstest.MapFile{Data: []byte("# none\n")} },
		"no manifest":         func(f fstest.MapFS) { delete(f, "MANIFEST") },
		"another manifest":    func(f fstest.MapFS) { f["MANIFEST"].Data = append(f["MANIFEST"].Data, '\n') },
	} {
		o := newOffice(t)
		folder := o.folder()
		spoil(folder)
		if _, err := approval.LoadTrust(folder); err == nil {
			t.Errorf("%s: it loads", name)
		}
	}
	o := newOffice(t)
	folder := o.folder()
	delete(folder, "MANIFEST.sigs/root.sig")
	trust, err := approval.LoadTrust(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trust.VerifyRoot([]byte(public(o.keys["root"])), now()); err == nil || len(trust.RootFingerprints()) != 0 {
		t.Error("nobody signed the folder, and it passes")
	}
}

// TestFlippedBytes: any change of any byte of the scenario or of a signature
// refuses.
func TestFlippedBytes(t *testing.T) {
	o := newOffice(t)
	trust, err := approval.LoadTrust(o.folder())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		scenario := slices.Clone(o.scenario)
		sigs := map[string][]byte{}
		for name, data := range o.sigs {
			sigs[name] = slices.Clone(data)
		}
		data := scenario
		if name := rapid.SampledFrom([]string{"", "approve.dana.sig", "author.carol.sig"}).Draw(r, "file"); name != "" {
			data = sigs[name]
		}
		i := rapid.IntRange(0, len(data)-1).Draw(r, "byte")
		data[i] ^= byte(rapid.IntRange(1, 255).Draw(r, "bits"))
		if _, err := approval.Verify(approval.Request{Scenario: scenario, Parsed: o.parsed, Signatures: sigs, Trust: trust, Operator: "oscar", At: now()}); err == nil {
			r.Fatalf("byte %d changed, and it is approved", i)
		}
	})
}

// TestOperator: the operator's signature over a line of the journal.
func TestOperator(t *testing.T) {
	o := newOffice(t)
	trust, err := approval.LoadTrust(o.folder())
	if err != nil {
		t.Fatal(err)
	}
	line := []byte("{}\n")
	good := sign(t, o.keys["oscar"], "operate@sodprobe", line)
	if got, err := approval.VerifyOperator(trust, line, good, "oscar", now()); err != nil || got.Person != "oscar" || got.Fingerprint == "" {
		t.Errorf("%+v %v", got, err)
	}
	for name, c := range map[string]struct {
		line, sig []byte
		who       string
	}{
		"another line":      {[]byte("{}\n\n"), good, "oscar"},
		"another principal": {line, good, "dana"},
		"another key":       {line, sign(t, o.keys["dana"], "operate@sodprobe", line), "oscar"},
		"another namespace": {line, sign(t, o.keys["oscar"], "approve@sodprobe", line), "oscar"},
	} {
		if _, err := approval.VerifyOperator(trust, c.line, c.sig, c.who, now()); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// TestServiceAccountUnderTest: separation holds for every way to name an
// identity.
func TestServiceAccountUnderTest(t *testing.T) {
	o := newOffice(t)
	o.policy = strings.Replace(o.policy, "alice: [alice, alice-ops]", `alice: [alice, alice-ops, "system:serviceaccount:ci:deployer"]`, 1)
	o.actsAs(&kubernetes.Identity{ServiceAccount: &kubernetes.ServiceAccount{Namespace: "ci", Name: "deployer"}})
	o.signedBy("approve", "alice")
	if err := o.decide(); err == nil {
		t.Error("somebody under test approved")
	}
}
