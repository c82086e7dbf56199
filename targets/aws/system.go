package aws

import (
	"context"
	"crypto/x509"
	"io"

	"github.com/sodprobe/sodprobe/targets"
)

// System is all that the rest of the program knows of AWS.
func System() targets.System { return SystemWith(FromSDK, nil) }

// SystemWith is the same with the prober's credentials from somewhere else than the
// SDK, and other certificates to trust than the machine's, where roots is not nil.
func SystemWith(source func(context.Context) (Source, error), roots *x509.CertPool) targets.System {
	return targets.System{
		Name: Name, Title: "AWS",
		NewTarget:   func() targets.TargetBlock { return &Target{} },
		NewIdentity: func() targets.IdentityBlock { return &Identity{} },
		Layers: []targets.Layer{
			targets.IdentityPolicy, targets.ResourcePolicy, targets.PermissionsBoundary, targets.SessionPolicy, targets.SCP, targets.RCP,
			targets.VPCEndpointPolicy, targets.Unspecified,
		},
		Classify: Classify, Oracle: Oracle(), Pinned: Pinned,
		Connect: func(ctx context.Context, with targets.Connection) (targets.Connected, error) {
			from, err := source(ctx)
			if err != nil {
				return nil, err
			}
			a, err := Connect(Config{
				Target: with.Target, Reader: with.Reader, SessionNames: sessionNames(with.People), Source: hiding(from, with.Machine.Hide),
				Secret: with.Machine.Secret, Roots: roots, Budget: with.Budget, Marker: with.Marker, UserAgent: with.UserAgent,
				Timeout: with.Timeout, Now: with.Now,
			})
			if err != nil {
				return nil, err
			}
			return a, nil
		},
		Trusts: []string{"AWS_CA_BUNDLE"},
		Uses:   uses,
		Setup: targets.Setup{
			Short: "Print the policies of the prober, the roles and the observer, to review and apply",
			Write: func(w io.Writer, in targets.Access, _ map[string]string) error { return Setup(w, in) },
		},
	}
}

// hiding tells every secret that a source gives.
func hiding(source Source, hide func(...string)) Source {
	own := source.Keys
	source.Keys = func(ctx context.Context, profile string) (Keys, error) {
		keys, err := own(ctx, profile)
		hide(keys.Secret, keys.Token)
		return keys, err
	}
	return source
}

// sessionNames are the names that the scenario gives to sessions.
func sessionNames(people []targets.Identity) []string {
	var out []string
	for _, id := range people {
		if on(id) != nil && on(id).SessionName != "" {
			out = append(out, on(id).SessionName)
		}
	}
	return out
}

func uses(t targets.Target, people []targets.Identity, _ targets.Machine) (hosts, secrets []string, err error) {
	hosts = []string{"AWS's services for the account " + accountOf(t).AccountID + " in " + accountOf(t).Region}
	if accountOf(t).Endpoint != "" {
		hosts = []string{accountOf(t).Endpoint}
	}
	secrets = []string{credentialsOf(accountOf(t).Profile)}
	for _, id := range people {
		switch {
		case on(id) == nil:
		case on(id).WebIdentity != nil:
			secrets = append(secrets, on(id).WebIdentity.Token.String())
		case on(id).Profile != "":
			secrets = append(secrets, credentialsOf(on(id).Profile))
		}
	}
	return hosts, secrets, nil
}

func credentialsOf(profile string) string {
	if profile != "" {
		return "the AWS profile " + profile
	}
	return "the credentials that the AWS SDK finds"
}
