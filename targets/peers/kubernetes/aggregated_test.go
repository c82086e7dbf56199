package kubernetes

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAggregated: a kind that an aggregated API server serves receives no
// write. This one would store whatever it is sent, dry run or not.
func TestAggregated(t *testing.T) {
	var writes, reads atomic.Int64
	port := serveAggregated(t, &reads, &writes)
	w := newWorkspace(t, shared)
	for _, probe := range []string{"kubernetes.customresource.patch", "kubernetes.customresource.update"} {
		before, after, found := strings.Cut(w.scenario, "  - probe: "+probe+"\n")
		if !found {
			t.Fatalf("the scenario does not attempt %s", probe)
		}
		w.scenario = before + "  - probe: " + probe + "\n" + strings.NewReplacer(`group: "argoproj.io"`, `group: "aggregated.corp.example"`,
			`version: "v1alpha1"`, `version: "v1"`, `plural: "rollouts"`, `plural: "widgets"`).Replace(first(after)) + rest(after)
	}
	w.grant(shared)
	w.with(shared, bound+fmt.Sprintf(`
---
{apiVersion: v1, kind: Namespace, metadata: {name: aggregated}}
---
{apiVersion: v1, kind: Service, metadata: {name: widgets, namespace: aggregated}, spec: {type: ExternalName, externalName: localhost, ports: [{port: %d}]}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.aggregated.corp.example}
spec:
  group: aggregated.corp.example
  version: v1
  groupPriorityMinimum: 1000
  versionPriority: 10
  service: {namespace: aggregated, name: widgets, port: %d}
  insecureSkipTLSVerify: true # the stub's certificate is for loopback, not for the Service's name
`, port, port))
	served := func() bool {
		code, _, err := shared.do(http.MethodGet, "/apis/aggregated.corp.example/v1/namespaces/payments/widgets/api", nil)
		return err == nil && code == http.StatusOK
	}
	for range 300 {
		if served() {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !served() {
		t.Fatal("the aggregated API is not served, so that this proves nothing")
	}
	w.sign()
	got := w.execute(shared, 3)
	for _, probe := range []string{"kubernetes.customresource.patch", "kubernetes.customresource.update"} {
		if o := find(t, got, probe); o.comesTo() != "unsupported" {
			t.Errorf("%+v", o)
		}
	}
	if writes.Load() != 0 || reads.Load() == 0 {
		t.Errorf("%d writes arrived, and %d reads", writes.Load(), reads.Load())
	}
}

// first and rest are an attempt of the scenario, and what follows it.
func first(s string) string { return s[:len(s)-len(rest(s))] }

func rest(s string) string {
	if i := strings.Index(s, "  - probe: "); i >= 0 {
		return s[i:]
	}
	return ""
}

// serveAggregated is an API server of one kind, on loopback. It returns its
// port.
func serveAggregated(t *testing.T, reads, writes *atomic.Int64) int {
	t.Helper()
	widget := map[string]any{
		"apiVersion": "aggregated.corp.example/v1", "kind": "Widget",
		"metadata": map[string]any{"name": "api", "namespace": "payments", "uid": "5a1f6a1c-0000-4000-8000-000000000000", "resourceVersion": "7"},
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any = widget
		switch {
		case r.Method != http.MethodGet:
			writes.Add(1)
		case r.URL.Path == "/apis/aggregated.corp.example/v1":
			answer = map[string]any{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "aggregated.corp.example/v1", "resources": []any{map[string]any{
				"name": "widgets", "singularName": "widget", "namespaced": true, "kind": "Widget", "verbs": []string{"get", "patch", "update"},
			}}}
		case strings.HasSuffix(r.URL.Path, "/widgets/api"):
			reads.Add(1)
		default:
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	cert, err := shared.ca.pair()
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	address, ok := server.Listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("not a TCP address")
	}
	return address.Port
}
