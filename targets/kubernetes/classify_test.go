package kubernetes

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// patchAPI is the question of most cases: may alice patch the Deployment api?
func patchAPI() targets.Asked {
	return targets.Asked{
		System: Name, Subject: "alice", Harness: "prober", Action: "patch",
		Resource: "deployments.apps", Name: "api", Scope: "prod", Reached: []string{"status:200"},
	}
}

func asks(change func(*targets.Asked)) targets.Asked {
	a := patchAPI()
	change(&a)
	return a
}

func creates(resource string) targets.Asked {
	return asks(func(a *targets.Asked) {
		a.Action, a.Resource, a.Name, a.Reached = "create", resource, "", []string{"status:201"}
	})
}

func opens(action, sub string) targets.Asked {
	return asks(func(a *targets.Asked) {
		a.Action, a.Resource, a.Name = action, "pods/"+sub, "web-0"
		a.Reached = []string{"text:Upgrade request required", "text:does not have a host assigned"}
	})
}

// says is an answer in the API server's error form.
func says(code int, reason, message string, details ...string) targets.Exchange {
	body := map[string]any{
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure",
		"message": message, "reason": reason, "code": code,
	}
	if len(details) > 0 {
		body["details"] = map[string]any{"causes": []any{map[string]any{"reason": details[0]}}}
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return answers(code, "application/json", string(b))
}

func answers(code int, contentType, body string) targets.Exchange {
	return targets.Exchange{Status: code, Headers: map[string]string{"Content-Type": contentType}, Body: body}
}

func forbids(message string) targets.Exchange { return says(403, "Forbidden", message) }

const (
	head  = `deployments.apps "api" is forbidden: `
	words = `User "alice" cannot patch resource "deployments" in API group "apps" in the namespace "prod"`
)

type classified struct {
	name     string
	asked    targets.Asked
	exchange targets.Exchange
	class    targets.Class
	layer    targets.Layer
	by       string
}

func check(t *testing.T, cases []classified) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Classify(targets.Case{Asked: c.asked, Exchange: c.exchange})
			if got.Class != c.class || got.Layer != c.layer || got.By != c.by {
				t.Errorf("%s %q by %q, want %s %q by %q\nreason: %s", got.Class, got.Layer, got.By, c.class, c.layer, c.by, got.Reason)
			}
			if got.Reason == "" {
				t.Error("no reason was given")
			}
		})
	}
}

func TestClassifyAuthorization(t *testing.T) {
	metrics := asks(func(a *targets.Asked) { a.Action, a.Resource, a.Name, a.Scope = "get", "/metrics", "", "" })
	scale := asks(func(a *targets.Asked) { a.Resource = "deployments.apps/scale" })
	node := asks(func(a *targets.Asked) { a.Resource, a.Name, a.Scope = "nodes", "n1", "" })
	odd := asks(func(a *targets.Asked) { a.Subject = `O'Neil & <sons> "x"` })
	list := asks(func(a *targets.Asked) { a.Action, a.Resource, a.Name = "list", "secrets", "" })
	itself := asks(func(a *targets.Asked) { a.Harness = "alice" })
	check(t, []classified{
		{"a denial", patchAPI(), forbids(head + words), targets.Denied, targets.Authorization, ""},
		{"a create names no object", creates("deployments.apps"), forbids(`deployments.apps is forbidden: User "alice" cannot create resource "deployments" in API group "apps" in the namespace "prod"`), targets.Denied, targets.Authorization, ""},
		{"a create whose name the scenario knows", asks(func(a *targets.Asked) { a.Action = "create" }), forbids(`deployments.apps is forbidden: User "alice" cannot create resource "deployments" in API group "apps" in the namespace "prod"`), targets.Denied, targets.Authorization, ""},
		{"a list", list, forbids(`secrets is forbidden: User "alice" cannot list resource "secrets" in API group "" in the namespace "prod"`), targets.Denied, targets.Authorization, ""},
		{"a subresource", scale, forbids(head + `User "alice" cannot patch resource "deployments/scale" in API group "apps" in the namespace "prod"`), targets.Denied, targets.Authorization, ""},
		{"cluster scope", node, forbids(`nodes "n1" is forbidden: User "alice" cannot patch resource "nodes" in API group "" at the cluster scope`), targets.Denied, targets.Authorization, ""},
		{"a path", metrics, forbids(`forbidden: User "alice" cannot get path "/metrics"`), targets.Denied, targets.Authorization, ""},
		{"GKE", patchAPI(), forbids(head + words + `: requires one of ["container.deployments.update"] permission(s).`), targets.Denied, targets.Authorization, ""},
		{"AKS", patchAPI(), forbids(head + words + `: User does not have access to the resource in Azure. Update role assignment to allow access.`), targets.Denied, targets.Authorization, ""},
		{"broken RBAC", patchAPI(), forbids(head + words + `: RBAC: clusterrole.rbac.authorization.k8s.io "x" not found`), targets.Denied, targets.Authorization, ""},
		{"a name that the server escapes", odd, forbids(head + `User "O'Neil &amp; &lt;sons&gt; \"x\"" cannot patch resource "deployments" in API group "apps" in the namespace "prod"`), targets.Denied, targets.Authorization, ""},
		{"a credential of its own", itself, forbids(head + words), targets.Denied, targets.Authorization, ""},
		{"a stream by GET, checked again", opens("get", "exec"), forbids(`pods "web-0" is forbidden: `), targets.Denied, targets.Authorization, ""},

		{"no reason at all, for a patch", patchAPI(), forbids(`deployments.apps "api" is forbidden: `), targets.Unknown, "", ""},
		{"no reason at all, for another pod", opens("get", "exec"), forbids(`pods "web-1" is forbidden: `), targets.Unknown, "", ""},
		{"another subject", patchAPI(), forbids(head + strings.Replace(words, "alice", "mallory", 1)), targets.Unknown, "", ""},
		{"a subject that only begins alike", asks(func(a *targets.Asked) { a.Subject = "ali" }), forbids(head + words), targets.Unknown, "", ""},
		{"no subject was proven", asks(func(a *targets.Asked) { a.Subject = "" }), forbids(head + strings.Replace(words, "alice", "", 1)), targets.DependencyDenied, "", ""},
		{"our own prober", patchAPI(), forbids(head + strings.Replace(words, "alice", "prober", 1)), targets.HarnessDenied, "", ""},
		{"no harness is named", asks(func(a *targets.Asked) { a.Harness = "" }), forbids(head + strings.Replace(words, "alice", "prober", 1)), targets.HarnessDenied, "", ""},
		{"nobody", patchAPI(), forbids(head + strings.Replace(words, "alice", "system:anonymous", 1)), targets.Unauthenticated, "", ""},
		{"another verb", patchAPI(), forbids(head + strings.Replace(words, "patch", "get", 1)), targets.DependencyDenied, "", ""},
		{"another resource", patchAPI(), forbids(`replicasets.apps "api" is forbidden: ` + strings.Replace(words, "deployments", "replicasets", 1)), targets.DependencyDenied, "", ""},
		{"another group", patchAPI(), forbids(head + strings.Replace(words, `"apps"`, `"extensions"`, 1)), targets.DependencyDenied, "", ""},
		{"another namespace", patchAPI(), forbids(head + strings.Replace(words, `"prod"`, `"production"`, 1)), targets.DependencyDenied, "", ""},
		{"the subresource was asked, the object is named", scale, forbids(head + words), targets.DependencyDenied, "", ""},
		{"another object", patchAPI(), forbids(`deployments.apps "web" is forbidden: ` + words), targets.DependencyDenied, "", ""},
		{"no object, for a patch", patchAPI(), forbids(`deployments.apps is forbidden: ` + words), targets.DependencyDenied, "", ""},
		{"words after the sentence without a colon", patchAPI(), forbids(head + words + `-two`), targets.DependencyDenied, "", ""},
		{"another path", metrics, forbids(`forbidden: User "alice" cannot get path "/metrics/cadvisor"`), targets.Unknown, "", ""},
		{"the sentence with another code", patchAPI(), says(400, "BadRequest", head+words), targets.Invalid, "", ""},
		{"the sentence and no head", patchAPI(), forbids(words), targets.Unknown, "", ""},
	})
}

func TestClassifyHarness(t *testing.T) {
	other := asks(func(a *targets.Asked) { a.Action, a.Resource, a.Name, a.Scope = "impersonate", "users", "release", "" })
	const nested = `selfsubjectreviews.authentication.k8s.io is forbidden: User "NAME" cannot impersonate-on:user-info:create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope`
	check(t, []classified{
		{"constrained, no right", creates("deployments.apps"), forbids(`deployments.apps is forbidden: User "prober" cannot impersonate-on:user-info:create resource "deployments" in API group "apps" in the namespace "prod"`), targets.HarnessDenied, "", ""},
		{"constrained, no group", patchAPI(), forbids(`groups.authentication.k8s.io "admins" is forbidden: User "prober" cannot impersonate:user-info resource "groups" in API group "authentication.k8s.io" at the cluster scope`), targets.HarnessDenied, "", ""},
		{"legacy", patchAPI(), forbids(`users "alice" is forbidden: User "prober" cannot impersonate resource "users" in API group "" at the cluster scope`), targets.HarnessDenied, "", ""},
		{"impersonation, and the prober has another name", patchAPI(), forbids(`users "alice" is forbidden: User "other" cannot impersonate resource "users" in API group "" at the cluster scope`), targets.HarnessDenied, "", ""},
		{"somebody acts as another", other, forbids(strings.Replace(nested, "NAME", "alice", 1)), targets.DependencyDenied, "", ""},
		{"somebody acts as another, legacy", other, forbids(`users "release" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope`), targets.Denied, targets.Authorization, ""},
		{"somebody acts as a ServiceAccount", other, forbids(strings.NewReplacer("NAME", "alice", "user-info", "serviceaccount").Replace(nested)), targets.DependencyDenied, "", ""},
		{"our prober acts as another", other, forbids(strings.Replace(nested, "NAME", "prober", 1)), targets.HarnessDenied, "", ""},
		{"the subject is our prober", asks(func(a *targets.Asked) { *a = other; a.Harness = "alice" }), forbids(strings.Replace(nested, "NAME", "alice", 1)), targets.HarnessDenied, "", ""},
		{"another verb as another", other, forbids(strings.NewReplacer("NAME", "alice", ":create", ":get").Replace(nested)), targets.HarnessDenied, "", ""},
		{"an unknown mode", other, forbids(strings.NewReplacer("NAME", "alice", "user-info", "root").Replace(nested)), targets.HarnessDenied, "", ""},
		{"impersonation was not what was asked", creates("deployments.apps"), forbids(strings.Replace(nested, "NAME", "alice", 1)), targets.HarnessDenied, "", ""},
		{"our guard", patchAPI(), targets.Exchange{Refused: "guard: refused: no rule matches"}, targets.HarnessDenied, "", ""},
		{"our guard, and an answer", patchAPI(), targets.Exchange{Refused: "x", Status: 403, Body: forbids(head + words).Body, Headers: map[string]string{"Content-Type": "application/json"}}, targets.HarnessDenied, "", ""},
	})
}

func TestClassifyAdmission(t *testing.T) {
	const vap = `ValidatingAdmissionPolicy 'images' with binding 'images-prod' denied request: `
	role := creates("rolebindings.rbac.authorization.k8s.io")
	pod := creates("pods")
	const hook = `admission webhook "policy.corp.example" denied the request: `
	check(t, []classified{
		{"a webhook that could not decide", patchAPI(), says(500, "InternalError", hook+"dial tcp: connection refused"), targets.ServerError, "", ""},
		{"a webhook that timed out", patchAPI(), says(504, "Timeout", hook+"context deadline exceeded"), targets.ServerError, "", ""},
		{"a webhook without patience", patchAPI(), says(408, "Timeout", hook+"too slow"), targets.ServerError, "", ""},
		{"a webhook that throttles", patchAPI(), says(429, "TooManyRequests", hook+"later"), targets.Throttled, "", ""},
		{"a webhook that was not authenticated", patchAPI(), says(401, "Unauthorized", hook+"no token"), targets.Unknown, "", ""},
	})
	csr := asks(func(a *targets.Asked) {
		a.Resource, a.Name, a.Scope = "certificatesigningrequests.certificates.k8s.io/approval", "c", ""
	})
	check(t, []classified{
		{"a policy", patchAPI(), says(422, "Invalid", head+vap+"only the registry"), targets.Denied, targets.AdmissionPolicy, "images/images-prod"},
		{"a policy with 403", patchAPI(), forbids(head + vap + "no"), targets.Denied, targets.AdmissionPolicy, "images/images-prod"},
		{"a policy with 401", patchAPI(), says(401, "Unauthorized", head+vap+"no"), targets.Denied, targets.AdmissionPolicy, "images/images-prod"},
		{"a policy with 413", patchAPI(), says(413, "RequestEntityTooLarge", head+vap+"no"), targets.Denied, targets.AdmissionPolicy, "images/images-prod"},
		{"a policy that is broken", patchAPI(), says(422, "Invalid", head+vap+"failed to configure policy: x"), targets.ServerError, "", ""},
		{"a policy whose expression fails", patchAPI(), says(422, "Invalid", head+vap+"expression 'object.x == 1' resulted in error: no such key: x"), targets.ServerError, "", ""},
		{"a policy that does not compile", patchAPI(), says(422, "Invalid", head+vap+"compilation error: undeclared reference"), targets.ServerError, "", ""},
		{"a policy without a binding", patchAPI(), says(422, "Invalid", head+"ValidatingAdmissionPolicy 'images' denied request: failed to configure policy: x"), targets.ServerError, "", ""},
		{"a policy without words of its own", patchAPI(), says(422, "Invalid", head+vap+"failed expression: object.spec.replicas < 3"), targets.Denied, targets.AdmissionPolicy, "images/images-prod"},
		{"a policy, of another object", patchAPI(), says(422, "Invalid", `deployments.apps "web" is forbidden: `+vap+"no"), targets.Invalid, "", ""},
		{"a policy in a validation message", patchAPI(), says(422, "Invalid", `Deployment.apps "api" is invalid: spec: `+vap+"no"), targets.Invalid, "", ""},
		{"a webhook", patchAPI(), says(400, "", `admission webhook "policy.corp.example" denied the request: no`), targets.Denied, targets.AdmissionWebhook, "policy.corp.example"},
		{"a webhook without words", patchAPI(), says(400, "", `admission webhook "policy.corp.example" denied the request without explanation`), targets.Denied, targets.AdmissionWebhook, "policy.corp.example"},
		{"a webhook in the authorizer's words", patchAPI(), forbids(`admission webhook "w.corp.example" denied the request: ` + head + words), targets.Denied, targets.AdmissionWebhook, "w.corp.example"},
		{"a webhook without dry run", patchAPI(), says(400, "BadRequest", `admission webhook "w.corp.example" does not support dry run`), targets.Unsupported, "", ""},
		{"a webhook that cannot be called", patchAPI(), says(500, "InternalError", `Internal error occurred: failed calling webhook "w": failed to call webhook: Post "https://w/": EOF`), targets.ServerError, "", ""},
		{"a webhook says something else", patchAPI(), says(400, "", `admission webhook "w.corp.example" had a bad day`), targets.Unknown, "", ""},
		{"escalation", role, forbids(`rolebindings.rbac.authorization.k8s.io "x" is forbidden: user "alice" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:` + "\n{APIGroups:[\"*\"]}"), targets.Denied, targets.RBACEscalation, ""},
		{"escalation by somebody else", role, forbids(`rolebindings.rbac.authorization.k8s.io "x" is forbidden: user "prober" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:`), targets.HarnessDenied, "", ""},
		{"Pod security", pod, forbids(`pods "p" is forbidden: violates PodSecurity "restricted:latest": privileged`), targets.Denied, targets.PodSecurity, "restricted:latest"},
		{"Pod security, of a Deployment", patchAPI(), forbids(`pods "p" is forbidden: violates PodSecurity "restricted:latest": privileged`), targets.Unknown, "", ""},
		{"quota", pod, forbids(`pods "p" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5`), targets.Denied, targets.Quota, "compute"},
		{"quota needs limits", pod, forbids(`pods "p" is forbidden: failed quota: compute: must specify limits.cpu`), targets.Denied, targets.Quota, "compute"},
		{"quota scopes", pod, forbids(`pods "p" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [high]}]`), targets.Denied, targets.Quota, ""},
		{"quota not known yet", pod, forbids(`pods "p" is forbidden: status unknown for quota: compute, resources: pods`), targets.ServerError, "", ""},
		{"limits", pod, forbids(`pods "p" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, x]`), targets.Denied, targets.AdmissionPlugin, "LimitRanger"},
		{"ratio", pod, forbids(`pods "p" is forbidden: cpu max limit to request ratio per Pod is 2, but provided ratio is 4.000000`), targets.Denied, targets.AdmissionPlugin, "LimitRanger"},
		{"ServiceAccount", pod, forbids(`pods "p" is forbidden: error looking up service account prod/x: serviceaccount "x" not found`), targets.TargetMissing, "", ""},
		{"owner", pod, forbids(`pods "p" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>`), targets.Denied, targets.AdmissionPlugin, "OwnerReferencesPermissionEnforcement"},
		{"signer", csr, forbids(`certificatesigningrequests.certificates.k8s.io "c" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"`), targets.Denied, targets.AdmissionPlugin, "CertificateApproval"},
		{"namespace ends", pod, forbids(`pods "p" is forbidden: unable to create new content in namespace prod because it is being terminated`), targets.TargetMissing, "", ""},
		{"the server warms up", pod, forbids(`pods "p" is forbidden: not yet ready to handle request`), targets.ServerError, "", ""},
		{"a plugin of nobody's list", pod, forbids(`pods "p" is forbidden: the moon is full`), targets.Unknown, "", ""},
	})
}

func TestClassifyOthers(t *testing.T) {
	token := asks(func(a *targets.Asked) {
		a.Action, a.Resource, a.Name, a.Reached = "create", "serviceaccounts/token", "api", []string{`text:pods "sodprobe-1" not found`}
	})
	evict := asks(func(a *targets.Asked) {
		a.Action, a.Resource, a.Name, a.Reached = "create", "pods/eviction", "web-0", []string{"status:201"}
	})
	proxy := asks(func(a *targets.Asked) {
		a.Action, a.Resource, a.Name, a.Scope, a.Reached = "get", "nodes/proxy", "n1", "", []string{"text:dryRun is not supported"}
	})
	conflict := asks(func(a *targets.Asked) { a.Reached = []string{"code:Conflict"} })
	check(t, []classified{
		{"validation", patchAPI(), says(422, "Invalid", `Deployment.apps "api" is invalid: [spec.replicas: Invalid value: -1]`, "FieldValueInvalid"), targets.Invalid, "", ""},
		{"bad options", patchAPI(), says(422, "Invalid", `CreateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value`), targets.Invalid, "", ""},
		{"undecodable", patchAPI(), says(400, "BadRequest", "the object provided is unrecognized"), targets.Invalid, "", ""},
		{"no namespace", creates("pods"), says(404, "NotFound", `namespaces "ghost" not found`), targets.TargetMissing, "", ""},
		{"no object", patchAPI(), says(404, "NotFound", `deployments.apps "api" not found`), targets.TargetMissing, "", ""},
		{"no API", patchAPI(), says(404, "NotFound", "the server could not find the requested resource"), targets.TargetMissing, "", ""},
		{"no API, plain", patchAPI(), answers(404, "text/plain; charset=utf-8", "404 page not found\n"), targets.TargetMissing, "", ""},
		{"it exists", creates("pods"), says(409, "AlreadyExists", `pods "p" already exists`), targets.Reached, "", ""},
		{"it exists, and that is no create", patchAPI(), says(409, "AlreadyExists", `x already exists`), targets.Unknown, "", ""},
		{"conflict", patchAPI(), says(409, "Conflict", `Operation cannot be fulfilled on deployments.apps "api"`), targets.Unknown, "", ""},
		{"conflict, declared", conflict, says(409, "Conflict", `Operation cannot be fulfilled on deployments.apps "api"`), targets.Reached, "", ""},
		{"conflict, declared, in a page", conflict, answers(409, "text/html", `Conflict`), targets.Unreachable, "", ""},
		{"disruption budget", evict, says(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", "DisruptionBudget"), targets.Reached, "", ""},
		{"throttled in the server's form", patchAPI(), says(429, "TooManyRequests", "slow down"), targets.Throttled, "", ""},
		{"throttled", patchAPI(), answers(429, "text/plain; charset=utf-8", "Too many requests, please try again later."), targets.Throttled, "", ""},
		{"authorizer error", patchAPI(), answers(500, "text/plain; charset=utf-8", `Internal Server Error: "/apis/apps/v1": webhook`), targets.ServerError, "", ""},
		{"not authenticated", patchAPI(), says(401, "Unauthorized", "Unauthorized"), targets.Unauthenticated, "", ""},
		{"a proxy's page", patchAPI(), answers(403, "text/html", "<html>403 Forbidden</html>"), targets.Unreachable, "", ""},
		{"a proxy's page with the right words", patchAPI(), answers(403, "text/html", forbids(head+words).Body), targets.Unreachable, "", ""},
		{"a proxy's JSON", patchAPI(), answers(403, "application/json", `{"error":"forbidden"}`), targets.Unknown, "", ""},
		{"another code inside", patchAPI(), answers(401, "application/json", forbids(head+words).Body), targets.Unknown, "", ""},
		{"no content type", patchAPI(), targets.Exchange{Status: 403, Body: forbids(head + words).Body}, targets.Unreachable, "", ""},
		{"a redirect", patchAPI(), answers(302, "text/html", "<a href=x>"), targets.Unreachable, "", ""},
		{"empty", patchAPI(), answers(403, "application/json", ""), targets.Unknown, "", ""},
		{"truncated", patchAPI(), targets.Exchange{Status: 403, Truncated: true, Headers: map[string]string{"Content-Type": "application/json"}, Body: forbids(head + words).Body}, targets.Unknown, "", ""},
		{"cut", patchAPI(), targets.Exchange{Status: 403, Cut: 1, Headers: map[string]string{"Content-Type": "application/json"}, Body: forbids(head + words).Body}, targets.Unknown, "", ""},
		{"no network", patchAPI(), targets.Exchange{TransportError: "dial tcp: connection refused"}, targets.Unreachable, "", ""},
		{"nothing", patchAPI(), targets.Exchange{}, targets.Unknown, "", ""},
		{"no dry run here", proxy, says(400, "BadRequest", "dryRun is not supported"), targets.Reached, "", ""},
		{"no dry run, not declared", patchAPI(), says(400, "BadRequest", "dryRun is not supported"), targets.Unsupported, "", ""},
		{"no stream", opens("create", "exec"), says(400, "BadRequest", "Upgrade request required"), targets.Reached, "", ""},
		{"no host", opens("create", "exec"), says(400, "BadRequest", "pod web-0 does not have a host assigned"), targets.Reached, "", ""},
		{"a marker's words in a page", opens("create", "exec"), answers(400, "text/html", "Upgrade request required"), targets.Unreachable, "", ""},
		{"nothing to bind the token to", token, says(404, "NotFound", `pods "sodprobe-1" not found`), targets.Reached, "", ""},
		{"a token", token, answers(201, "application/json", `{"kind":"TokenRequest"}`), targets.Mutated, "", ""},
		{"method", patchAPI(), says(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"), targets.Unsupported, "", ""},
	})
}

func TestClassifySuccess(t *testing.T) {
	stored := `{"kind":"Deployment","metadata":{"name":"x","uid":"u","resourceVersion":"7"}}`
	check(t, []classified{
		{"a patch by dry run", patchAPI(), answers(200, "application/json", stored), targets.Reached, "", ""},
		{"a create by dry run", creates("deployments.apps"), answers(201, "application/json", `{"kind":"Deployment","metadata":{"name":"x","uid":"u"}}`), targets.Reached, "", ""},
		{"a create that was stored", creates("deployments.apps"), answers(201, "application/json", stored), targets.Mutated, "", ""},
		{"a code that nobody declared", patchAPI(), answers(202, "application/json", stored), targets.Mutated, "", ""},
		{"a 200 where nothing may succeed", opens("create", "exec"), answers(200, "text/plain", ""), targets.Mutated, "", ""},
		{"a login page", patchAPI(), answers(200, "text/html; charset=utf-8", ""), targets.Unreachable, "", ""},
		{"another form", patchAPI(), answers(200, "application/octet-stream", ""), targets.Unreachable, "", ""},
		{"no body", patchAPI(), answers(200, "application/json", ""), targets.Unknown, "", ""},
		{"no object", patchAPI(), answers(200, "application/json", "{}"), targets.Unknown, "", ""},
		{"a failure inside", patchAPI(), answers(200, "application/json", `{"kind":"Status","status":"Failure"}`), targets.Unknown, "", ""},
		{"a delete by dry run", asks(func(a *targets.Asked) { a.Action = "delete" }), answers(200, "application/json", `{"kind":"Status"}`), targets.Reached, "", ""},
	})
}

// FuzzClassify: whatever the server says, Denied needs an error in the API
// server's own form, and the authorizer's Denied needs its very sentence.
func FuzzClassify(f *testing.F) {
	f.Add(403, "application/json", forbids(head+words).Body, false)
	f.Add(403, "text/html", "<html>", false)
	f.Add(400, "application/json", says(400, "", `admission webhook "w" denied the request: `+head+words).Body, false)
	f.Add(200, "application/json", `{"kind":"Deployment"}`, true)
	f.Fuzz(func(t *testing.T, code int, contentType, body string, truncated bool) {
		x := answers(code, contentType, body)
		x.Truncated = truncated
		c := targets.Case{Asked: patchAPI(), Exchange: x}
		got := Classify(c)
		if again := Classify(c); again != got {
			t.Fatalf("%+v, then %+v", got, again)
		}
		status, ok := envelope(x)
		if got.Class == targets.Denied && (!ok || truncated || code/100 == 2 || got.Layer == "") {
			t.Fatalf("denied without a whole error in the server's form: %+v", got)
		}
		if got.Layer == targets.Authorization && (code != 403 || !strings.HasPrefix(status.Message, head+words)) {
			t.Fatalf("denied without the authorizer's sentence: %q", status.Message)
		}
		if got.Class != targets.Denied && got.Layer != "" {
			t.Fatalf("a layer without a denial: %+v", got)
		}
	})
}

// TestImageRefused: whatever refuses the image that workloads name by default, the
// answer says what helps.
func TestImageRefused(t *testing.T) {
	const said = `admission webhook "images.corp.example" denied the request: `
	for words, want := range map[string]bool{
		said + DefaultImage + " is not signed":        true,
		said + DefaultImage + `: no such host`:        true,
		said + "no workload without an owner, friend": false,
	} {
		x := forbids(words)
		got := Classify(targets.Case{Asked: patchAPI(), Exchange: x})
		if strings.Contains(got.Advice, "by digest") != want {
			t.Errorf("%s: %+v", words, got)
		}
	} // Also in an answer that is in no form of a refusal by policy.
	for _, x := range []targets.Exchange{forbids("image " + DefaultImage + " is not allowed"), says(422, "Invalid", "image "+DefaultImage+" is not allowed")} {
		if got := Classify(targets.Case{Asked: patchAPI(), Exchange: x}); got.Class == targets.Denied || !strings.Contains(got.Advice, "by digest") {
			t.Errorf("%+v", got)
		}
	}
}
