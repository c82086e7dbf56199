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

// The layers of a GitLab instance.
const (
	ProjectRole           Layer = "role"
	BranchProtection      Layer = "branch-protection"
	TagProtection         Layer = "tag-protection"
	MergeApproval         Layer = "merge-approval"
	EnvironmentProtection Layer = "environment-protection"
	PipelinePermission    Layer = "pipeline-permission"
	PushRule              Layer = "push-rule"
	SecurityPolicy        Layer = "security-policy"
	AccountState          Layer = "account-state"
)

// The policy types of AWS.
const (
	IdentityPolicy      Layer = "identity-policy"
	ResourcePolicy      Layer = "resource-policy"
	PermissionsBoundary Layer = "permissions-boundary"
	SessionPolicy       Layer = "session-policy"
	SCP                 Layer = "scp"
	RCP                 Layer = "rcp"
	VPCEndpointPolicy   Layer = "vpc-endpoint-policy"
	Unspecified         Layer = "unspecified"
)

// Layers returns the closed list.
func Layers() []Layer {
	return []Layer{
		Authorization, RBACEscalation, AdmissionPolicy, AdmissionWebhook,
		AdmissionPlugin, PodSecurity, Quota,
		ProjectRole, BranchProtection, TagProtection, MergeApproval, EnvironmentProtection,
		PipelinePermission, PushRule, SecurityPolicy, AccountState,
		IdentityPolicy, ResourcePolicy, PermissionsBoundary, SessionPolicy, SCP, RCP, VPCEndpointPolicy, Unspecified,
	}
}

// NamesSubject reports whether a layer decides by who asks, or for want of
// somebody else's approval. The others decide by what is asked: their refusal
// alone does not show that somebody else would have passed.
func (l Layer) NamesSubject() bool {
	switch l {
	case Authorization, ProjectRole, BranchProtection, TagProtection, MergeApproval, EnvironmentProtection, PipelinePermission,
		IdentityPolicy, ResourcePolicy, PermissionsBoundary:
		return true
	case RBACEscalation, AdmissionPolicy, AdmissionWebhook, AdmissionPlugin, PodSecurity, Quota, PushRule, SecurityPolicy, AccountState,
		SessionPolicy, SCP, RCP, VPCEndpointPolicy, Unspecified:
	}
	return false
}

// Response is a classified exchange.
type Response struct {
	Class Class `json:"class"`
	// Layer is set with Denied, and with HarnessDenied where a policy of our
	// own refused.
	Layer Layer `json:"layer,omitempty"`
	// By names the control where the answer does: a policy, a webhook.
	By string `json:"by,omitempty"`
	// Deny is "explicit" or "implicit" where the answer tells them apart: a
	// guardrail, or only the absence of a grant.
	Deny string `json:"deny,omitempty"`
	// Reason says in a sentence why the class was given.
	Reason string `json:"reason,omitempty"`
	// Advice says, where the answer proves nothing, what would tell more.
	Advice string `json:"advice,omitempty"`
}
