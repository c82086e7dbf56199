package kubernetes

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// answering lets a preparation read the same answer everywhere but at the
// version, which is an old one.
func answering(t *testing.T, status int, body string) guard.Reader {
	t.Helper()
	return func(_ context.Context, r targets.Request, _ []string) (targets.Exchange, any, string) {
		text, x := body, targets.Exchange{Status: status}
		if r.Path == "/version" {
			text, x.Status = `{"major":"1","minor":"30+"}`, http.StatusOK
		}
		document, err := guard.Document([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if x.Status != http.StatusOK {
			return x, nil, "refused"
		}
		return x, document, ""
	}
}

// resting is a lease whose request rests on reads, as a run resolves it.
func resting(t *testing.T, staticAdmission string, rests []targets.Preparation) *guard.Lease {
	t.Helper()
	rules, err := targets.Resolve([]targets.Rule{{Method: http.MethodGet, Path: "/", Prepare: rests}}, map[string]string{"staticAdmission": staticAdmission})
	if err != nil {
		t.Fatal(err)
	}
	return &guard.Lease{Rules: rules}
}

// TestWithoutFiles: a server that could read webhooks from files is trusted only
// where management states that it does not, and no template states it.
func TestWithoutFiles(t *testing.T) {
	files := []targets.Preparation{withoutFiles(false)}
	read := func(minor string) guard.Reader {
		return func(context.Context, targets.Request, []string) (targets.Exchange, any, string) {
			return targets.Exchange{Status: http.StatusOK}, map[string]any{"major": "1", "minor": minor}, ""
		}
	}
	for minor, old := range map[string]bool{"35": true, "30+": true, "36": false, "37": false, "36+": false, "": false, "x": false} {
		if _, problem := resting(t, "", files).Prepare(t.Context(), read(minor)); (problem == "") != old {
			t.Errorf("1.%s: %q", minor, problem)
		}
	}
	if steps, problem := resting(t, "none", files).Prepare(t.Context(), read("37")); problem != "" || len(steps) != 0 {
		t.Errorf("management stated that there are none: %q", problem)
	}
	unfilled := &guard.Lease{Rules: []targets.Rule{{Prepare: files}}}
	if _, problem := unfilled.Prepare(t.Context(), read("37")); problem == "" {
		t.Error("a template that nobody filled in states something")
	}
}

// TestAbsenceHasAShape: that something is not there is shown by the object or
// by the whole list that would hold it, and by no other answer.
func TestAbsenceHasAShape(t *testing.T) {
	for name, rests := range map[string][]targets.Preparation{
		"served": Served("widgets", "corp.example", "v1")[1:], "without webhooks": WithoutWebhooks("exec"),
	} {
		for _, body := range []string{
			`{}`, `[]`, `"x"`, `{"kind":"Status","status":"Success"}`, `{"kind":"Table","rows":[]}`, `{"kind":"ValidatingWebhookConfigurationList"}`,
			`{"kind":"ValidatingWebhookConfigurationList","items":null}`, `{"kind":"APIService","spec":{}}`,
			`{"kind":"ValidatingWebhookConfigurationList","items":[],"metadata":{"continue":"more"}}`,
			`{"kind":"APIService","spec":{"group":"another.example","version":"v1"}}`,
		} {
			lease := resting(t, "", rests)
			if _, problem := lease.Prepare(t.Context(), answering(t, http.StatusOK, body)); problem == "" || strings.Contains(problem, "files") {
				t.Errorf("%s is shown by %s", name, body)
			}
		}
	}
	for body, rests := range map[string][]targets.Preparation{
		`{"kind":"APIService","spec":{"group":"corp.example","version":"v1"}}`: Served("widgets", "corp.example", "v1")[1:],
		`{"kind":"ValidatingWebhookConfigurationList","items":[]}`:             WithoutWebhooks("exec")[:2],
	} {
		lease := resting(t, "", rests)
		if _, problem := lease.Prepare(t.Context(), answering(t, http.StatusOK, body)); problem != "" {
			t.Errorf("%s: %s", body, problem)
		}
	}
}

// TestAKindThatIsNotServed: MutatingAdmissionPolicies that the server does not
// know decide on nothing; what the observer may not see may be anything.
func TestAKindThatIsNotServed(t *testing.T) {
	policies := slices.DeleteFunc(AdmissionOnConnect("pods", "exec"), func(p targets.Preparation) bool { return !strings.Contains(p.Path, "mutatingadmission") })
	policies[0].Soft = false
	for status, shown := range map[int]bool{http.StatusNotFound: true, http.StatusForbidden: false, http.StatusInternalServerError: false} {
		lease := resting(t, "none", policies)
		if _, problem := lease.Prepare(t.Context(), answering(t, status, `{}`)); (problem == "") != shown {
			t.Errorf("HTTP %d: %q", status, problem)
		}
	}
}

// TestSetupNamesWhatPreparationsRead: the namespace that is replaced is read as
// one object of its own, and what everybody may read needs no right.
func TestSetupNamesWhatPreparationsRead(t *testing.T) {
	in := setupInput()
	in.Prepared = []targets.Rule{{
		Prepare: []targets.Preparation{{Path: "/version"}}, Replace: &targets.Replace{Path: "/api/v1/namespaces/prod", Name: "prod"},
	}}
	var b bytes.Buffer
	if err := Setup(&b, in); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), `resources: [""]`) || !strings.Contains(b.String(), `resources: ["namespaces"], verbs: ["get"], resourceNames: ["prod"]`) {
		t.Error(b.String())
	}
}
