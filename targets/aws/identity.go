package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Identity says how to act as somebody in an account: exactly one of
// AssumeRole, WebIdentity and Profile is set.
type Identity struct {
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
	Role  string         `yaml:"role" json:"role" jsonschema:"required,pattern=^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/[A-Za-z0-9+=@._/-]+$"`
	Token targets.Secret `yaml:"token" json:"token" jsonschema:"required"`
}

// System implements targets.Block.
func (*Identity) System() targets.SystemName { return Name }

// Role is the ARN of the role whose sessions act, "" for a profile.
func (i *Identity) Role() string {
	if i.WebIdentity != nil {
		return i.WebIdentity.Role
	}
	return i.AssumeRole
}

// principal is what the scenario states.
func (i *Identity) principal() string {
	if role := i.Role(); role != "" {
		return role
	}
	return i.Principal
}

// Actor implements targets.IdentityBlock. A role that the prober assumes is the
// people's; the way into it is not.
func (i *Identity) Actor() targets.Actor {
	return targets.Actor{
		Principal: i.principal(), Person: i.person(), Shared: i.Role() != "" && i.SessionName == "",
		Impersonated: i.AssumeRole != "", Fenced: i.Role() != "",
	}
}

// person is the name of one that a session or a user bears.
func (i *Identity) person() string {
	if i.SessionName != "" {
		return i.SessionName
	}
	for _, kind := range []string{":user/", ":assumed-role/"} {
		if _, named, ok := strings.Cut(i.Principal, kind); ok {
			return named[strings.LastIndex(named, "/")+1:]
		}
	}
	return ""
}

// Check implements targets.Block: an identity says in exactly one way how to act, and
// acts in an account that is a target.
func (i *Identity) Check(in targets.Lint) {
	ways := 0
	for _, set := range []bool{i.AssumeRole != "", i.WebIdentity != nil, i.Profile != ""} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		in.Note("", fmt.Sprintf("%d ways to act as the identity", ways), "exactly one of: assumeRole, webIdentity, profile")
	}
	switch {
	case i.Profile != "" && i.Principal == "":
		in.Note("", "the profile says no principal", "principal: the ARN that the server must report for the profile")
	case i.Profile == "" && i.Principal != "":
		in.Note("principal", "principal belongs to profile", "leave it out: the role says who acts")
	}
	if i.ExternalID != "" && i.AssumeRole == "" {
		in.Note("externalID", "externalID belongs to assumeRole", "leave it out")
	}
	if i.Profile != "" && (i.SessionName != "" || len(i.Tags) > 0) {
		in.Note("", "sessionName and tags belong to roles that are assumed", "leave them out: the profile's session bears its own")
	}
	if i.WebIdentity != nil && len(i.Tags) > 0 {
		in.Note("tags", "the session of a web identity bears the tags of its token", "leave them out")
	}
	i.knownAccount(in)
}

// knownAccount notes an identity of an account that no target pins: the
// server would see somebody else's account, and nothing would be proven.
func (i *Identity) knownAccount(in targets.Lint) {
	fields := strings.Split(i.principal(), ":")
	if len(fields) < 6 {
		return // noted by its form
	}
	var accounts []string
	for _, t := range in.Targets {
		if a := accountOf(t); a != nil && len(a.AccountID) == 12 {
			accounts = append(accounts, a.AccountID)
		}
	}
	if len(accounts) > 0 && !slices.Contains(accounts, fields[4]) {
		in.Note("", fmt.Sprintf("%s is in the account %s, and no target is", i.principal(), fields[4]), "one of: "+strings.Join(accounts, ", "))
	}
}

// Explain implements targets.Block.
func (i *Identity) Explain() []string { return []string{"on AWS as " + i.how()} }

// how says in words how a role is taken on.
func (i *Identity) how() string {
	switch {
	case i.WebIdentity != nil:
		return fmt.Sprintf("%s, with the web identity token in %s", i.WebIdentity.Role, i.WebIdentity.Token)
	case i.AssumeRole != "":
		return i.AssumeRole + ", assumed by the prober for 900 seconds and one attempt at a time" + i.inLife()
	default:
		return fmt.Sprintf("%s, with the profile %s, whose rights cannot be narrowed", i.Principal, i.Profile)
	}
}

// inLife says what a session bears that only the people's have.
func (i *Identity) inLife() string {
	said := ""
	if i.SessionName != "" {
		said += ", in sessions called " + i.SessionName
	}
	for _, key := range slices.Sorted(maps.Keys(i.Tags)) {
		said += fmt.Sprintf(", with the tag %s=%s", key, i.Tags[key])
	}
	return said
}

// on is how to act as an identity on this system, nil where it cannot.
func on(id targets.Identity) *Identity {
	block, _ := id.On(Name).(*Identity)
	return block
}
