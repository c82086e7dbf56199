package targets

import (
	"slices"
	"strings"
)

// Role says what an identity is for in the experiment.
type Role string

// The roles. A scenario's developers are under test; the others are the
// instrument.
const (
	Developer    Role = "developer"
	Authorized   Role = "authorized"
	Unprivileged Role = "unprivileged"
	Observer     Role = "observer"
)

// Fidelity says how close acting as an identity is to being it.
type Fidelity string

// The fidelities, best first.
const (
	RealCredential Fidelity = "real-credential"
	Persona        Fidelity = "persona"
	Impersonated   Fidelity = "impersonation"
)

// Identity is somebody a probe acts as.
type Identity struct {
	ID   string `yaml:"id" json:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	Role Role   `yaml:"role" json:"role" jsonschema:"required,enum=developer,enum=authorized,enum=unprivileged,enum=observer"`
	// Persona marks a dedicated account that stands for people: same groups,
	// other name.
	Persona bool `yaml:"persona,omitempty" json:"persona,omitempty"`
	// Persons are the principals, or the names in the policy, of the people who
	// act as the identity in life. A developer whom some system knows by a role or a
	// service account needs them. [] says that only a machine acts as it.
	Persons    []string            `yaml:"persons,omitempty" json:"persons,omitempty"`
	Kubernetes *KubernetesIdentity `yaml:"kubernetes,omitempty" json:"kubernetes,omitempty"`
	GitLab     *GitLabIdentity     `yaml:"gitlab,omitempty" json:"gitlab,omitempty"`
	AWS        *AWSIdentity        `yaml:"aws,omitempty" json:"aws,omitempty"`
}

// On reports whether the identity can act on that system.
func (i Identity) On(s SystemName) bool {
	return s == Kubernetes && i.Kubernetes != nil || s == GitLab && i.GitLab != nil || s == AWS && i.AWS != nil
}

// Fenced reports whether a session as the identity can be had under a policy of
// ours: on AWS one that assumes a role, and not a profile.
func (i Identity) Fenced(s SystemName) bool { return s == AWS && i.AWS != nil && i.AWS.Role() != "" }

// Fidelity returns how close a verdict on this identity is to the person.
func (i Identity) Fidelity(s SystemName) Fidelity {
	switch {
	case s == Kubernetes && i.Kubernetes != nil && i.Kubernetes.Context == "":
		return Impersonated
	case s == AWS && i.AWS != nil && i.AWS.AssumeRole != "":
		return Impersonated // the role is the person's, the way into it is the prober's
	case s == GitLab && i.GitLab != nil && i.GitLab.ImpersonationToken != nil:
		return Impersonated
	case i.Persona:
		return Persona
	default:
		return RealCredential
	}
}

// KubernetesIdentity says how to act as somebody on a cluster: exactly one of
// Impersonate, ServiceAccount and Context is set.
type KubernetesIdentity struct {
	// Impersonate uses the prober's credential and the Impersonate-* headers.
	Impersonate *Impersonation `yaml:"impersonate,omitempty" json:"impersonate,omitempty"`
	// ServiceAccount impersonates that ServiceAccount.
	ServiceAccount *ServiceAccount `yaml:"serviceAccount,omitempty" json:"serviceAccount,omitempty"`
	// Context is a kubeconfig context with a credential of its own:
	// certificate, token, or exec plugin.
	Context string `yaml:"context,omitempty" json:"context,omitempty"`
	// User is the name that the server must report for Context.
	User string `yaml:"user,omitempty" json:"user,omitempty" text:"whole"`
}

// Impersonation is the user that the Impersonate-* headers name.
type Impersonation struct {
	User string `yaml:"user" json:"user" jsonschema:"required" text:"whole"`
	// Groups is mandatory, [] written out: a forgotten group gives a false
	// Blocked. system:authenticated is added by the server.
	Groups []string            `yaml:"groups" json:"groups" jsonschema:"required" text:"whole"`
	UID    string              `yaml:"uid,omitempty" json:"uid,omitempty" text:"whole"`
	Extra  map[string][]string `yaml:"extra,omitempty" json:"extra,omitempty" text:"whole"`
}

// ServiceAccount names a ServiceAccount.
type ServiceAccount struct {
	Namespace string `yaml:"namespace" json:"namespace" jsonschema:"required"`
	Name      string `yaml:"name" json:"name" jsonschema:"required"`
}

// Principal is the subject's name as the server should report it.
func (k KubernetesIdentity) Principal() string {
	switch {
	case k.Impersonate != nil:
		return k.Impersonate.User
	case k.ServiceAccount != nil:
		return "system:serviceaccount:" + k.ServiceAccount.Namespace + ":" + k.ServiceAccount.Name
	default:
		return k.User
	}
}

// Principal is the subject's name on that system as the scenario states it.
func (i Identity) Principal(s SystemName) string {
	switch {
	case s == Kubernetes && i.Kubernetes != nil:
		return i.Kubernetes.Principal()
	case s == GitLab && i.GitLab != nil:
		return i.GitLab.Username
	case s == AWS && i.AWS != nil:
		return i.AWS.Name()
	default:
		return ""
	}
}

// Personal lists the names that the systems have for the one person whom an
// identity is, and those that Persons says: nothing for a role or a service
// account that nobody's name stands at.
func (i Identity) Personal() []string {
	out := slices.Clone(i.Persons)
	if k := i.Kubernetes; k != nil && k.ServiceAccount == nil {
		out = append(out, k.Principal())
	}
	if i.GitLab != nil {
		out = append(out, i.GitLab.Username)
	}
	if a := i.AWS; a != nil {
		_, user, isUser := strings.Cut(a.Principal, ":user/")
		_, session, isSession := strings.Cut(a.Principal, ":assumed-role/")
		switch {
		case a.SessionName != "":
			out = append(out, a.SessionName)
		case isUser:
			out = append(out, user[strings.LastIndex(user, "/")+1:])
		case isSession:
			out = append(out, session[strings.LastIndex(session, "/")+1:])
		}
	}
	return out
}

// Shared reports whether some system knows the identity by what several people may
// use: a role whose sessions bear no person's name, or a service account.
func (i Identity) Shared() bool {
	return i.Kubernetes != nil && i.Kubernetes.ServiceAccount != nil || i.AWS != nil && i.AWS.Role() != "" && i.AWS.SessionName == ""
}

// Names lists every name that an identity has in any system.
func (i Identity) Names() []string {
	out := i.Personal()
	for _, s := range []SystemName{Kubernetes, GitLab, AWS} {
		if name := i.Principal(s); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// GitLabIdentity says how to act as somebody on a GitLab instance: exactly one
// of Token and ImpersonationToken is set, and for pushes over SSH the account's
// own key.
type GitLabIdentity struct {
	// Username is the account that the server must report.
	Username string `yaml:"username" json:"username" jsonschema:"required,pattern=^[A-Za-z0-9_.-]+$"`
	// Token is the account's own personal access token, with the scope api.
	Token *Secret `yaml:"token,omitempty" json:"token,omitempty"`
	// ImpersonationToken is one that an administrator made for the account, with
	// the scope api: for people who cannot lend theirs.
	ImpersonationToken *Secret `yaml:"impersonationToken,omitempty" json:"impersonationToken,omitempty"`
	// SSHKey is an unencrypted private key in OpenSSH's form.
	SSHKey *Secret `yaml:"sshKey,omitempty" json:"sshKey,omitempty"`
}

// Bearer is the token, whoever made it; the zero value where none is named.
func (g GitLabIdentity) Bearer() Secret {
	switch {
	case g.Token != nil:
		return *g.Token
	case g.ImpersonationToken != nil:
		return *g.ImpersonationToken
	}
	return Secret{}
}

// AWSIdentity says how to act as somebody in an account: exactly one of
// AssumeRole, WebIdentity and Profile is set.
type AWSIdentity struct {
	// AssumeRole is the ARN of the people's role, which the prober assumes.
	AssumeRole string `yaml:"assumeRole,omitempty" json:"assumeRole,omitempty" jsonschema:"pattern=^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/[A-Za-z0-9+=@._/-]+$"`
	// ExternalID is what the role's trust policy may demand. It is no secret.
	ExternalID string `yaml:"externalID,omitempty" json:"externalID,omitempty" jsonschema:"pattern=^[A-Za-z0-9+=@.:_/-]+$"`
	// SessionName is what the sessions of the role are called in life, where a
	// policy or a trust policy asks for it; "" is the run's own name.
	SessionName string `yaml:"sessionName,omitempty" json:"sessionName,omitempty" jsonschema:"pattern=^[A-Za-z0-9+=@._-][A-Za-z0-9+=@._-]+$"`
	// Tags are those that the sessions bear in life (aws:PrincipalTag). A tag
	// that nobody has proves nothing.
	Tags map[string]string `yaml:"tags,omitempty" json:"tags,omitempty"`
	// WebIdentity is a token of somebody's pipeline, and the role that is its
	// own.
	WebIdentity *WebIdentity `yaml:"webIdentity,omitempty" json:"webIdentity,omitempty"`
	// Profile is one of the AWS CLI's configuration, such as an SSO sign-in. No
	// session policy can be passed then.
	Profile string `yaml:"profile,omitempty" json:"profile,omitempty"`
	// Principal is the ARN that the server must report for Profile.
	Principal string `yaml:"principal,omitempty" json:"principal,omitempty" jsonschema:"pattern=^arn:aws(-cn|-us-gov)?:(iam|sts)::[0-9]{12}:[A-Za-z0-9+=@._/-]+$"`
}

// WebIdentity is a token and the role that it is meant for.
type WebIdentity struct {
	Role  string `yaml:"role" json:"role" jsonschema:"required,pattern=^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/[A-Za-z0-9+=@._/-]+$"`
	Token Secret `yaml:"token" json:"token" jsonschema:"required"`
}

// Role is the ARN of the role whose sessions act, "" for a profile.
func (a AWSIdentity) Role() string {
	if a.WebIdentity != nil {
		return a.WebIdentity.Role
	}
	return a.AssumeRole
}

// Name is the principal as the scenario states it.
func (a AWSIdentity) Name() string {
	if role := a.Role(); role != "" {
		return role
	}
	return a.Principal
}

// Secret says where a secret is. It never holds one. Exactly one field is set.
type Secret struct {
	// Env is the name of an environment variable.
	Env string `yaml:"env,omitempty" json:"env,omitempty" jsonschema:"pattern=^[A-Za-z_][A-Za-z0-9_]*$"`
	// File is a path, relative to the scenario's folder.
	File string `yaml:"file,omitempty" json:"file,omitempty"`
	// Keyring is the name of an entry for the service sodprobe in the
	// system's keyring.
	Keyring string `yaml:"keyring,omitempty" json:"keyring,omitempty"`
}

// String names the place of the secret.
func (s Secret) String() string {
	switch {
	case s.Env != "":
		return "the environment variable " + s.Env
	case s.File != "":
		return "the file " + s.File
	default:
		return "the keyring entry " + s.Keyring
	}
}

// Subject is who the server says the caller is.
type Subject struct {
	Name   string              `json:"name"`
	UID    string              `json:"uid,omitempty"`
	Groups []string            `json:"groups,omitempty"`
	Extra  map[string][]string `json:"extra,omitempty"`
}
