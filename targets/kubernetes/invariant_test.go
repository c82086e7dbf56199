package kubernetes_test

import (
	"net/http"
	"testing"

	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// TestInvariant: whatever a rule allows, these never leave.
func TestInvariant(t *testing.T) {
	const ns, all = "/api/v1/namespaces/payments", "?dryRun=All"
	const options, boundToken = `{"dryRun":["All"]}`, `{"spec":{"audiences":["sodprobe.invalid"],"boundObjectRef":{"kind":"Pod","name":"sodprobe-1"}}}`
	for _, c := range []struct {
		method, url, body string
		leaves            bool
	}{
		{"GET", ns + "/pods/a", "", true},
		{"GET", "/api/v1/nodes/n/proxy" + all, "", true},
		{"GET", "/api/v1/nodes/n/proxy", "", false},
		{"GET", "/api/v1/nodes/n/proxy/exec/a", "", false},
		{"GET", ns + "/services/a/proxy/", "", false},
		{"POST", ns + "/pods" + all, "{}", true},
		{"POST", ns + "/pods", "{}", false},
		{"POST", ns + "/pods?dryrun=All", "{}", false},
		{"POST", ns + "/pods?dryRun=all", "{}", false},
		{"POST", ns + "/pods?dryRun=All&dryRun=All", "{}", false},
		{"PATCH", ns + "/pods/a" + all, "{}", true},
		{"PATCH", ns + "/pods/a", "{}", false},
		{"PUT", ns + "/pods/a" + all, "{}", false},
		{"DELETE", ns + "/pods/a" + all, options, true},
		{"DELETE", ns + "/pods/a" + all, "", false},
		{"DELETE", ns + "/pods/a" + all, "{}", false},
		{"DELETE", ns + "/pods/a", options, false},
		{"DELETE", ns + "/pods" + all, options, false},
		{"DELETE", "/apis/apps/v1/namespaces/payments/deployments" + all, options, false},
		{"DELETE", "/apis/apps/v1/namespaces/payments/deployments/a" + all, options, true},
		{"DELETE", "/api/v1/nodes" + all, options, false},
		{"DELETE", "/api/v1/nodes/n" + all, options, true},
		{"DELETE", ns + all, options, false},
		{"POST", ns + "/pods/a/eviction" + all, `{"deleteOptions":{"dryRun":["All"]}}`, true},
		{"POST", ns + "/pods/a/eviction" + all, `{"deleteOptions":{}}`, false},
		{"POST", ns + "/pods/a/eviction" + all, "{}", false},
		{"POST", ns + "/pods/a/exec?command=true", "{}", true},
		{"POST", ns + "/pods/a/exec?command=true", `{"a":1}`, false},
		{"POST", ns + "/serviceaccounts/a/token", boundToken, true},
		{"POST", ns + "/serviceaccounts/a/token" + all, "{}", false},
		{"POST", ns + "/serviceaccounts/a/token", "{}", false},
		{"POST", ns + "/serviceaccounts/a/token", `{"spec":{"audiences":["sodprobe.invalid"],"boundObjectRef":{"kind":"Pod","name":"api-0"}}}`, false},
		{"POST", ns + "/serviceaccounts/a/token", `{"spec":{"audiences":["vault"],"boundObjectRef":{"kind":"Pod","name":"sodprobe-1"}}}`, false},
		{"POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}", true},
		{"POST", "/apis/authentication.k8s.io/v1/tokenreviews", "{}", false},
	} {
		r, err := http.NewRequest(c.method, "https://host"+c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := kubernetes.Invariant(r, []byte(c.body)); (err == nil) != c.leaves {
			t.Errorf("%s %s %s: %v", c.method, c.url, c.body, err)
		}
	}
}
