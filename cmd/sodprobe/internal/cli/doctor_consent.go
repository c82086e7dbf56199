package cli

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// consented reports why doctor may not ask anything yet, nil where it may: an author
// signed the scenario under the pinned root, or the user saw what will be asked, and
// with which secrets, and said yes.
func (a *app) consented(d *document, o doctorOptions) error {
	signed := a.authored(d, o.documentFlags)
	switch {
	case signed == nil:
		return nil
	case o.yes:
		return refusedf("--yes needs an author's signature: %w", signed)
	}
	list, err := a.wouldUse(d.scenario, o.connectFlags)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.stderr, "No author's signature holds (%v).\ndoctor reads only, and it would ask these hosts with these secrets:\n", signed)
	for _, line := range list {
		_, _ = fmt.Fprintf(a.stderr, "  %s\n", line)
	}
	if !a.confirm("Is that what you want? Type yes: ") {
		return refusedf("nothing was asked: sign as author first (sodprobe approve --role author), or say yes")
	}
	return nil
}

// authored verifies that an author signed the scenario, and that nobody withdrew it.
func (a *app) authored(d *document, f documentFlags) error {
	if err := f.load(d); err != nil {
		return err
	}
	if d.root == nil {
		return fmt.Errorf("no trust root is pinned: give --trust-root FILE, or install %s", pinnedRoot)
	}
	at := a.now().UTC()
	if _, err := d.trust.VerifyRoot(d.root, at); err != nil {
		return err
	}
	return approval.VerifyAuthor(approval.Request{
		Scenario: d.data, Parsed: d.scenario, Signatures: d.signatures, Trust: d.trust, At: at,
	})
}

// wouldUse lists every host that is asked, and every secret that is sent there.
func (a *app) wouldUse(s *scenarios.Scenario, f connectFlags) ([]string, error) {
	var out []string
	for _, t := range s.Targets {
		var hosts, own []string
		switch t.System() {
		case targets.Kubernetes:
			server, err := a.serverOf(f, t.Kubernetes.Context)
			if err != nil {
				return nil, err
			}
			hosts, own = []string{server}, []string{"the kubeconfig context " + t.Kubernetes.Context}
		case targets.GitLab:
			hosts = append(hosts, t.GitLab.URL)
			if t.GitLab.SSH != nil {
				hosts = append(hosts, "ssh://"+t.GitLab.SSH.Address)
			}
		case targets.AWS:
			hosts, own = awsHosts(*t.AWS), []string{awsCredentials(t.AWS.Profile)}
		}
		for _, id := range s.Identities {
			own = append(own, secretsOf(id, t.System())...)
		}
		slices.Sort(own)
		out = append(out, fmt.Sprintf("%s: %s, with %s", t.ID, strings.Join(hosts, " and "), strings.Join(slices.Compact(own), "; ")))
	}
	return out, nil
}

func awsHosts(t targets.AWSTarget) []string {
	if t.Endpoint != "" {
		return []string{t.Endpoint}
	}
	return []string{"AWS's services for the account " + t.AccountID + " in " + t.Region}
}

func awsCredentials(profile string) string {
	if profile != "" {
		return "the AWS profile " + profile
	}
	return "the credentials that the AWS SDK finds"
}

// serverOf is the server of a context, without credentials.
func (a *app) serverOf(f connectFlags, context string) (string, error) {
	config, err := kubernetes.LoadKubeconfig(f.kubeconfig, a.env)
	if err != nil {
		return "", err
	}
	if config.Contexts[context] == nil || config.Clusters[config.Contexts[context].Cluster] == nil {
		return "", fmt.Errorf("the kubeconfig has no context %q with a cluster", context)
	}
	u, err := url.Parse(config.Clusters[config.Contexts[context].Cluster].Server)
	if err != nil || u.Host == "" {
		return "", errors.New("the server of the context " + context + " is no URL")
	}
	return "https://" + u.Host, nil
}

// secretsOf are the secrets of an identity on a system.
func secretsOf(id targets.Identity, on targets.SystemName) []string {
	var out []string
	switch {
	case on == targets.Kubernetes && id.Kubernetes != nil && id.Kubernetes.Context != "":
		out = append(out, "the kubeconfig context "+id.Kubernetes.Context)
	case on == targets.GitLab && id.GitLab != nil:
		out = append(out, id.GitLab.Bearer().String())
		if id.GitLab.SSHKey != nil {
			out = append(out, id.GitLab.SSHKey.String())
		}
	case on == targets.AWS && id.AWS != nil && id.AWS.WebIdentity != nil:
		out = append(out, id.AWS.WebIdentity.Token.String())
	case on == targets.AWS && id.AWS != nil && id.AWS.Profile != "":
		out = append(out, awsCredentials(id.AWS.Profile))
	}
	return out
}
