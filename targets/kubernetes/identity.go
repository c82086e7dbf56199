package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Identity says how to act as somebody on a cluster: exactly one of
// Impersonate, ServiceAccount and Context is set.
type Identity struct {
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

// System implements targets.Block.
func (*Identity) System() targets.SystemName { return Name }

// Principal is the subject's name as the server should report it.
func (i *Identity) Principal() string {
	switch {
	case i.Impersonate != nil:
		return i.Impersonate.User
	case i.ServiceAccount != nil:
		return "system:serviceaccount:" + i.ServiceAccount.Namespace + ":" + i.ServiceAccount.Name
	default:
		return i.User
	}
}

// Actor implements targets.IdentityBlock.
func (i *Identity) Actor() targets.Actor {
	a := targets.Actor{Principal: i.Principal(), Person: i.Principal(), Shared: i.ServiceAccount != nil, Impersonated: i.Context == ""}
	if i.ServiceAccount != nil {
		a.Person = ""
	}
	return a
}

// Check implements targets.Block: an identity says in exactly one way how to act.
func (i *Identity) Check(in targets.Lint) {
	ways := 0
	for _, set := range []bool{i.Impersonate != nil, i.ServiceAccount != nil, i.Context != ""} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		in.Note("", fmt.Sprintf("%d ways to act as the identity", ways), "exactly one of: impersonate, serviceAccount, context")
	}
	switch {
	case i.Context != "" && i.User == "":
		in.Note("", "the context says no user", "user: the name that the server must report for the context")
	case i.Context == "" && i.User != "":
		in.Note("user", "user belongs to context", "leave it out, or act by impersonate: {user: …, groups: […]}")
	}
	if a := i.ServiceAccount; a != nil {
		name(in, "serviceAccount.namespace", a.Namespace)
		name(in, "serviceAccount.name", a.Name)
	}
	if u := i.Impersonate; u != nil && strings.HasPrefix(u.User, "system:serviceaccount:") {
		in.Note("impersonate.user", "a ServiceAccount is not impersonated as a user: its groups would be forgotten",
			"serviceAccount: {namespace: …, name: …}")
	}
	if u := i.Impersonate; u != nil && slices.Contains(u.Groups, "system:masters") {
		in.Note("impersonate.groups", "system:masters passes every check, so it tests nothing", "the groups that people really have")
	}
}

// Explain implements targets.Block.
func (i *Identity) Explain() []string { return []string{"on Kubernetes as " + i.how()} }

// how says in words how an identity is taken on.
func (i *Identity) how() string {
	switch {
	case i.Impersonate != nil:
		groups := "no groups"
		if len(i.Impersonate.Groups) > 0 {
			groups = "the groups " + strings.Join(i.Impersonate.Groups, ", ")
		}
		text := fmt.Sprintf("%s with %s, impersonated by the prober", i.Impersonate.User, groups)
		if i.Impersonate.UID != "" || len(i.Impersonate.Extra) > 0 {
			text += fmt.Sprintf(" (uid %q, extra %v)", i.Impersonate.UID, i.Impersonate.Extra)
		}
		return text
	case i.ServiceAccount != nil:
		return i.Principal() + ", impersonated by the prober"
	default:
		return fmt.Sprintf("%s, with the credential of the kubeconfig context %s", i.User, i.Context)
	}
}

// on is how to act as an identity on this system, nil where it cannot.
func on(id targets.Identity) *Identity {
	block, _ := id.On(Name).(*Identity)
	return block
}
