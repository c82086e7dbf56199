package aws

import "github.com/sodprobe/sodprobe/targets"

// NeedsWebIdentity is the name of WithWebIdentity.
const NeedsWebIdentity = "web-identity"

// WithWebIdentity requires a web identity of everybody: the request carries its
// token, which the session puts in.
func WithWebIdentity() targets.Requirement {
	return targets.Requirement{
		Name: NeedsWebIdentity, Text: "identities with a webIdentity", Because: "sends its token",
		Identity: func(b targets.IdentityBlock) *targets.Lack {
			if i, ok := b.(*Identity); ok && i.WebIdentity == nil {
				return &targets.Lack{What: "has no webIdentity", Instead: "an identity with aws: {webIdentity: {role: …, token: …}}"}
			}
			return nil
		},
	}
}
