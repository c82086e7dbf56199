package gitlab

import (
	"fmt"

	"github.com/sodprobe/sodprobe/targets"
)

// Identity says how to act as somebody on a GitLab instance: exactly one
// of Token and ImpersonationToken is set, and for pushes over SSH the account's
// own key.
type Identity struct {
	// Username is the account that the server must report.
	Username string `yaml:"username" json:"username" jsonschema:"required,pattern=^[A-Za-z0-9_.-]+$"`
	// Token is the account's own personal access token, with the scope api.
	Token *targets.Secret `yaml:"token,omitempty" json:"token,omitempty"`
	// ImpersonationToken is one that an administrator made for the account, with
	// the scope api: for people who cannot lend theirs.
	ImpersonationToken *targets.Secret `yaml:"impersonationToken,omitempty" json:"impersonationToken,omitempty"`
	// SSHKey is an unencrypted private key in OpenSSH's form.
	SSHKey *targets.Secret `yaml:"sshKey,omitempty" json:"sshKey,omitempty"`
}

// System implements targets.Block.
func (*Identity) System() targets.SystemName { return Name }

// Bearer is the token, whoever made it; the zero value where none is named.
func (i *Identity) Bearer() targets.Secret {
	switch {
	case i.Token != nil:
		return *i.Token
	case i.ImpersonationToken != nil:
		return *i.ImpersonationToken
	}
	return targets.Secret{}
}

// Actor implements targets.IdentityBlock.
func (i *Identity) Actor() targets.Actor {
	return targets.Actor{Principal: i.Username, Person: i.Username, Impersonated: i.ImpersonationToken != nil}
}

// Check implements targets.Block: there is one token.
func (i *Identity) Check(in targets.Lint) {
	if (i.Token == nil) == (i.ImpersonationToken == nil) {
		in.Note("", map[bool]string{true: "no token", false: "two tokens"}[i.Token == nil],
			"exactly one of: token, the account's own, and impersonationToken, which an administrator made for it")
	}
}

// Explain implements targets.Block.
func (i *Identity) Explain() []string {
	key, whose := "", "token"
	if i.SSHKey != nil {
		key = fmt.Sprintf(", and with the SSH key in %s", i.SSHKey)
	}
	if i.ImpersonationToken != nil {
		whose = "impersonation token"
	}
	return []string{fmt.Sprintf("on GitLab as %s, with the %s in %s%s", i.Username, whose, i.Bearer(), key)}
}

// on is how to act as an identity on this system, nil where it cannot.
func on(id targets.Identity) *Identity {
	block, _ := id.On(Name).(*Identity)
	return block
}
