package kubernetes

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
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
		answer, err := document.Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if x.Status != http.StatusOK {
			return x, nil, "refused"
		}
		return x, answer, ""
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
	service, validating, mutating := Served("widgets", "corp.example", "v1")[1:], WithoutWebhooks("exec")[:2], WithoutWebhooks("exec")[2:]
	const whole = `{"kind":"%sWebhookConfigurationList","items":[]}`
	for name, c := range map[string]struct {
		rests []targets.Preparation
		right string
		wrong []string
	}{
		"an APIService": {service, `{"kind":"APIService","spec":{"group":"corp.example","version":"v1"}}`, []string{
			`{"kind":"APIService","spec":{}}`, `{"kind":"APIService","spec":{"group":"another.example","version":"v1"}}`,
			`{"kind":"APIService","spec":{"group":"corp.example","version":"v2"}}`, `{"kind":"Table","spec":{"group":"corp.example","version":"v1"}}`,
		}},
		"validating webhooks": {validating, fmt.Sprintf(whole, "Validating"), partial("Validating")},
		"mutating webhooks":   {mutating, fmt.Sprintf(whole, "Mutating"), partial("Mutating")},
	} {
		if _, problem := resting(t, "", c.rests).Prepare(t.Context(), answering(t, http.StatusOK, c.right)); problem != "" {
			t.Errorf("%s: %s does not show it: %s", name, c.right, problem)
		}
		for _, body := range append(c.wrong, `{}`, `[]`, `"x"`, `{"kind":"Status","status":"Success"}`) {
			if _, problem := resting(t, "", c.rests).Prepare(t.Context(), answering(t, http.StatusOK, body)); problem == "" || strings.Contains(problem, "files") {
				t.Errorf("%s is shown by %s: %q", name, body, problem)
			}
		}
	}
}

// partial are lists of webhooks that do not show that there is none.
func partial(kind string) []string {
	return []string{
		fmt.Sprintf(`{"kind":"%sWebhookConfigurationList"}`, kind), fmt.Sprintf(`{"kind":"%sWebhookConfigurationList","items":null}`, kind),
		fmt.Sprintf(`{"kind":"%sWebhookConfigurationList","items":[],"metadata":{"continue":"more"}}`, kind), `{"kind":"List","items":[]}`,
		fmt.Sprintf(`{"kind":"%sWebhookConfigurationList","items":[{"webhooks":[{"rules":[{"operations":["*"],"apiGroups":["*"],"resources":["*/*"]}]}]}]}`, kind),
	}
}

// TestAKindThatIsNotServed: MutatingAdmissionPolicies that the server does not
// know in any version decide on nothing; any other answer may hide some.
func TestAKindThatIsNotServed(t *testing.T) {
	policies := slices.DeleteFunc(AdmissionOnConnect("pods", "exec"), func(p targets.Preparation) bool { return !strings.Contains(p.Path, "mutatingadmission") })
	if len(policies) != 3 {
		t.Fatalf("%d versions are read", len(policies))
	}
	for i := range policies {
		policies[i].Soft = false
	}
	for _, c := range []struct {
		status int
		body   string
		shown  bool
	}{
		{http.StatusNotFound, "404 page not found\n", true},
		{http.StatusNotFound, `{"kind":"Status","status":"Failure","message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404}`, true},
		{http.StatusNotFound, `{"kind":"Status","status":"Failure","message":"namespaces \"x\" not found","reason":"NotFound","code":404}`, false},
		{http.StatusNotFound, "<html>not found</html>", false},
		{http.StatusNotFound, `{"kind":"Status","status":"Failure","code":404}`, false},
		{http.StatusForbidden, "404 page not found\n", false},
		{http.StatusInternalServerError, "", false},
	} {
		refused := func(context.Context, targets.Request, []string) (targets.Exchange, any, string) {
			return targets.Exchange{Status: c.status, Body: c.body}, nil, "refused"
		}
		if _, problem := resting(t, "none", policies).Prepare(t.Context(), refused); (problem == "") != c.shown {
			t.Errorf("HTTP %d %q: %q", c.status, c.body, problem)
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
