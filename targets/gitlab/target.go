package gitlab

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Name is the system's.
const Name targets.SystemName = "gitlab"

// Target pins a project of a GitLab instance.
type Target struct {
	// URL is the instance's, without a path.
	URL string `yaml:"url" json:"url" jsonschema:"required,pattern=^https://[A-Za-z0-9.-]+(:[0-9]+)?$"`
	// ProjectID is the number of the project: the path has to lead to it
	// before anything is attempted, since a push to a path that leads nowhere
	// creates a project.
	ProjectID int64  `yaml:"projectID" json:"projectID" jsonschema:"required,minimum=1"`
	Project   string `yaml:"project" json:"project" jsonschema:"required"`
	// Branch is production: where a developer must be refused.
	Branch string `yaml:"branch" json:"branch" jsonschema:"required"`
	// AllowedBranch is where the same developer may push: the place of the
	// baseline arm.
	AllowedBranch string `yaml:"allowedBranch" json:"allowedBranch" jsonschema:"required"`
	// Environment is production's, as deployments name it.
	Environment string `yaml:"environment" json:"environment" jsonschema:"required"`
	SSH         *SSH   `yaml:"ssh,omitempty" json:"ssh,omitempty"`
}

// SSH pins the instance's SSH server.
type SSH struct {
	// Address is HOST:PORT.
	Address string `yaml:"address" json:"address" jsonschema:"required"`
	// HostKey is the server's public key, as known_hosts has it: "ssh-ed25519 AAAA…".
	HostKey string `yaml:"hostKey" json:"hostKey" jsonschema:"required"`
}

// System implements targets.Block.
func (*Target) System() targets.SystemName { return Name }

// Place implements targets.TargetBlock.
func (t *Target) Place(kind targets.PlaceKind) targets.Place {
	branch := map[targets.PlaceKind]string{targets.Production: t.Branch, targets.Allowed: t.AllowedBranch}[kind]
	return targets.Place{Kind: kind, Scope: t.Project, Title: branch + " of " + t.Project, Values: map[string]string{
		"project": strconv.FormatInt(t.ProjectID, 10),
		"branch":  branch, "branch_in_path": targets.InPath(branch),
		"environment": t.Environment, "environment_in_path": targets.InPath(t.Environment),
	}}
}

// Check implements targets.Block. What it looks at stands in request paths and git
// commands, where anything else could mean another project or another ref.
func (t *Target) Check(in targets.Lint) {
	form := func(field, value, pattern, instead string) {
		if value != "" && !regexp.MustCompile(pattern).MatchString(value) {
			in.Note(field, fmt.Sprintf("%q is not a valid %s", value, field), instead)
		}
	}
	const ref = `^[A-Za-z0-9_]([-A-Za-z0-9_]|[./][A-Za-z0-9_])*$`
	const path = `^[A-Za-z0-9_]([-A-Za-z0-9_]|[.][-A-Za-z0-9_])*(/[A-Za-z0-9_]([-A-Za-z0-9_]|[.][-A-Za-z0-9_])*)+$`
	form("project", t.Project, path, "the full path, as in payments/api")
	form("branch", t.Branch, ref, "the short name, as in main")
	form("allowedBranch", t.AllowedBranch, ref, "the short name, as in sod-canary")
	form("environment", t.Environment, `^[A-Za-z0-9_]([-A-Za-z0-9_]|/[A-Za-z0-9_])*$`, "the name that deployments show, as in production")
	if strings.HasSuffix(t.Project, ".git") {
		in.Note("project", "the path ends in .git", "the path as the browser shows it")
	}
	if t.Branch != "" && t.Branch == t.AllowedBranch {
		in.Note("allowedBranch", "the allowed branch is production", "a branch to which developers may push")
	}
	if t.SSH == nil {
		return
	}
	if _, port, err := net.SplitHostPort(t.SSH.Address); t.SSH.Address != "" && (err != nil || port == "") {
		in.Note("ssh.address", fmt.Sprintf("%q is not an address", t.SSH.Address), "HOST:PORT, as in gitlab.corp.example:22")
	}
	const hostKey = `^(ssh-|ecdsa-)[a-z0-9-]+ [A-Za-z0-9+/]+=*( .*)?$`
	form("ssh.hostKey", t.SSH.HostKey, hostKey, "the public key as known_hosts has it: ssh-ed25519 AAAA…")
}

// Explain implements targets.Block.
func (t *Target) Explain() []string {
	lines := []string{fmt.Sprintf("the GitLab project %s, number %d, of %s.", t.Project, t.ProjectID, t.URL)}
	if t.SSH != nil {
		lines = append(lines, fmt.Sprintf("Over SSH: %s, with the host key %s.", t.SSH.Address, t.SSH.HostKey))
	}
	return append(
		lines,
		"Any other project or server is refused before anything is attempted.",
		fmt.Sprintf("Production is the branch %s and the environment %s. The same developers may", t.Branch, t.Environment),
		fmt.Sprintf("push to the branch %s.", t.AllowedBranch),
	)
}

// projectOf is the block of a target of this system.
func projectOf(t targets.Target) *Target {
	block, _ := t.Block.(*Target)
	return block
}
