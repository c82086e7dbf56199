package gitlab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/template"
)

// TestInvariant: a rule that allows everything does not let out what could
// take effect.
func TestInvariant(t *testing.T) {
	s := newServer(t)
	p, session := s.connect(t, nil)
	const at = "/api/v4/projects/42/"
	for _, c := range []struct{ name, method, path, body string }{
		{"a commit", "POST", at + "repository/commits", `{"branch":"main","commit_message":"x"}`},
		{"a commit from another branch", "POST", at + "repository/commits", `{"branch":"main","start_sha":"` + Nowhere + `","start_branch":"dev"}`},
		{"a forced commit", "POST", at + "repository/commits", `{"branch":"main","start_sha":"` + Nowhere + `","force":true}`},
		{"a cherry-pick by dry run", "POST", at + "repository/commits/" + Nowhere + "/cherry_pick", `{"branch":"main","dry_run":true}`},
		{"a revert by dry run", "POST", at + "repository/commits/" + Nowhere + "/revert", `{"branch":"main","dry_run":true}`},
		{"a merge", "PUT", at + "merge_requests/7/merge", `{"sha":"0123456789012345678901234567890123456789"}`},
		{"a play of a manual job", "POST", at + "jobs/79/play", `{}`},
		{"a play of a delayed job", "POST", at + "jobs/81/play", `{}`},
		{"a retry of a finished job", "POST", at + "jobs/78/retry", `{}`},
		{"an approval", "POST", at + "deployments/502/approval", `{"status":"approved"}`},
		{"a protection of what is not protected", "POST", at + "protected_branches", `{"name":"dev"}`},
		{"push rules where there are none", "POST", at + "push_rule", `{"deny_delete_tag":true}`},
		{"a member", "POST", at + "members", `{"user_id":1,"access_level":40}`},
		{"a member at a level that would be queued", "POST", at + "members", `{"access_level":33,"expires_at":"2000-01-01","user_id":1001}`},
		{"a member of whom no seat is known", "POST", at + "members", `{"access_level":7,"expires_at":"2000-01-01","user_id":1001}`},
		{"a deploy key", "POST", at + "deploy_keys", `{"key":"ssh-ed25519 AAAA","can_push":true}`},
		{"a deploy key that only its key stops", "POST", at + "deploy_keys", `{"key":"not-a-key","can_push":true}`},
		{"a protection that only the one before it stops", "POST", at + "protected_branches", `{"name":"main"}`},
		{"a protection that lets somebody in", "POST", at + "protected_branches", `{"allowed_to_push":[{"user_id":11}],"name":"main"}`},
		{"a protection that lets somebody in beside nobody", "POST", at + "protected_environments", `{"deploy_access_levels":[{"user_id":2147483647},{"access_level":30}],"name":"production"}`},
		{"a protection that is changed", "PATCH", at + "protected_branches/main", `{"allow_force_push":true}`},
		{"a protection that would lose nothing, and is not read", "PATCH", at + "protected_branches/main", `{"allowed_to_merge":[{"user_id":2147483647}],"allowed_to_push":[{"_destroy":true,"id":2147483647}]}`},
		{"push rules that only the ones before them stop", "POST", at + "push_rule", `{"deny_delete_tag":true}`},
		{"a user who only does not exist", "PUT", "/api/v4/users/" + NoID, `{"note":"x"}`},
		{"a delete that only its name stops", "DELETE", at + "protected_tags/sodprobe-run", `{}`},
		{"a variable", "POST", at + "variables", `{"key":"A","value":"x"}`},
		{"a pipeline", "POST", at + "pipeline", `{"ref":"main"}`},
		{"a pipeline with two variables", "POST", at + "pipeline", `{"ref":"main","variables":[{"key":"A"},{"key":"B"}]}`},
		{"a lint that is no dry run", "POST", at + "ci/lint", `{"content":"x"}`},
		{"a schedule", "POST", at + "pipeline_schedules", `{"ref":"main","cron":"0 3 * * *"}`},
		{"a schedule that only its cron line stops", "POST", at + "pipeline_schedules", `{"ref":"main","cron":"sod-invalid"}`},
		{"an approval rule that only its number stops", "PUT", at + "approval_rules/" + NoID, `{"name":"x"}`},
		{"a variable that only its name stops", "POST", at + "variables", `{"key":"sod probe!","value":"a value that is long"}`},
		{"a deployment", "POST", at + "deployments", `{"environment":"production"}`},
		{"a delete of a branch", "DELETE", at + "repository/branches/main", `{}`},
		{"a delete of a protection", "DELETE", at + "protected_branches/main", `{}`},
		{"a delete of a tag's protection", "DELETE", at + "protected_tags/v1", `{}`},
		{"an unprotect", "PUT", at + "repository/branches/main/unprotect", `{}`},
		{"an approval rule", "PUT", at + "approval_rules/1", `{"name":"x"}`},
		{"another project", "POST", "/api/v4/projects/43/repository/commits", `{"branch":"main","start_sha":"` + Nowhere + `"}`},
		{"another user", "PUT", "/api/v4/users/11", `{"note":"x"}`},
		{"a new user", "POST", "/api/v4/users", `{"username":"x"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := map[string]string{"Content-Type": "application/json"}
			pins := map[string]string{"": canonical(t, c.body)}
			x, _ := session.rest(t.Context(), session.lease([]targets.Rule{{Method: c.method, Path: c.path, Header: header, Body: pins, Mutating: true}}), targets.Request{Method: c.method, Path: c.path, Header: header, Body: []byte(c.body)})
			if x.Sent != nil || x.Refused == "" || strings.Contains(x.Refused, "the lease allows") {
				t.Errorf("it left: %+v", x)
			}
		})
	}
	if n := s.writes(); n != 0 {
		t.Errorf("%d requests arrived: %v", n, s.arrived)
	}
	for _, path := range []string{"/payments/other.git/info/refs", "/payments/api.git/git-upload-pack", "/payments/api/info/refs", "/api/v4/projects/43", "/api/v4/projects/42/variables", "/api/v4/projects/42/variables/PROD_TOKEN", "/api/v4/projects/42/pipelines/5/variables", "/api/v4/projects/42/pipeline_schedules/5"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.invariant(r, nil, nil) == nil {
			t.Errorf("GET %s leaves", path)
		}
	}
}

// canonical is a body as the guard compares the whole of it: with sorted keys.
func canonical(t *testing.T, body string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestConditionalDeletes: a delete leaves only where it names what this
// program never makes, on a condition that nothing meets; and nothing else is
// conditional.
func TestConditionalDeletes(t *testing.T) {
	s := newServer(t)
	_, session := s.connect(t, nil)
	const mine, real = "protected_tags/sodprobe-run", "protected_tags/v1"
	for _, c := range []struct {
		method, below, since string
		leaves               bool
	}{
		{http.MethodDelete, mine, LongAgo, true},
		{http.MethodDelete, "protected_environments/sodprobe-run", LongAgo, true},
		{http.MethodDelete, mine, "", false},
		{http.MethodDelete, mine, "Thu, 01 Jan 2037 00:00:00 GMT", false},
		{http.MethodDelete, real, LongAgo, false},
		{http.MethodDelete, "repository/branches/sodprobe-run", LongAgo, false},
		{http.MethodPut, "repository/branches/sodprobe-run/unprotect", LongAgo, false},
		{http.MethodPut, "repository/branches/sodprobe-run/unprotect", "", true},
	} {
		header := map[string]string{"Content-Type": "application/json"}
		if c.since != "" {
			header["If-Unmodified-Since"] = c.since
		}
		path := "/api/v4/projects/42/" + c.below
		lease := session.lease([]targets.Rule{{Method: c.method, Path: path, Header: header, Mutating: true}})
		x, _ := session.rest(t.Context(), lease, targets.Request{Method: c.method, Path: path, Header: header, Body: []byte("{}")})
		if (x.Sent != nil) != c.leaves || c.leaves && x.Sent.Headers["If-Unmodified-Since"] != c.since {
			t.Errorf("%s %s on %q: %+v", c.method, c.below, c.since, x)
		}
	}
}

const rule = `{"access_level":40,"required_approvals":1}`

// approvals are bodies of an approval: only the first cannot be stored for two
// reasons.
func approvals() []string {
	body := func(whose string, length int) string {
		return fmt.Sprintf(`{"status":"approved","represented_as":%q,"comment":%q}`, whose, strings.Repeat(".", length))
	}
	return []string{
		body("sodprobe-run", longestComment+1), body("sodprobe-run", longestComment), strings.ReplaceAll(body("sodprobe-run", longestComment), ".", "é"), body("Maintainers", longestComment+1),
		`{"status":"approved"}`, `{"status":"approved","represented_as":"sodprobe-run"}`,
	}
}

// TestApprovals: an approval leaves only where it cannot be stored for two
// reasons, and the deployment has rules.
func TestApprovals(t *testing.T) {
	s := newServer(t)
	p, _ := s.connect(t, nil)
	for i, body := range approvals() {
		for _, shown := range [][]string{nil, {"the deployment 502 has approval rules"}, {"the deployment 50 has approval rules"}} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v4/projects/42/deployments/502/approval", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			if left, want := p.invariant(r, []byte(body), shown) == nil, i == 0 && len(shown) == 1 && strings.Contains(shown[0], "502"); left != want {
				t.Errorf("%s with %v leaves: %t", body, shown, left)
			}
		}
	}
}

// waiting is a deployment as the API shows it.
func waiting(by, environment string, pending int, rules string) string {
	return fmt.Sprintf(`{"id":502,"status":"success","environment":{"name":%q},"user":{"username":%q},"pending_approval_count":%d,"approval_summary":{"rules":[%s]}}`,
		environment, by, pending, rules)
}

// TestPreparations: what has to hold before a request may leave is read, and
// where it does not hold, nothing is sent.
func TestPreparations(t *testing.T) {
	const at = "/api/v4/projects/42/"
	harmlessApproval := canonical(t, approvals()[0])
	for _, c := range []struct {
		name, method, path, body string
		prepare                  []targets.Preparation
		answers                  map[string]string
		sent                     bool
	}{
		{"a retried job", "POST", "jobs/77/play", "{}", Retried(), map[string]string{
			"jobs/77": `{"id":77,"status":"failed","pipeline":{"id":12}}`, "pipelines/12/jobs": `[{"id":78}]`, "all": `[{"id":77},{"id":78}]`,
		}, true},
		{"a finished job", "POST", "jobs/78/play", "{}", Retried(), map[string]string{
			"jobs/78": `{"id":78,"status":"success","pipeline":{"id":12}}`, "pipelines/12/jobs": `[{"id":78}]`, "all": `[{"id":77},{"id":78}]`,
		}, false},
		{"a manual job", "POST", "jobs/79/play", "{}", Retried(), map[string]string{"jobs/79": `{"id":79,"status":"manual","pipeline":{"id":12}}`}, false},
		{"a job that cannot be read", "POST", "jobs/80/play", "{}", Retried(), nil, false},
		{"one's own deployment that waits", "POST", "deployments/502/approval", harmlessApproval, WaitingDeployment(), map[string]string{
			"deployments/502": waiting("alice", "production", 1, rule),
		}, true},
		{"another's deployment", "POST", "deployments/504/approval", harmlessApproval, WaitingDeployment(), map[string]string{
			"deployments/504": waiting("bob", "production", 1, rule),
		}, false},
		{"a deployment that does not wait", "POST", "deployments/502/approval", harmlessApproval, WaitingDeployment(), map[string]string{
			"deployments/502": waiting("alice", "production", 0, rule),
		}, false},
		{"a deployment without rules", "POST", "deployments/502/approval", harmlessApproval, WaitingDeployment(), map[string]string{
			"deployments/502": waiting("alice", "production", 1, ""),
		}, false},
		{"a deployment of an edition without approvals", "POST", "deployments/502/approval", harmlessApproval, WaitingDeployment(), map[string]string{
			"deployments/502": `{"id":502,"status":"blocked","environment":{"name":"production"},"user":{"username":"alice"}}`,
		}, false},
		{"a deployment elsewhere", "POST", "deployments/503/approval", harmlessApproval, WaitingDeployment(), map[string]string{
			"deployments/503": waiting("alice", "staging", 1, rule),
		}, false},
		{"a member who holds a seat", "POST", "members", `{"access_level":7,"expires_at":"2000-01-01","user_id":1001}`, Seated(), map[string]string{
			"members/all/1001": `{"id":1001,"state":"active","access_level":30}`,
		}, true},
		{"a guest, who may hold none", "POST", "members", `{"access_level":7,"expires_at":"2000-01-01","user_id":1001}`, Seated(), map[string]string{
			"members/all/1001": `{"id":1001,"state":"active","access_level":10}`,
		}, false},
		{"a member who waits for approval", "POST", "members", `{"access_level":7,"expires_at":"2000-01-01","user_id":1001}`, Seated(), map[string]string{
			"members/all/1001": `{"id":1001,"state":"active","membership_state":"awaiting","access_level":30}`,
		}, false},
		{"a blocked account", "POST", "members", `{"access_level":7,"expires_at":"2000-01-01","user_id":1001}`, Seated(), map[string]string{
			"members/all/1001": `{"id":1001,"state":"blocked","access_level":30}`,
		}, false},
		{"nobody's member", "POST", "members", `{"access_level":7,"expires_at":"2000-01-01","user_id":1001}`, Seated(), nil, false},
		{"a protection that exists", "POST", "protected_branches", `{"allowed_to_push":[{"user_id":2147483647}],"name":"main"}`, Exists("protected_branches/{branch_in_path}", "/name"), nil, true},
		{"a protection that does not", "POST", "protected_branches", `{"allowed_to_push":[{"user_id":2147483647}],"name":"dev"}`, Exists("protected_branches/{branch_in_path}", "/name"), nil, false},
		{"push rules that do not exist", "POST", "push_rule", `{"branch_name_regex":"[","deny_delete_tag":true}`, Exists("push_rule", "/id"), map[string]string{"push_rule": `null`}, false},
		{"a rule of a merge request that is not there", "PUT", "merge_requests/9/approval_rules/" + NoID, `{"name":"x"}`, Opened(), nil, false},
		{"a merge of another's", "PUT", "merge_requests/7/merge", `{"sha":"` + Nowhere + `"}`, Opened(), map[string]string{"merge_requests/7": `{"iid":7,"state":"opened","target_branch":"main","author":{"username":"bob"}}`}, false},
		{"a merge of one's own", "PUT", "merge_requests/7/merge", `{"sha":"` + Nowhere + `"}`, Opened(), map[string]string{"merge_requests/7": `{"iid":7,"state":"opened","target_branch":"main","author":{"username":"alice"}}`}, true},
		{"a merge into another branch", "PUT", "merge_requests/7/merge", `{"sha":"` + Nowhere + `"}`, Opened(), map[string]string{"merge_requests/7": `{"iid":7,"state":"opened","target_branch":"playground","author":{"username":"alice"}}`}, false},
		{"a merge request that is closed", "PUT", "merge_requests/7/merge", `{"sha":"` + Nowhere + `"}`, Opened(), map[string]string{"merge_requests/7": `{"iid":7,"state":"merged"}`}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			for path, answer := range c.answers {
				s.answers[at+path] = answer
			}
			s.Config.Handler = withRetried(s, c.answers["all"])
			_, session := s.connect(t, nil)
			header := map[string]string{"Content-Type": "application/json"}
			request := targets.Request{Method: c.method, Path: at + c.path, Header: header, Body: []byte(c.body)}
			rule := targets.Rule{Method: c.method, Path: at + c.path, Header: header, Body: map[string]string{"": template.Literal(c.body)}, Mutating: true}
			if !strings.HasPrefix(c.path, "merge_requests/") { // which no fact makes harmless
				if x := session.Send(t.Context(), targets.Call{Request: request, Rules: resolved(t, c.path, c.body, rule)}); x.Sent != nil {
					t.Errorf("it leaves unprepared: %+v", x)
				}
			}
			rule.Prepare = c.prepare
			x := session.Send(t.Context(), targets.Call{Request: request, Rules: resolved(t, c.path, c.body, rule)})
			if sent := s.writes() == 1; sent != c.sent || (x.Unfit == "") != c.sent {
				t.Errorf("sent: %t, want %t: %+v", sent, c.sent, x)
			}
			if len(x.Steps) == 0 {
				t.Error("what was read does not stand in the record")
			}
		})
	}
}

// TestSince: what GitLab answers only since a version is not asked of an older
// one.
func TestSince(t *testing.T) {
	const path, body = "/api/v4/projects/42/pipeline", `{"ref":"main","variables":[{"key":"A"},{"key":"A"}]}`
	for version, sent := range map[string]bool{"17.11.0-ee": true, "18.0.1": true, "17.10.4-ee": false, "16.11.0": false, "nightly": false} {
		s := newServer(t)
		s.answers["/api/v4/metadata"] = `{"version":"` + version + `","enterprise":true}`
		_, session := s.connect(t, nil)
		request := targets.Request{Method: http.MethodPost, Path: path, Header: map[string]string{"Content-Type": "application/json"}, Body: []byte(body)}
		rule := targets.Rule{
			Method: http.MethodPost, Path: path, Header: request.Header, Body: map[string]string{"/ref": "main"}, Mutating: true,
			Prepare: Instance("17.11", "x", false),
		}
		x := session.Send(t.Context(), targets.Call{Request: request, Rules: []targets.Rule{rule}})
		if (s.writes() == 1) != sent || strings.Contains(x.Unfit, "needs GitLab 17.11") == sent {
			t.Errorf("%s: %+v", version, x)
		}
	}
}

// resolved fills the templates of a rule, as a run would for alice.
func resolved(t *testing.T, path, body string, rule targets.Rule) []targets.Rule {
	t.Helper()
	var named struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal([]byte(body), &named); err != nil {
		t.Fatal(err)
	}
	id := ""
	if parts := strings.Split(path, "/"); len(parts) > 1 {
		id = parts[1]
	}
	rules, err := targets.Resolve([]targets.Rule{rule}, map[string]string{
		"project": "42", "environment": "production", "developer": "alice", "branch_in_path": targets.InPath(named.Name),
		"user": "1001", "job": id, "deployment": id, "mergeRequest": id, "branch": "main",
	})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// withRetried answers the list of jobs that includes the retried ones.
func withRetried(s *server, all string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("include_retried") == "true" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(all))
			return
		}
		s.serve(w, r)
	})
}
