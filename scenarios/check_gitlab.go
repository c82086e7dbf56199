package scenarios

import (
	"fmt"
	"net"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/sodprobe/sodprobe/targets"
)

// gitlabTarget checks what stands in request paths and git commands: anything
// else could mean another project or another ref.
func (c *checker) gitlabTarget(at string, g targets.GitLabTarget) {
	form := func(field, value, pattern, instead string) {
		if value != "" && !regexp.MustCompile(pattern).MatchString(value) {
			c.note(at+"."+field, fmt.Sprintf("%q is not a valid %s", value, field), instead)
		}
	}
	const ref = `^[A-Za-z0-9_]([-A-Za-z0-9_]|[./][A-Za-z0-9_])*$`
	form(
		"project",
		g.Project,
		`^[A-Za-z0-9_]([-A-Za-z0-9_]|[.][-A-Za-z0-9_])*(/[A-Za-z0-9_]([-A-Za-z0-9_]|[.][-A-Za-z0-9_])*)+$`,
		"the full path, as in payments/api",
	)
	form("branch", g.Branch, ref, "the short name, as in main")
	form("allowedBranch", g.AllowedBranch, ref, "the short name, as in sod-canary")
	form("environment", g.Environment, `^[A-Za-z0-9_]([-A-Za-z0-9_]|/[A-Za-z0-9_])*$`, "the name that deployments show, as in production")
	if strings.HasSuffix(g.Project, ".git") {
		c.note(at+".project", "the path ends in .git", "the path as the browser shows it")
	}
	if g.Branch != "" && g.Branch == g.AllowedBranch {
		c.note(at+".allowedBranch", "the allowed branch is production", "a branch to which developers may push")
	}
	if g.SSH == nil {
		return
	}
	if _, port, err := net.SplitHostPort(g.SSH.Address); g.SSH.Address != "" && (err != nil || port == "") {
		c.note(at+".ssh.address", fmt.Sprintf("%q is not an address", g.SSH.Address), "HOST:PORT, as in gitlab.corp.example:22")
	}
	form(
		"ssh.hostKey",
		g.SSH.HostKey,
		`^(ssh-|ecdsa-)[a-z0-9-]+ [A-Za-z0-9+/]+=*( .*)?$`,
		"the public key as known_hosts has it: ssh-ed25519 AAAA…",
	)
}

// gitlabIdentity checks that there is one token, and that each secret is named
// in exactly one way.
func (c *checker) gitlabIdentity(at string, g targets.GitLabIdentity) {
	if (g.Token == nil) == (g.ImpersonationToken == nil) {
		c.note(at, map[bool]string{true: "no token", false: "two tokens"}[g.Token == nil],
			"exactly one of: token, the account's own, and impersonationToken, which an administrator made for it")
	}
	if g.Token != nil {
		c.secretAt(at+".token", *g.Token)
	}
	if g.ImpersonationToken != nil {
		c.secretAt(at+".impersonationToken", *g.ImpersonationToken)
	}
	if g.SSHKey != nil {
		c.secretAt(at+".sshKey", *g.SSHKey)
	}
}

func (c *checker) secretAt(at string, s targets.Secret) {
	ways := 0
	for _, way := range []string{s.Env, s.File, s.Keyring} {
		if way != "" {
			ways++
		}
	}
	if n, ok := c.places[at]; ways != 1 && ok && n.Kind == yaml.MappingNode {
		c.note(at, fmt.Sprintf("%d ways to find the secret", ways), "exactly one of: env, file, keyring")
	}
}
