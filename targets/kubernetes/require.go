package kubernetes

import "github.com/sodprobe/sodprobe/targets"

// NeedsOwnCredential is the name of OwnCredential.
const NeedsOwnCredential = "own-credential" //nolint:gosec // a name, and no credential

// OwnCredential requires a credential of their own of everybody: impersonation
// cannot be nested.
func OwnCredential() targets.Requirement {
	return targets.Requirement{
		Name: NeedsOwnCredential, Text: "identities with a credential of their own: impersonation cannot be nested",
		Because: "cannot run under impersonation",
		Identity: func(b targets.IdentityBlock) *targets.Lack {
			if b.Actor().Impersonated {
				return &targets.Lack{What: "is impersonated", Instead: "an identity with a context of its own"}
			}
			return nil
		},
	}
}
