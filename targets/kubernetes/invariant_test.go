package kubernetes

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestInvariant(t *testing.T) {
	const (
		ns      = "/api/v1/namespaces/prod"
		deletes = `{"kind":"DeleteOptions","dryRun":["All"]}`
		nothing = `{"spec":{"audiences":["sodprobe.invalid"],"boundObjectRef":{"kind":"Pod","name":"sodprobe-1"}}}`
	)
	for _, c := range []struct {
		name, method, url, body string
		allowed                 bool
	}{
		{"a read", "GET", ns + "/pods/x", "", true},
		{"a dry run", "PATCH", ns + "/pods/x?dryRun=All", "{}", true},
		{"a dry-run create", "POST", ns + "/pods?dryRun=All&fieldManager=x", "{}", true},
		{"a namespace", "PATCH", ns + "?dryRun=All", "{}", true},
		{"a delete", "DELETE", ns + "/pods/x?dryRun=All", deletes, true},
		{"a delete at cluster scope", "DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterroles/x?dryRun=All", deletes, true},
		{"an object named token", "DELETE", ns + "/configmaps/token?dryRun=All", deletes, true},
		{"an object named proxy", "GET", ns + "/configmaps/proxy", "", true},
		{"an eviction", "POST", ns + "/pods/x/eviction?dryRun=All", `{"deleteOptions":{"dryRun":["All"]}}`, true},
		{"exec by dry run", "POST", ns + "/pods/x/exec?command=true&dryRun=All", "{}", true},
		{"a token for nothing, by dry run", "POST", ns + "/serviceaccounts/x/token?dryRun=All", nothing, true},
		{"a replacement of one object", "PUT", ns + "/configmaps/x?dryRun=All", `{"metadata":{"name":"x","uid":"u","resourceVersion":"7"}}`, true},
		{"whoami", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", `{}`, true},
		{"proxy by dry run", "GET", "/api/v1/nodes/n/proxy?dryRun=All", "", true},

		{"a write", "PATCH", ns + "/pods/x", "{}", false},
		{"dry run misspelled", "PATCH", ns + "/pods/x?dryrun=All", "{}", false},
		{"dry run in lower case", "PATCH", ns + "/pods/x?dryRun=all", "{}", false},
		{"dry run twice", "PATCH", ns + "/pods/x?dryRun=All&dryRun=All", "{}", false},
		{"dry run of nothing", "PATCH", ns + "/pods/x?dryRun=", "{}", false},
		{"a replacement of whatever has the name", "PUT", ns + "/configmaps/x?dryRun=All", `{"metadata":{"name":"x","resourceVersion":"7"}}`, false},
		{"a replacement of whatever it is by then", "PUT", ns + "/configmaps/x?dryRun=All", `{"metadata":{"name":"x","uid":"u"}}`, false},
		{"a replacement that is none", "PUT", ns + "/configmaps/x", `{"metadata":{"name":"x","uid":"u","resourceVersion":"7"}}`, false},
		{"exec", "POST", ns + "/pods/x/exec?command=true", "{}", false},
		{"exec by GET", "GET", ns + "/pods/x/exec?command=true", "", false},
		{"a token for nothing", "POST", ns + "/serviceaccounts/x/token", nothing, false},
		{"a custom kind of which nothing is known", "PATCH", "/apis/g.example/v1/namespaces/prod/things/x?dryRun=All", "{}", false},
		{"a Secret, whose answer holds its data", "PATCH", ns + "/secrets/x?dryRun=All", "{}", false},
		{"a new Secret, whose answer holds its data", "POST", ns + "/secrets?dryRun=All", "{}", false},
		{"a Service's pages", "POST", ns + "/services/x/proxy", "{}", false},
		{"a delete without a body", "DELETE", ns + "/pods/x?dryRun=All", "", false},
		{"a delete whose body says nothing", "DELETE", ns + "/pods/x?dryRun=All", `{"kind":"DeleteOptions"}`, false},
		{"a delete whose body folds case", "DELETE", ns + "/pods/x?dryRun=All", `{"DryRun":["All"]}`, false},
		{"a delete of a collection", "DELETE", ns + "/pods?dryRun=All", deletes, false},
		{"a delete of all pods", "DELETE", "/api/v1/pods?dryRun=All", deletes, false},
		{"a delete of a namespace", "DELETE", ns + "?dryRun=All", deletes, false},
		{"a delete of a collection in a group", "DELETE", "/apis/apps/v1/namespaces/prod/deployments?dryRun=All", deletes, false},
		{"a delete at cluster scope of all", "DELETE", "/apis/g.example/v1/things?dryRun=All", deletes, false},
		{"an eviction by query alone", "POST", ns + "/pods/x/eviction?dryRun=All", `{}`, false},
		{"a token by dry run", "POST", ns + "/serviceaccounts/x/token?dryRun=All", `{"spec":{}}`, false},
		{"a token for a real Pod", "POST", ns + "/serviceaccounts/x/token", `{"spec":{"audiences":["sodprobe.invalid"],"boundObjectRef":{"kind":"Pod","name":"api-0"}}}`, false},
		{"a token for the API server", "POST", ns + "/serviceaccounts/x/token", `{"spec":{"boundObjectRef":{"kind":"Pod","name":"sodprobe-1"}}}`, false},
		{"a token whose binding the server would not see", "POST", ns + "/serviceaccounts/x/token", `{"spec":{"audiences":["sodprobe.invalid"],"boundobjectref":{"kind":"Pod","name":"sodprobe-1"}}}`, false},
		{"a token bound to a Secret", "POST", ns + "/serviceaccounts/x/token", `{"spec":{"audiences":["sodprobe.invalid"],"boundObjectRef":{"kind":"Secret","name":"sodprobe-1"}}}`, false},
		{"exec in another group", "POST", "/apis/g.example/v1/namespaces/prod/pods/x/exec", "{}", false},
		{"exec with a body", "POST", ns + "/pods/x/exec", `{"a":1}`, false},
		{"a review of others", "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "{}", false},
		{"a longer path than whoami", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviewsx", "{}", false},
		{"proxy", "GET", "/api/v1/nodes/n/proxy", "", false},
		{"proxy to a Pod", "GET", ns + "/pods/x/proxy/admin", "", false},
		{"a Secret with its data", "GET", ns + "/secrets/x", "", false},
		{"a Secret with its data, by the old form of a watch", "GET", "/api/v1/watch/namespaces/prod/secrets/x", "", false},
		{"all Secrets with their data, by the old form of a watch", "GET", "/api/v1/watch/secrets", "", false},
		{"a Pod's port, by the old form of a proxy", "GET", "/api/v1/proxy/namespaces/prod/pods/x", "", false},
		{"nowhere", "POST", "/", "{}", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.url, http.NoBody)
			if err := Invariant(r, []byte(c.body), nil); (err == nil) != c.allowed {
				t.Errorf("%v, want allowed: %v", err, c.allowed)
			}
		})
	}
}

// TestInvariantWantsFacts: some requests leave only after something was shown,
// and of that very thing.
func TestInvariantWantsFacts(t *testing.T) {
	for _, c := range []struct{ method, url, body, fact, other string }{
		{"PATCH", "/apis/g.example/v1/namespaces/prod/things/x?dryRun=All", "{}", served("things", "g.example", "v1"), served("things", "g.example", "v2")},
		{"POST", "/apis/g.example/v1/things?dryRun=All", "{}", served("things", "g.example", "v1"), served("others", "g.example", "v1")},
		{"GET", "/api/v1/namespaces/prod/pods/x/exec?command=true", "", unhooked("exec"), unhooked("attach")},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.url, http.NoBody)
		if Invariant(r, []byte(c.body), nil) == nil || Invariant(r, []byte(c.body), []string{c.other}) == nil {
			t.Errorf("%s %s leaves without %q", c.method, c.url, c.fact)
		}
		if err := Invariant(r, []byte(c.body), []string{c.fact}); err != nil {
			t.Errorf("%s %s: %v", c.method, c.url, err)
		}
	}
	secret := httptest.NewRequestWithContext(t.Context(), "PATCH", "/api/v1/namespaces/prod/secrets/x?dryRun=All", http.NoBody)
	secret.Header.Set("Accept", metadataOnly)
	if err := Invariant(secret, []byte("{}"), nil); err != nil {
		t.Error(err)
	}
}

// FuzzInvariant: without a dry run to the letter, only the listed forms of
// POST and GET leave.
func FuzzInvariant(f *testing.F) {
	f.Add("DELETE", "/api/v1/namespaces/a/pods/b", "dryRun=All", `{"dryRun":["All"]}`)
	f.Add("POST", "/api/v1/namespaces/a/serviceaccounts/b/token", "", `{}`)
	f.Add("GET", "/api/v1/nodes/n/proxy", "", "")
	f.Add("PUT", "/api/v1/namespaces/a/pods/b", "dryRun=All", `{"metadata":{"name":"b","uid":"u","resourceVersion":"1"}}`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r := &http.Request{Method: method, Header: http.Header{}}
		r.URL = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody).URL
		r.URL.Path, r.URL.RawQuery = path, query
		if Invariant(r, []byte(body), nil) != nil {
			return
		}
		dryRun := r.URL.Query()["dryRun"]
		all := len(dryRun) == 1 && dryRun[0] == "All"
		switch method {
		case http.MethodGet:
		case http.MethodPost:
			if !all && !isReview(path) {
				t.Errorf("POST %s?%s", path, query)
			}
		case http.MethodPatch, http.MethodPut, http.MethodDelete:
			if !all {
				t.Errorf("%s %s?%s", method, path, query)
			}
		default:
			t.Errorf("%s %s?%s", method, path, query)
		}
	})
}
