package kubernetes

import (
	"cmp"
	"fmt"
	"regexp"

	"github.com/sodprobe/sodprobe/targets"
)

// Name is the system's.
const Name targets.SystemName = "kubernetes"

// Target pins a cluster and a namespace in it.
type Target struct {
	// Context is the prober's context in the kubeconfig.
	Context string `yaml:"context" json:"context" jsonschema:"required"`
	// CASHA256 is the SHA-256 of the root certificate's DER, in hex. That
	// certificate becomes the connection's only root.
	CASHA256 string `yaml:"caSHA256" json:"caSHA256" jsonschema:"required,pattern=^[0-9a-f]{64}$"`
	// UID is the uid of the kube-system namespace.
	UID string `yaml:"uid" json:"uid" jsonschema:"required"`
	// Namespace is production: where a developer must be refused.
	Namespace string `yaml:"namespace" json:"namespace" jsonschema:"required"`
	// AllowedNamespace is where the same developer may do the same thing:
	// the place of the baseline arm.
	AllowedNamespace string `yaml:"allowedNamespace" json:"allowedNamespace" jsonschema:"required"`
	// Image is what the workloads of attempts name, by digest, where the cluster
	// verifies images: its own policy would refuse DefaultImage, whoever asks.
	Image string `yaml:"image,omitempty" json:"image,omitempty" jsonschema:"pattern=^[a-z0-9][a-z0-9.:_/-]*@sha256:[0-9a-f]{64}$"`
	// StaticAdmission is "none" where management states that no API server of the
	// cluster reads webhooks or policies from files (KEP-5793, since Kubernetes
	// 1.36): the API does not show those. "" makes no statement.
	StaticAdmission string `yaml:"staticAdmission,omitempty" json:"staticAdmission,omitempty" jsonschema:"enum=none"`
}

// DefaultImage cannot be pulled: the top-level domain .invalid does not resolve
// (RFC 6761).
const DefaultImage = "registry.invalid/sodprobe:dry-run"

// System implements targets.Block.
func (*Target) System() targets.SystemName { return Name }

// Place implements targets.TargetBlock.
func (t *Target) Place(kind targets.PlaceKind) targets.Place {
	scope := map[targets.PlaceKind]string{targets.Production: t.Namespace, targets.Allowed: t.AllowedNamespace}[kind]
	return targets.Place{Kind: kind, Scope: scope, Title: scope, Values: map[string]string{
		"image": cmp.Or(t.Image, DefaultImage), "staticAdmission": t.StaticAdmission,
	}}
}

// Check implements targets.Block.
func (t *Target) Check(in targets.Lint) {
	name(in, "namespace", t.Namespace)
	name(in, "allowedNamespace", t.AllowedNamespace)
	if t.Namespace != "" && t.Namespace == t.AllowedNamespace {
		in.Note("allowedNamespace", "the allowed namespace is production", "a namespace where developers may do the same things")
	}
}

// name notes a value that is no DNS-1123 subdomain. These values stand in
// request paths and in the names of users, where anything else could mean
// another object.
func name(in targets.Lint, field, value string) {
	form := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$`)
	if value != "" && !form.MatchString(value) {
		in.Note(field, fmt.Sprintf("%q is not a Kubernetes name", value), "lower-case letters, digits and dashes, as in payments-dev")
	}
}

// Explain implements targets.Block.
func (t *Target) Explain() []string {
	lines := []string{
		"the Kubernetes cluster with the root certificate sha256:" + t.CASHA256,
		fmt.Sprintf("and the kube-system uid %s, reached through the context %s.", t.UID, t.Context),
		"Any other cluster is refused before anything is attempted.",
		fmt.Sprintf("Production is the namespace %s. The same developers may work in %s.", t.Namespace, t.AllowedNamespace),
		fmt.Sprintf("Workloads name the image %s; by dry run, nobody pulls it.", cmp.Or(t.Image, DefaultImage)),
	}
	if t.StaticAdmission != "" {
		lines = append(lines, "You state that no API server of it reads webhooks or policies from files.")
	}
	return lines
}

// clusterOf is the block of a target of this system.
func clusterOf(t targets.Target) *Target {
	block, _ := t.Block.(*Target)
	return block
}
