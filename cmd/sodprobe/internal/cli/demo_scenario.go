package cli

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
	"github.com/sodprobe/sodprobe/targets/lab/gitlablab"
)

// demoScenario is every probe of the catalog, as two developers.
func demoScenario(l *demoLab, now time.Time) []byte {
	var b strings.Builder
	from := now.UTC().Add(-time.Minute).Truncate(time.Second)
	fmt.Fprintf(&b, demoHead, from.Format(time.RFC3339), from.Add(demoWindow).Format(time.RFC3339),
		l.cluster.CASHA256(), l.cluster.UID())
	if l.gitlab != nil {
		fmt.Fprintf(&b, demoGitLab, l.gitlab.URL(), gitlablab.ProjectID, gitlablab.Project, gitlablab.Branch,
			gitlablab.AllowedBranch, gitlablab.Environment, l.gitlab.SSHAddress(), l.gitlab.HostKey())
	}
	if l.aws != nil {
		fmt.Fprintf(&b, demoAWS, awslab.Account, awslab.Region, l.aws.Endpoint(), awslab.Allowed)
	}
	b.WriteString("identities:\n")
	for _, p := range []struct{ id, role, user, groups, aws string }{
		{"dev-alice", "developer", "alice", "developers", awslab.Developer},
		{"dev-bob", "developer", "bob", "developers", ""},
		{"release", "authorized", "release", "release-managers", awslab.Release},
		{"nobody", "unprivileged", "nobody", "", ""},
		{"reader", "observer", "reader", "", awslab.Reader},
	} {
		fmt.Fprintf(
			&b,
			"  - id: %s\n    role: %s\n    kubernetes: {impersonate: {user: %s@corp.example, groups: [%s]}}\n",
			p.id,
			p.role,
			p.user,
			p.groups,
		)
		if l.gitlab != nil {
			fmt.Fprintf(
				&b,
				"    gitlab: {username: %s, token: {env: LAB_TOKEN_%s}, sshKey: {file: %[1]s_ed25519}}\n",
				p.user,
				strings.ToUpper(p.user),
			)
		}
		if p.aws == awslab.Developer && l.aws != nil {
			fmt.Fprintf(&b, "    persons: [%s@corp.example]\n", p.user)
		}
		if p.aws != "" && l.aws != nil {
			fmt.Fprintf(&b, "    aws: {assumeRole: %q}\n", awslab.RoleARN(p.aws))
		}
	}
	if l.aws != nil {
		demoTokens(&b)
	}
	b.WriteString("attempts:\n")
	for _, p := range catalog.All() {
		// What is examined only would leave its control inconclusive, and so would
		// what names nothing real where the organization decides.
		byOrganization := p.ID == "aws.cloudtrail.stop-logging"
		absent := p.System == gitlab.Name && l.gitlab == nil || p.System == aws.Name && l.aws == nil
		if p.Requires.Has(kubernetes.NeedsOwnCredential) || p.Technique == probes.Examine || byOrganization || absent {
			continue
		}
		demoAttempt(&b, p)
	}
	return []byte(b.String())
}

// demoTokens writes the identities that are a pipeline's.
func demoTokens(b *strings.Builder) {
	for _, p := range []struct{ id, role, aws string }{
		{"branch", "developer", awslab.Branch}, {"release-branch", "authorized", awslab.Trusted}, {"stranger", "unprivileged", awslab.Stranger},
	} {
		fmt.Fprintf(
			b,
			"  - id: %s\n    role: %s\n    persons: []\n    aws: {webIdentity: {role: %q, token: {env: LAB_WEB_IDENTITY_%s}}}\n",
			p.id,
			p.role,
			awslab.RoleARN(p.aws),
			p.aws,
		)
	}
}

// demoAttempt writes one attempt, with the probe's own examples.
func demoAttempt(b *strings.Builder, p probes.Probe) {
	place := map[targets.SystemName]string{kubernetes.Name: "prod", gitlab.Name: "repo", aws.Name: "account"}[p.System]
	as, positive := "{role: developer}", ""
	switch {
	case p.Requires.Has(aws.NeedsWebIdentity):
		as, positive = "[branch]", "release-branch"
	case p.System == aws.Name:
		as, positive = "[dev-alice]", "release"
	case p.Requires.Alone():
		as = "[dev-alice]"
	}
	switch p.ID {
	case "gitlab.mergerequest.merge": // only what was approved can be merged
		positive = `{as: release, with: {mergeRequest: "9"}}`
	case "gitlab.mergerequest.rule-update":
		positive = `{waive: "the project lets nobody override its approval rules"}`
	}
	fmt.Fprintf(b, "  - probe: %s\n    target: %s\n    as: %s\n", p.ID, place, as)
	if positive != "" {
		fmt.Fprintf(b, "    positive: %s\n", positive)
	}
	var with, permitted []string
	for _, n := range p.Needs {
		with = append(with, fmt.Sprintf("%s: %q", n.Name, n.Example))
		if n.Elsewhere != "" {
			permitted = append(permitted, fmt.Sprintf("%s: %q", n.Name, n.Elsewhere))
		}
	}
	if len(with) > 0 {
		fmt.Fprintf(b, "    with: {%s}\n", strings.Join(with, ", "))
	}
	if len(permitted) > 0 {
		fmt.Fprintf(b, "    allowed: {%s}\n", strings.Join(permitted, ", "))
	}
}

const demoHead = `# A scenario for simulated systems. Everything in it is made up.
apiVersion: sodprobe/v1
kind: Scenario
metadata: {id: demo, revision: 1, title: Developers cannot change payments production alone}
controls: [nist/cm-5, nist/cm-5.1, nist/cm-3, nist/ac-6.10, soc2/cc8.1]
authorization:
  changeTicket: DEMO-1
  statement: Management authorizes the attempts listed below, dry-run or self-defeating only.
  notBefore: %s
  notAfter: %s
  maxRuns: 1
  contacts: [{name: SOC, email: soc@corp.example}]
rules:
  technique: self-defeating
  concurrency: 8
  maxRequests: 5000
  requestTimeout: 10s
  stopOn: never
  exclude: []
targets:
  - id: prod
    requestsPerSecond: 500
    kubernetes:
      context: prober
      caSHA256: %q
      uid: %q
      namespace: payments
      allowedNamespace: payments-dev
      staticAdmission: none
`

const demoGitLab = `  - id: repo
    requestsPerSecond: 500
    gitlab:
      url: %s
      projectID: %d
      project: %s
      branch: %s
      allowedBranch: %s
      environment: %s
      ssh: {address: %q, hostKey: %q}
`

const demoAWS = `  - id: account
    requestsPerSecond: 500
    aws: {accountID: %q, region: %s, endpoint: %q, emulator: true, allowed: {action: "s3:PutObject", resource: %q}}
`

// demoPerson is a principal with a key that lives as long as the demo.
type demoPerson struct {
	principal string
	signer    approval.Signer
	key       ssh.PublicKey
}

// demoPeople are everybody whom an approval needs.
type demoPeople struct {
	root, author, first, second, operator demoPerson
}

func newDemoPeople(rand io.Reader) (*demoPeople, error) {
	p := &demoPeople{}
	for who, principal := range map[*demoPerson]string{
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
		*who = demoPerson{principal: principal, signer: approval.InProcess(key), key: key.PublicKey()}
	}
	return p, nil
}

// writeScenario writes the file and its three signatures.
func (p *demoPeople) writeScenario(ctx context.Context, path string, data []byte) error {
	if err := os.MkdirAll(path+".sigs", 0o750); err != nil {
		return fmt.Errorf("write the demo's scenario: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write the demo's scenario: %w", err)
	}
	for _, by := range []struct {
		role string
		demoPerson
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

// writeTrust writes the trust folder, signed by the root, and the root's
// public key beside it.
func (p *demoPeople) writeTrust(ctx context.Context, dir string, now time.Time) error {
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
		"policy.yaml":     fmt.Appendf(nil, demoPolicy, now.UTC().Add(demoWindow).Format("2006-01-02T15:04:05Z")),
	}
	manifest := approval.Manifest(files)
	signature, err := p.root.signer.Sign(ctx, "trust@sodprobe", manifest)
	if err != nil {
		return fmt.Errorf("sign the demo's trust folder: %w", err)
	}
	files["MANIFEST"], files["MANIFEST.sigs/root.sig"] = manifest, signature
	files["../trust_root"] = []byte(p.root.line())
	for _, name := range sortedKeys(files) {
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

// line is the public key as authorized_keys has it.
func (p demoPerson) line() string { return string(ssh.MarshalAuthorizedKey(p.key)) }

const demoPolicy = `# The demo's policy. "lab: true" keeps its evidence from passing for real.
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
