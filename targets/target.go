package targets

// System names a kind of target.
type System string

// The systems that have an adapter.
const (
	Kubernetes System = "kubernetes"
)

// Target is one system under test, pinned: what the scenario's approvers
// agreed to, so that a run can refuse anything else.
type Target struct {
	ID                string            `yaml:"id" json:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	RequestsPerSecond float64           `yaml:"requestsPerSecond" json:"requestsPerSecond" jsonschema:"required,exclusiveMinimum=0"`
	Kubernetes        *KubernetesTarget `yaml:"kubernetes,omitempty" json:"kubernetes,omitempty"`
}

// System returns the kind of the target, or "" when no block is set.
func (t Target) System() System {
	if t.Kubernetes != nil {
		return Kubernetes
	}
	return ""
}

// KubernetesTarget pins a cluster and a namespace in it.
type KubernetesTarget struct {
	// Context is the prober's context in the kubeconfig.
	Context string `yaml:"context" json:"context" jsonschema:"required"`
	// CASHA256 is the SHA-256 of the root certificate's DER, in hex. That
	// certificate becomes the connection's only root.
	CASHA256 string `yaml:"caSHA256" json:"caSHA256" jsonschema:"required,pattern=^[0-9a-f]{64}$"`
	// UID is the uid of the kube-system namespace.
	UID string `yaml:"uid" json:"uid" jsonschema:"required"`
	// Namespace is production: where a developer must be refused.
	Namespace string `yaml:"namespace" json:"namespace" jsonschema:"required"`
	// PermittedNamespace is where the same developer may do the same thing:
	// the place of the baseline arm.
	PermittedNamespace string `yaml:"permittedNamespace" json:"permittedNamespace" jsonschema:"required"`
}

// PlaceKind tells the two columns of the experiment apart.
type PlaceKind string

// The two places of the experiment.
const (
	Production PlaceKind = "production"
	Permitted  PlaceKind = "permitted"
)

// Place is where a request goes.
type Place struct {
	Kind PlaceKind
	// Scope is a Kubernetes namespace.
	Scope string
}

// Place returns the production or the permitted place of the target.
func (t Target) Place(kind PlaceKind) Place {
	p := Place{Kind: kind}
	if t.Kubernetes != nil {
		p.Scope = t.Kubernetes.Namespace
		if kind == Permitted {
			p.Scope = t.Kubernetes.PermittedNamespace
		}
	}
	return p
}
