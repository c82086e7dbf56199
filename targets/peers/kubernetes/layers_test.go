package kubernetes

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// bound gives alice all rights in production, so that only admission is left
// to stop her.
const bound = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: mistake, namespace: payments}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice@corp.example}]
`

// find returns the outcome of one probe.
func find(t *testing.T, list []outcome, probe string) outcome {
	t.Helper()
	for _, o := range list {
		if o.Probe == probe {
			return o
		}
	}
	t.Fatalf("no outcome of %s", probe)
	return outcome{}
}

// TestAdmissionPolicy: where a policy stops what the authorizer allows, the
// layer says so, and names the policy.
func TestAdmissionPolicy(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.with(shared, bound+`
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: release-only}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE, DELETE], resources: [deployments, deployments/scale]}]
  validations: [{expression: "'release-managers' in request.userInfo.groups", message: "only release managers change workloads"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: release-only}
spec:
  policyName: release-only
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: payments}}}
`)
	waitFor(t, shared, "ValidatingAdmissionPolicy 'release-only'")
	w.sign()
	got := w.execute(shared, 3)
	for _, probe := range []string{"create", "patch", "restart", "scale", "delete"} {
		o := find(t, got, "kubernetes.deployment."+probe)
		if o.Outcome != "Blocked" || o.Response.Layer != "admission-policy" || o.Response.By != "release-only/release-only" {
			t.Errorf("%+v", o)
		}
	}
	if o := find(t, got, "kubernetes.job.create"); o.Outcome != "Permitted" {
		t.Errorf("%+v", o)
	}
}

// waitFor sends alice's own dry run until it is refused with those words: the
// server picks new policies up in a while.
func waitFor(t *testing.T, c *cluster, words string) {
	t.Helper()
	for range 100 {
		code, body := dryRun(t, c, "payments")
		if code >= 400 && contains(body, words) {
			return
		}
		pause()
	}
	t.Fatalf("alice is not refused with %q", words)
}

// dryRun creates a deployment as alice, by dry run.
func dryRun(t *testing.T, c *cluster, namespace string) (int, string) {
	t.Helper()
	code, body, err := c.as("alice@corp.example", http.MethodPost, "/apis/apps/v1/namespaces/"+namespace+"/deployments?dryRun=All", map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "wait"},
		"spec": map[string]any{
			"selector": map[string]any{"matchLabels": map[string]any{"a": "b"}},
			"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"a": "b"}},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "a", "image": "b"}}},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return code, string(body)
}

// webhookServer answers admission reviews of production's deployments; url ""
// points at a port where nobody listens.
func webhook(t *testing.T, c *cluster, answer func(user string) (code int, message string)) string {
	t.Helper()
	url := ""
	if answer == nil {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		url = "https://" + l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	} else {
		url = serveWebhook(t, c, answer)
	}
	return fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: peer}
webhooks:
- name: config.policy.corp.example
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  timeoutSeconds: 2
  clientConfig: {url: %q, caBundle: %s}
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: payments}}
  rules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE, DELETE], resources: [deployments, deployments/scale]}]
`, url, base64.StdEncoding.EncodeToString(c.ca.pem()))
}

func serveWebhook(t *testing.T, c *cluster, answer func(user string) (int, string)) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			Request struct {
				UID      string `json:"uid"`
				UserInfo struct {
					Username string `json:"username"`
				} `json:"userInfo"`
			} `json:"request"`
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		response := map[string]any{"uid": review.Request.UID, "allowed": true}
		if code, message := answer(review.Request.UserInfo.Username); code != 0 {
			response["allowed"], response["status"] = false, map[string]any{"code": code, "message": message, "reason": "Forbidden"}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
	}))
	cert, err := c.ca.pair()
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// TestWebhookDenies: a webhook that refuses developers alone is a control.
func TestWebhookDenies(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.with(shared, bound+"---"+webhook(t, shared, func(user string) (int, string) {
		if user == "alice@corp.example" {
			return 403, "only release managers change workloads"
		}
		return 0, ""
	}))
	waitFor(t, shared, "admission webhook")
	w.sign()
	o := find(t, w.execute(shared, 3), "kubernetes.deployment.patch")
	if o.Outcome != "Blocked" || o.Response.Layer != "admission-webhook" || o.Response.By != "config.policy.corp.example" {
		t.Errorf("%+v", o)
	}
}

// TestWebhookWithTheAuthorizersWords: a webhook that refuses everybody in the
// words of the authorizer is not the authorizer, and no control of developers.
func TestWebhookWithTheAuthorizersWords(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.with(shared, bound+"---"+webhook(t, shared, func(user string) (int, string) {
		return 403, fmt.Sprintf(`deployments.apps "api" is forbidden: User %q cannot patch resource "deployments" in API group "apps" in the namespace "payments"`, user)
	}))
	waitFor(t, shared, "admission webhook")
	w.sign()
	o := find(t, w.execute(shared, 3), "kubernetes.deployment.patch")
	if o.Outcome != "Inconclusive" || o.Response.Layer != "admission-webhook" {
		t.Errorf("%+v", o)
	}
}

// TestDeadWebhook: a webhook that cannot be called refuses everybody, and
// proves nothing.
func TestDeadWebhook(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.with(shared, bound+"---"+webhook(t, shared, nil))
	waitFor(t, shared, "failed calling webhook")
	w.sign()
	o := find(t, w.execute(shared, 3), "kubernetes.deployment.patch")
	if o.Outcome != "Inconclusive" || o.Response.Class != "server-error" {
		t.Errorf("%+v", o)
	}
}

// TestPodSecurityAndQuota: these layers refuse a Pod whoever asks, and count
// nowhere by default.
func TestPodSecurityAndQuota(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.with(shared, bound)
	// The quota is used up: no controller manager says otherwise.
	full := func(used string) {
		if err := shared.set("/api/v1/namespaces/payments/resourcequotas/compute/status", map[string]any{"status": map[string]any{"used": map[string]any{"pods": used}}}); err != nil {
			t.Fatal(err)
		}
	}
	full("50")
	t.Cleanup(func() { full("0") })
	w.sign()
	o := find(t, w.execute(shared, 3), "kubernetes.pod.create")
	if o.Outcome != "Inconclusive" || o.Response.Class != "denied" || o.Response.Layer != "quota" {
		t.Errorf("%+v", o)
	}
}

// TestConnectWebhook: a webhook that matches CONNECT receives no call. Where it
// could decide, a yes of exec says nothing, and nothing is asked by GET.
func TestConnectWebhook(t *testing.T) {
	var calls atomic.Int64
	url := serveWebhook(t, shared, func(string) (int, string) {
		calls.Add(1)
		return 0, ""
	})
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.with(shared, bound+fmt.Sprintf(`
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: streams}
webhooks:
- name: streams.policy.corp.example
  admissionReviewVersions: [v1]
  sideEffects: NoneOnDryRun
  failurePolicy: Fail
  clientConfig: {url: %q, caBundle: %s}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CONNECT], resources: [pods/exec, pods/attach, pods/portforward]}]
`, url, base64.StdEncoding.EncodeToString(shared.ca.pem())))
	called := func() bool { // by alice's own request, which no guard holds back
		_, _, err := shared.as("alice@corp.example", http.MethodPost, "/api/v1/namespaces/payments/pods/api-0/exec?command=true&stdout=true", map[string]any{})
		return err == nil && calls.Load() > 0
	}
	for range 100 {
		if called() {
			break
		}
		pause()
	}
	if calls.Swap(0) == 0 {
		t.Fatal("the webhook is never called, so that this proves nothing")
	}
	w.sign()
	got := w.execute(shared, 3)
	for _, sub := range []string{"exec", "attach", "portforward"} {
		if o := find(t, got, "kubernetes.pod."+sub); o.comesTo() != "admission-not-exercised" {
			t.Errorf("%+v", o)
		}
		if o := find(t, got, "kubernetes.pod."+sub+"-by-get"); o.comesTo() != "unsupported" {
			t.Errorf("%+v", o)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("the webhook was called %d times", n)
	}
}

// TestConnectByDryRun holds what the forms of streams rest on: with dryRun the
// server refuses whoever is authorized after authorization, and before
// admission; whoever is not is refused as ever.
func TestConnectByDryRun(t *testing.T) {
	w := newWorkspace(t, shared)
	w.with(shared, bound+`
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-streams}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CONNECT], resources: [pods/exec, pods/attach, pods/portforward]}]}
  validations: [{expression: "false", message: "no streams"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-streams}
spec: {policyName: no-streams, validationActions: [Deny]}
`)
	ask := func(user, method, sub, query string) (int, string) {
		code, body, err := shared.as(user, method, "/api/v1/namespaces/payments/pods/api-0/"+sub+"?"+query, map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		return code, string(body)
	}
	for range 100 {
		if _, body := ask("alice@corp.example", http.MethodPost, "exec", "command=true&stdout=true"); contains(body, "no streams") {
			break
		}
		pause()
	}
	for _, sub := range []string{"exec", "attach", "portforward"} {
		query := map[string]string{"exec": "command=true&stdout=true", "attach": "stdout=true"}[sub]
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			if code, body := ask("alice@corp.example", method, sub, query+"&dryRun=All"); code != 400 || !contains(body, "dryRun is not supported") {
				t.Errorf("%s %s by dry run, allowed: %d %s", method, sub, code, body)
			}
			if code, body := ask("nobody@corp.example", method, sub, query+"&dryRun=All"); code != 403 || !contains(body, "pods/"+sub) {
				t.Errorf("%s %s by dry run, not allowed: %d %s", method, sub, code, body)
			}
			if code, body := ask("alice@corp.example", method, sub, query); code < 400 || !contains(body, "no streams") {
				t.Errorf("%s %s without: %d %s", method, sub, code, body)
			}
		}
	}
}
