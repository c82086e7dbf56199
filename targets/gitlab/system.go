package gitlab

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"

	"github.com/sodprobe/sodprobe/targets"
)

// System is all that the rest of the program knows of GitLab.
func System() targets.System { return SystemWith(nil) }

// SystemWith is the same with other certificates to trust than the machine's; nil
// means the machine's.
func SystemWith(roots *x509.CertPool) targets.System {
	return targets.System{
		Name: Name, Title: "GitLab",
		NewTarget:   func() targets.TargetBlock { return &Target{} },
		NewIdentity: func() targets.IdentityBlock { return &Identity{} },
		Layers: []targets.Layer{
			targets.ProjectRole, targets.BranchProtection, targets.TagProtection, targets.MergeApproval, targets.EnvironmentProtection,
			targets.PipelinePermission, targets.PushRule, targets.SecurityPolicy, targets.AccountState,
		},
		Classify: Classify, Oracle: Oracle(), Pinned: Pinned,
		Connect: func(_ context.Context, with targets.Connection) (targets.Connected, error) {
			p, err := Connect(Config{
				Target: with.Target, Reader: with.Reader, Secret: with.Machine.Secret, Roots: roots, Budget: with.Budget, Marker: with.Marker,
				UserAgent: with.UserAgent, Timeout: with.Timeout, Now: with.Now, Proxy: http.ProxyFromEnvironment,
			})
			if err != nil {
				return nil, err
			}
			return p, nil
		},
		Uses: uses,
		Setup: targets.Setup{
			Short: "Print the accounts, roles and tokens that a scenario needs, to review and make",
			Write: func(w io.Writer, in targets.Access, _ map[string]string) error { return Setup(w, in) },
		},
	}
}

func uses(t targets.Target, people []targets.Identity, _ targets.Machine) (hosts, secrets []string, err error) {
	hosts = []string{projectOf(t).URL}
	if projectOf(t).SSH != nil {
		hosts = append(hosts, "ssh://"+projectOf(t).SSH.Address)
	}
	for _, id := range people {
		if on(id) == nil {
			continue
		}
		secrets = append(secrets, on(id).Bearer().String())
		if on(id).SSHKey != nil {
			secrets = append(secrets, on(id).SSHKey.String())
		}
	}
	return hosts, secrets, nil
}
