package kubernetes

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

func contains(s, part string) bool { return strings.Contains(strings.ReplaceAll(s, `\"`, `"`), part) }

func pause() { time.Sleep(100 * time.Millisecond) }

// inconclusive checks that nothing was concluded, for that reason.
func inconclusive(t *testing.T, list []outcome, class string) {
	t.Helper()
	for _, o := range list {
		if o.Outcome != "Inconclusive" || o.Response.Class != class {
			t.Errorf("want %s: %+v", class, o)
		}
	}
}

// TestExpiredToken: the prober's credential is not valid any more.
func TestExpiredToken(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.write("kubeconfig", kubeconfig(shared.base, shared.ca.pem(), "token-that-expired"))
	w.sign()
	inconclusive(t, w.execute(shared, 4), "unauthenticated")
}

// TestNoImpersonation: the prober has no right to act as anybody. The server
// then names the target's resource in its refusal, and our own user. The user
// is one that no other test lets impersonate: the server remembers an allowed
// impersonation for ten seconds (apiserver, filters/impersonation/cache.go).
func TestNoImpersonation(t *testing.T) {
	w := newWorkspace(t, shared)
	w.write("kubeconfig", kubeconfig(shared.base, shared.ca.pem(), "token-newcomer"))
	w.with(shared, `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: newcomer}
rules: [{apiGroups: [""], resources: [namespaces], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: newcomer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: newcomer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: newcomer}]
`)
	w.sign()
	for _, o := range w.execute(shared, 4) { // nor as the observer: nothing is shown to exist, so nothing is attempted
		if o.Outcome != "NotRun" || o.Reason != "target-missing" || !strings.Contains(o.NotRunBecause, "the observer is not proven") {
			t.Errorf("%+v", o)
		}
	}
}

// TestWrongNamespace: production is misspelled. Everybody is refused there,
// and it proves nothing.
func TestWrongNamespace(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.scenario = strings.Replace(w.scenario, "namespace: payments,", "namespace: paymnets,", 1)
	w.sign()
	for _, o := range w.execute(shared, 4) {
		if o.Outcome == "Permitted" || (o.Outcome == "Blocked" && !clusterWide(o.Probe)) {
			t.Errorf("%+v", o)
		}
	}
}

// clusterWide tells the probes whose target is not in the namespace.
func clusterWide(probe string) bool {
	for _, part := range []string{
		".application.", ".appproject.", ".kustomization.", ".helmrelease.", ".gitrepository.", ".certificatesigningrequest.", ".clusterresource.",
		".clusterrole.patch", ".clusterrole.update", ".node.", ".systemconfig.", ".validating",
	} {
		if strings.Contains(probe, part) {
			return true
		}
	}
	return false
}

// TestProxyPage: something between us and the server answers writes with its
// own 403. It has a certificate of the same root, so nothing else looks odd.
func TestProxyPage(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	target, err := url.Parse(shared.base)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.Transport = shared.client.Transport
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		stream := strings.Contains(r.URL.Path, "/pods/") && !strings.HasSuffix(r.URL.Path, "/api-0")
		if strings.Contains(r.URL.Path, "selfsubject") || r.Method == http.MethodGet && !stream {
			forward.ServeHTTP(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(http.StatusForbidden)
		_, _ = rw.Write([]byte("<html><h1>403 Forbidden</h1></html>"))
	}))
	cert, err := shared.ca.pair()
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	w.write("kubeconfig", kubeconfig(server.URL, shared.ca.pem(), "token-prober"))
	w.sign()
	for _, o := range w.execute(shared, 4) {
		reads := strings.HasPrefix(o.Probe, "kubernetes.secret.") || o.Probe == "kubernetes.node.proxy"
		if o.Outcome == "Permitted" || (!reads && (o.Outcome != "Inconclusive" || o.Response.Class != "unreachable")) {
			t.Errorf("%+v", o)
		}
	}
}

// TestOwnCredential: identities with tokens of their own act without
// impersonation, and only they can attempt to impersonate others.
func TestOwnCredential(t *testing.T) {
	// In this order: the server remembers a granted impersonation for 10 s
	// (k8s.io/apiserver v0.37, endpoints/filters/impersonation/cache.go), and
	// would let the enforced run through on a grant that is gone.
	for _, c := range []struct {
		name     string
		manifest string
		exit     int
		want     string
	}{
		{"enforced", "", 4, "Blocked"},
		{"permissive", bindAlice, 3, "Permitted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorkspace(t, shared)
			w.grant(shared)
			if c.manifest != "" {
				w.with(shared, c.manifest)
			}
			for who, groups := range map[string]string{"alice": "[developers]", "release": "[release-managers]", "nobody": "[]"} {
				w.scenario = strings.Replace(w.scenario, "{impersonate: {user: "+who+"@corp.example, groups: "+groups+"}}", "{context: "+who+", user: "+who+"@corp.example}", 1)
			}
			w.scenario += "  - {probe: kubernetes.user.impersonate, target: prod, as: {role: developer}, with: {user: release@corp.example}}\n" +
				"  - {probe: kubernetes.serviceaccount.impersonate, target: prod, as: {role: developer}, with: {serviceaccount: api}}\n"
			w.sign()
			got := w.execute(shared, c.exit)
			find(t, got, "kubernetes.user.impersonate")
			find(t, got, "kubernetes.serviceaccount.impersonate")
			for _, o := range got {
				impersonates := strings.HasSuffix(o.Probe, ".impersonate")
				if impersonates && c.name == "enforced" {
					if o.Outcome != "Inconclusive" { // the server's words name nobody
						t.Errorf("%+v", o)
					}
					continue
				}
				if impersonates {
					// The same words refuse nobody: a yes without somebody's no.
					if o.Outcome != "Inconclusive" || o.Reason != "arms-missing" || !o.Urgent {
						t.Errorf("%+v", o)
					}
					continue
				}
				if o.Outcome != c.want {
					t.Errorf("%+v", o)
				}
			}
		})
	}
}

// bindAlice gives alice all rights in the whole cluster.
const bindAlice = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: mistake}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice@corp.example}]
`
