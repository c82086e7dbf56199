package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
	"github.com/sodprobe/sodprobe/targets/lab/gitlablab"
)

// Scenario is every probe of the catalog, as two developers.
func Scenario(l *Lab, catalog probes.Set, now time.Time) []byte {
	var b strings.Builder
	from := now.UTC().Add(-time.Minute).Truncate(time.Second)
	fmt.Fprintf(&b, head, from.Format(time.RFC3339), from.Add(window).Format(time.RFC3339),
		l.Cluster.CASHA256(), l.Cluster.UID())
	if l.GitLab != nil {
		fmt.Fprintf(&b, project, l.GitLab.URL(), gitlablab.ProjectID, gitlablab.Project, gitlablab.Branch,
			gitlablab.AllowedBranch, gitlablab.Environment, l.GitLab.SSHAddress(), l.GitLab.HostKey())
	}
	if l.AWS != nil {
		fmt.Fprintf(&b, account, awslab.Account, awslab.Region, l.AWS.Endpoint(), awslab.Allowed)
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
		if l.GitLab != nil {
			fmt.Fprintf(
				&b,
				"    gitlab: {username: %s, token: {env: LAB_TOKEN_%s}, sshKey: {file: %[1]s_ed25519}}\n",
				p.user,
				strings.ToUpper(p.user),
			)
		}
		if p.aws == awslab.Developer && l.AWS != nil {
			fmt.Fprintf(&b, "    persons: [%s@corp.example]\n", p.user)
		}
		if p.aws != "" && l.AWS != nil {
			fmt.Fprintf(&b, "    aws: {assumeRole: %q}\n", awslab.RoleARN(p.aws))
		}
	}
	if l.AWS != nil {
		tokens(&b)
	}
	b.WriteString("attempts:\n")
	for _, p := range catalog {
		// What is examined only would leave its control inconclusive, and so would
		// what names nothing real where the organization decides.
		byOrganization := p.ID == "aws.cloudtrail.stop-logging"
		absent := p.System == gitlab.Name && l.GitLab == nil || p.System == aws.Name && l.AWS == nil
		if p.Requires.Has(kubernetes.NeedsOwnCredential) || p.Technique == probes.Examine || byOrganization || absent {
			continue
		}
		attempt(&b, p)
	}
	return []byte(b.String())
}

// tokens writes the identities that are a pipeline's.
func tokens(b *strings.Builder) {
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

// attempt writes one attempt, with the probe's own examples.
func attempt(b *strings.Builder, p probes.Probe) {
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

const head = `# A scenario for simulated systems. Everything in it is made up.
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

const project = `  - id: repo
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

const account = `  - id: account
    requestsPerSecond: 500
    aws: {accountID: %q, region: %s, endpoint: %q, emulator: true, allowed: {action: "s3:PutObject", resource: %q}}
`
