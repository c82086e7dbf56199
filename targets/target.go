package targets

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
)

// SystemName names a kind of target, as its blocks of the scenario do.
type SystemName string

// The systems that have an adapter.
const (
	Kubernetes SystemName = "kubernetes"
	GitLab     SystemName = "gitlab"
	AWS        SystemName = "aws"
)

// SystemNames returns the closed list.
func SystemNames() []SystemName { return []SystemName{Kubernetes, GitLab, AWS} }

// Target is one system under test, pinned: what the scenario's approvers
// agreed to, so that a run can refuse anything else.
type Target struct {
	ID                string            `yaml:"id" json:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	RequestsPerSecond float64           `yaml:"requestsPerSecond" json:"requestsPerSecond" jsonschema:"required,exclusiveMinimum=0"`
	Kubernetes        *KubernetesTarget `yaml:"kubernetes,omitempty" json:"kubernetes,omitempty"`
	GitLab            *GitLabTarget     `yaml:"gitlab,omitempty" json:"gitlab,omitempty"`
	AWS               *AWSTarget        `yaml:"aws,omitempty" json:"aws,omitempty"`
}

// System returns the kind of the target, or "" when not exactly one block is
// set.
func (t Target) System() SystemName {
	var found []SystemName
	for s, set := range map[SystemName]bool{Kubernetes: t.Kubernetes != nil, GitLab: t.GitLab != nil, AWS: t.AWS != nil} {
		if set {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
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

// GitLabTarget pins a project of a GitLab instance.
type GitLabTarget struct {
	// URL is the instance's, without a path.
	URL string `yaml:"url" json:"url" jsonschema:"required,pattern=^https://[A-Za-z0-9.-]+(:[0-9]+)?$"`
	// ProjectID is the number of the project: the path has to lead to it
	// before anything is attempted, since a push to a path that leads nowhere
	// creates a project.
	ProjectID int64  `yaml:"projectID" json:"projectID" jsonschema:"required,minimum=1"`
	Project   string `yaml:"project" json:"project" jsonschema:"required"`
	// Branch is production: where a developer must be refused.
	Branch string `yaml:"branch" json:"branch" jsonschema:"required"`
	// AllowedBranch is where the same developer may push: the place of the
	// baseline arm.
	AllowedBranch string `yaml:"allowedBranch" json:"allowedBranch" jsonschema:"required"`
	// Environment is production's, as deployments name it.
	Environment string     `yaml:"environment" json:"environment" jsonschema:"required"`
	SSH         *GitLabSSH `yaml:"ssh,omitempty" json:"ssh,omitempty"`
}

// GitLabSSH pins the instance's SSH server.
type GitLabSSH struct {
	// Address is HOST:PORT.
	Address string `yaml:"address" json:"address" jsonschema:"required"`
	// HostKey is the server's public key, as known_hosts has it: "ssh-ed25519 AAAA…".
	HostKey string `yaml:"hostKey" json:"hostKey" jsonschema:"required"`
}

// AWSTarget pins an account of AWS, in one region.
type AWSTarget struct {
	// AccountID is the account that GetCallerIdentity must report.
	AccountID string `yaml:"accountID" json:"accountID" jsonschema:"required,pattern=^[0-9]{12}$"`
	// Partition is aws where it is left out.
	Partition string `yaml:"partition,omitempty" json:"partition,omitempty" jsonschema:"enum=aws,enum=aws-cn,enum=aws-us-gov"`
	Region    string `yaml:"region" json:"region" jsonschema:"required,pattern=^[a-z]{2}(-[a-z]+)+-[0-9]+$"`
	// Profile is the prober's, in the AWS CLI's configuration; "" means what
	// the SDK finds by itself (environment, web identity, instance role).
	Profile string `yaml:"profile,omitempty" json:"profile,omitempty"`
	// Endpoint is asked for every service, where AWS's own are not meant.
	Endpoint string `yaml:"endpoint,omitempty" json:"endpoint,omitempty" jsonschema:"pattern=^https://[A-Za-z0-9.-]+(:[0-9]+)?$"`
	// Emulator says, for the endpoint's owner, that it is a look-alike and not AWS:
	// one that ignores why a request cannot take effect may take it.
	Emulator bool       `yaml:"emulator,omitempty" json:"emulator,omitempty"`
	Allowed  AWSAllowed `yaml:"allowed" json:"allowed" jsonschema:"required"`
}

// AWSAllowed is what the developers may do: the standing baseline.
type AWSAllowed struct {
	// Action is s3:PutObject.
	Action string `yaml:"action" json:"action" jsonschema:"required,enum=s3:PutObject"`
	// Resource is an object that exists, arn:aws:s3:::BUCKET/KEY.
	Resource string `yaml:"resource" json:"resource" jsonschema:"required,pattern=^arn:aws(-cn|-us-gov)?:s3:::[a-z0-9][a-z0-9.-]+/[A-Za-z0-9_]([-A-Za-z0-9_]|[./][A-Za-z0-9_])*$"`
}

// PartitionOf is the account's partition.
func (a AWSTarget) PartitionOf() string {
	if a.Partition == "" {
		return "aws"
	}
	return a.Partition
}

// PlaceKind tells the two columns of the experiment apart.
type PlaceKind string

// The two places of the experiment.
const (
	Production PlaceKind = "production"
	Allowed    PlaceKind = "allowed"
)

// Place is where a request goes.
type Place struct {
	Kind PlaceKind
	// Scope is a Kubernetes namespace, the path of a GitLab project, or an AWS
	// region.
	Scope string
	// Title is the place in the words of a reader of the scenario.
	Title string
	// Values are the system's own of the place, as templates name them.
	Values map[string]string
}

// Vars returns the place's values for templates.
func (p Place) Vars() map[string]string {
	vars := map[string]string{"scope": p.Scope}
	maps.Copy(vars, p.Values)
	return vars
}

// Place returns the production or the allowed place of the target.
func (t Target) Place(kind PlaceKind) Place {
	switch t.System() {
	case Kubernetes:
		return t.Kubernetes.place(kind)
	case GitLab:
		return t.GitLab.place(kind)
	case AWS:
		return t.AWS.place(kind)
	}
	return Place{Kind: kind}
}

func (k KubernetesTarget) place(kind PlaceKind) Place {
	scope := map[PlaceKind]string{Production: k.Namespace, Allowed: k.AllowedNamespace}[kind]
	return Place{Kind: kind, Scope: scope, Title: scope, Values: map[string]string{
		"image": cmp.Or(k.Image, DefaultImage), "staticAdmission": k.StaticAdmission,
	}}
}

func (g GitLabTarget) place(kind PlaceKind) Place {
	branch := map[PlaceKind]string{Production: g.Branch, Allowed: g.AllowedBranch}[kind]
	return Place{Kind: kind, Scope: g.Project, Title: branch + " of " + g.Project, Values: map[string]string{
		"project": strconv.FormatInt(g.ProjectID, 10),
		"branch":  branch, "branch_in_path": InPath(branch),
		"environment": g.Environment, "environment_in_path": InPath(g.Environment),
	}}
}

func (a AWSTarget) place(kind PlaceKind) Place {
	title := "the account " + a.AccountID + " in " + a.Region
	if kind == Allowed {
		title = "the account " + a.AccountID + ", where they may write " + a.Allowed.Resource
	}
	_, object, _ := strings.Cut(a.Allowed.Resource, ":::")
	bucket, key, _ := strings.Cut(object, "/")
	return Place{Kind: kind, Scope: a.Region, Title: title, Values: map[string]string{
		"region": a.Region, "account": a.AccountID, "partition": a.PartitionOf(), "allowed_bucket": bucket, "allowed_key": key,
	}}
}

// InPath is a name as it stands in one segment of a path: its slashes are
// escaped, and nothing else has to be, since names are checked for their form.
func InPath(name string) string { return strings.ReplaceAll(name, "/", "%2F") }
