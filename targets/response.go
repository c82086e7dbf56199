package targets

// Class is what an exchange means. The list is closed.
type Class string

// The response classes. The zero value is no class: an arm that did not run.
const (
	Denied           Class = "denied"            // a control refused this subject, this action, this resource
	Reached          Class = "reached"           // every layer let it through; only our safety device stopped it
	Mutated          Class = "mutated"           // something really changed
	HarnessDenied    Class = "harness-denied"    // our own principal or guard was refused, not the subject
	DependencyDenied Class = "dependency-denied" // the denial names another action than the one attempted
	Unauthenticated  Class = "unauthenticated"
	TargetMissing    Class = "target-missing"
	Invalid          Class = "invalid"
	Throttled        Class = "throttled"
	Unreachable      Class = "unreachable"
	ServerError      Class = "server-error"
	Unsupported      Class = "unsupported"
	Unknown          Class = "unknown" // anything not on a list
)

// Classes returns the closed list, in the order of the design.
func Classes() []Class {
	return []Class{
		Denied, Reached, Mutated, HarnessDenied, DependencyDenied, Unauthenticated,
		TargetMissing, Invalid, Throttled, Unreachable, ServerError, Unsupported, Unknown,
	}
}

// Layer is which control refused. The list is closed.
type Layer string

// The layers of a Kubernetes API server.
const (
	Authorization    Layer = "authorization"
	RBACEscalation   Layer = "rbac-escalation"
	AdmissionPolicy  Layer = "admission-policy"
	AdmissionWebhook Layer = "admission-webhook"
	AdmissionPlugin  Layer = "admission-plugin"
	PodSecurity      Layer = "pod-security"
	Quota            Layer = "quota"
)

// Layers returns the closed list.
func Layers() []Layer {
	return []Layer{
		Authorization, RBACEscalation, AdmissionPolicy, AdmissionWebhook,
		AdmissionPlugin, PodSecurity, Quota,
	}
}

// NamesSubject reports whether a layer decides by who asks. The others decide
// by what is asked: their refusal alone does not show that somebody else would
// have passed.
func (l Layer) NamesSubject() bool { return l == Authorization }

// Response is a classified exchange.
type Response struct {
	Class Class `json:"class"`
	// Layer is set with Denied only.
	Layer Layer `json:"layer,omitempty"`
	// By names the control where the answer does: a policy, a webhook.
	By string `json:"by,omitempty"`
	// Reason says in a sentence why the class was given.
	Reason string `json:"reason,omitempty"`
}
