package targets

// Asked is what a request means, in the system's own words: what a denial has
// to name to count. It is also the head of `sodprobe classify`'s input.
type Asked struct {
	System SystemName `json:"system"`
	// Subject is the principal as the target names it, proven by whoami.
	Subject string `json:"subject"`
	// Harness is our own principal: the prober behind an impersonation.
	Harness string `json:"harness,omitempty"`
	// Action is a Kubernetes RBAC verb, on GitLab "git-push" or the route, as in
	// POST /projects/:id/repository/commits, on AWS SERVICE:ACTION.
	Action string `json:"action"`
	// Resource is RESOURCE[.GROUP][/SUBRESOURCE], as in deployments.apps/scale,
	// on GitLab a ref or the kind of object, on AWS an ARN, in which * stands
	// for any text.
	Resource string `json:"resource"`
	Name     string `json:"name"`
	// Scope is a namespace, "" for cluster scope, a project's path, or a region.
	Scope string `json:"scope"`
	// Dependents are actions of AWS that the action needs beside itself.
	Dependents []string `json:"dependents,omitempty"`
	// Technique is the technique's name.
	Technique string `json:"technique,omitempty"`
	// Reached lists the markers of which any shows that the request passed
	// every layer it could exercise: "status:201", "code:AlreadyExists" (both
	// count only inside the system's own envelope), "text:SUBSTRING".
	Reached []string `json:"reached,omitempty"`
}

// Case is one question and its recorded answer: all that a classifier sees.
type Case struct {
	Asked
	Exchange Exchange `json:"exchange"`
}

// Classifier decides what an exchange means. Implementations MUST be pure
// functions of their argument, and MUST answer Unknown for any form that is
// not on their list.
type Classifier func(Case) Response

// Request is one request as a probe wants it sent. A value: building one
// sends nothing.
type Request struct {
	Action   string
	Resource string
	Name     string
	// Scope is the namespace, "" for cluster scope, the project's path, or the
	// region.
	Scope string
	// Dependents are actions of AWS that the action needs beside itself, on
	// resources of their own: no prediction is asked of them.
	Dependents []string
	// Besides are further verbs that the request needs on the same object.
	Besides []string

	// Service is the one of AWS that is asked, as signatures name it.
	Service string
	Method  string
	// Path is the path as it stands on the wire, escapes and all.
	Path   string
	Query  map[string]string
	Header map[string]string
	Body   []byte
	// Push makes the request a push, whose body the adapter builds.
	Push *Push
}

// Push is one git-receive-pack command that cannot land. Which hashes it
// carries follows from its form and from what the server advertises; there is
// no way to say that a ref be deleted.
type Push struct {
	// Ref is a full name, as in refs/heads/main. It must exist.
	Ref  string   `json:"ref"`
	Form PushForm `json:"form"`
	// Beside is the ref from which the old hash of a PushForce comes: a branch with
	// at least two commits that are not merged into Ref, the last of which is not
	// named.
	Beside string `json:"beside,omitempty"`
}

// PushForm is why a push cannot land.
type PushForm string

// The forms. In each the new hash is the ref's own tip, so that the ref would
// be set to what it is even if the server did not compare the old one.
const (
	// PushUpdate names an old hash that the ref had long ago.
	PushUpdate PushForm = "update"
	// PushForce names an old hash that the ref never had.
	PushForce PushForm = "force"
	// PushCreate names no old hash: it creates a ref that exists.
	PushCreate PushForm = "create"
)

// Rule is one kind of request that an arm may send: everything else is
// refused by the guard. It is data, kept apart from the code that builds
// requests, so that one cannot drift with the other.
//
// Path, and the values of Query, Header and Body, may hold {name} templates,
// filled by Resolve. A rule with an unresolved template matches nothing.
type Rule struct {
	// Service is the one of AWS whose host is asked; "" means the only host.
	Service string `json:"service,omitempty"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	// Query is the complete query: each key exactly once with exactly that
	// value, and no other key.
	Query map[string]string `json:"query,omitempty"`
	// Header lists headers that must be there with exactly that value.
	Header map[string]string `json:"header,omitempty"`
	// Body maps a JSON pointer (RFC 6901) into the body to the value that
	// must stand there, in its JSON text without quotes for strings
	// ("All", "0", "true"). A non-empty Body demands a JSON object; an empty
	// one demands an empty object or no body.
	Body map[string]string `json:"body,omitempty"`
	// Text, where set, demands a body that is exactly this text.
	Text     string `json:"text,omitempty"`
	Mutating bool   `json:"mutating,omitempty"`
	// Keep lists JSON pointers of a 2xx body that the record keeps; nil means
	// /kind, /metadata/name, /metadata/uid and /metadata/resourceVersion.
	Keep []string `json:"keep,omitempty"`
	// Push, where set, demands a body that is exactly this push; Ref and Beside
	// may hold templates.
	Push *Push `json:"push,omitempty"`
	// Replace, where set, demands a body that is exactly the live object with
	// these changes.
	Replace *Replace `json:"replace,omitempty"`
	// Prepare lists the reads that have to come before: without them, nothing
	// that this rule allows leaves.
	Prepare []Preparation `json:"prepare,omitempty"`
}

// Arm names one cell of the experiment.
type Arm string

// The arms.
const (
	ArmAttempt  Arm = "attempt"
	ArmBaseline Arm = "baseline"
	ArmPositive Arm = "positive"
	ArmNegative Arm = "negative"
)

// Call is one request under a lease: the rules it must match, and the id that
// joins it with the target's own log.
type Call struct {
	// ID is a UUID. On Kubernetes it goes out as the Audit-ID header.
	ID      string
	Request Request
	// Rules are resolved. The guard sends the request only if one matches.
	Rules []Rule
	// Null asks for the request with every right of the identity taken away, by
	// a session policy that denies everything.
	Null bool
	// Still is asked once more when the request has waited for the rate limit;
	// an error holds it back. Nil asks nothing.
	Still func() error
}

// StateQuery reads what an attempt would change.
type StateQuery struct {
	// Request is a GET.
	Request Request
	// Fields are the JSON pointers that the attempt would change, below the
	// object's root. The uid is always part of the digest, resourceVersion
	// never.
	Fields []string
	// MustExist says that absence means the target does not exist; without
	// it, absence is a state like another (before a create).
	MustExist bool
	// Whose are JSON pointers and the texts that they have to lead to: what is
	// another's counts as absent. On AWS a text may have wildcards as a policy's
	// resource has.
	Whose map[string]string
}
