package gitlab

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// readable is an instance on which everything that a prediction reads can be
// read: alice, 11, is a developer of payments/backend/api and nothing else.
func readable() map[string]string {
	return map[string]string{
		"user":                                 `{"id":11,"username":"alice"}`,
		"metadata":                             `{"version":"18.9.0-ee","enterprise":true}`,
		"users/11":                             `{"id":11,"is_admin":false}`,
		"projects/42":                          `{"id":42,"namespace":{"kind":"group"},"shared_with_groups":[]}`,
		"projects/42/members/all/11":           `{"id":11,"access_level":30,"membership_state":"active"}`,
		"projects/42/members/11":               `{"id":11,"access_level":30,"membership_state":"active"}`,
		"groups/payments":                      `{"full_path":"payments","shared_with_groups":[]}`,
		"groups/payments/members/11":           "404",
		"groups/payments%2Fbackend":            `{"full_path":"payments/backend","shared_with_groups":[]}`,
		"groups/payments%2Fbackend/members/11": "404",
		"projects/42/protected_branches/main":  `{"name":"main","push_access_levels":[{"access_level":40}]}`,
		"projects/42/approvals":                `{"disable_overriding_approvers_per_merge_request":false}`,
	}
}

// reviewOf is the review of an instance, with the membership as its answer.
func reviewOf(answers map[string]string) targets.Exchange {
	var x targets.Exchange
	for path, body := range answers {
		step := answered(http.StatusOK, body)
		if body == "404" {
			step = answered(http.StatusNotFound, `{"message":"404 Not found"}`)
		}
		if body == "403" {
			step = answered(http.StatusForbidden, `{"message":"403 Forbidden"}`)
		}
		step.Sent = &targets.Sent{Method: http.MethodGet, URL: "https://gitlab.corp.example/api/v4/" + path}
		if strings.HasSuffix(path, "/members/all/11") {
			step.Steps = x.Steps
			x = step
			continue
		}
		x.Steps = append(x.Steps, step)
	}
	return x
}

func TestForesees(t *testing.T) {
	const (
		unprotectTag = "DELETE /projects/:id/protected_tags/:name"
		rules        = "PUT /projects/:id/merge_requests/:iid/approval_rules/:approval_rule_id"
		account      = "PUT /users/:id"
		force        = "a push by force"
		commits      = "POST /projects/:id/repository/commits"
		amend        = "PATCH /projects/:id/protected_branches/:name"
		protect      = "POST /projects/:id/protected_branches"
		unprotect    = "PUT /projects/:id/repository/branches/:branch/unprotect"
		member       = `{"id":11,"access_level":30,"membership_state":"active","member_role":{"id":7}}`
	)
	with := func(pairs ...string) map[string]string {
		out := readable()
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	maintainer := `{"id":11,"access_level":40,"membership_state":"active"}`
	for name, c := range map[string]struct {
		verb    string
		answers map[string]string
		want    targets.Opinion
	}{
		"a developer":                      {unprotectTag, readable(), targets.Denies},
		"a maintainer":                     {unprotectTag, with("projects/42/members/all/11", maintainer), targets.Allows},
		"nobody":                           {unprotectTag, with("projects/42/members/all/11", "404", "projects/42/members/11", "404"), targets.Denies},
		"a custom role here":               {unprotectTag, with("projects/42/members/11", member), targets.Unsure},
		"a custom role above":              {unprotectTag, with("groups/payments/members/11", member), targets.Unsure},
		"a custom role in what counts":     {unprotectTag, with("projects/42/members/all/11", member), targets.Unsure},
		"a group that cannot be read":      {unprotectTag, with("groups/payments", "403"), targets.Unsure},
		"a membership that cannot be read": {unprotectTag, with("groups/payments%2Fbackend/members/11", "403"), targets.Unsure},
		"a group that is invited":          {unprotectTag, with("projects/42", `{"namespace":{"kind":"group"},"shared_with_groups":[{"group_id":5}]}`), targets.Unsure},
		"a group invited above":            {unprotectTag, with("groups/payments", `{"shared_with_groups":[{"group_id":5}]}`), targets.Unsure},
		"a person's own project":           {unprotectTag, with("projects/42", `{"namespace":{"kind":"user"},"shared_with_groups":[]}`, "groups/payments", "404"), targets.Denies},
		"before memberships showed roles":  {unprotectTag, with("metadata", `{"version":"17.3.0-ee","enterprise":true}`), targets.Unsure},
		"an unknown edition":               {unprotectTag, with("metadata", `{"version":"15.0.0"}`), targets.Unsure},
		"the Community Edition":            {unprotectTag, with("metadata", `{"version":"15.0.0","enterprise":false}`, "groups/payments", "403"), targets.Denies},
		"no membership":                    {unprotectTag, with("projects/42/members/all/11", "403"), targets.Unsure},
		"somebody else's membership":       {unprotectTag, with("projects/42/members/all/11", `{"id":12,"access_level":30}`), targets.Unsure},
		"nobody known":                     {unprotectTag, with("user", "403"), targets.Unsure},

		"a branch that names who may": {unprotect, with("projects/42/members/all/11", maintainer, "projects/42/protected_branches/main", `{"name":"main","unprotect_access_levels":[{"user_id":9}]}`), targets.Unsure},
		"a branch that names nobody":  {unprotect, with("projects/42/members/all/11", maintainer), targets.Allows},

		"a branch that names who may, and its protection": {amend, with("projects/42/members/all/11", maintainer, "projects/42/protected_branches/main", `{"name":"main","unprotect_access_levels":[{"user_id":9}]}`), targets.Unsure},
		"a branch that names who may, protected anew":     {protect, with("projects/42/members/all/11", maintainer, "projects/42/protected_branches/main", `{"name":"main","unprotect_access_levels":[{"user_id":9}]}`), targets.Unsure},
		"a branch that names nobody, and its protection":  {amend, with("projects/42/members/all/11", maintainer), targets.Allows},
		"a group of digits, which is another's":           {unprotectTag, with("groups/payments", `{"full_path":"somebody-else","shared_with_groups":[]}`), targets.Unsure},

		"rules that can be overridden":  {rules, readable(), targets.Allows},
		"rules that are fixed":          {rules, with("projects/42/approvals", `{"disable_overriding_approvers_per_merge_request":true}`), targets.Denies},
		"rules that cannot be read":     {rules, with("projects/42/approvals", "403"), targets.Unsure},
		"no administrator":              {account, readable(), targets.Denies},
		"an administrator":              {account, with("users/11", `{"is_admin":true}`), targets.Allows},
		"whether it is one is not seen": {account, with("users/11", `{"id":11}`), targets.Unsure},

		"a push":                          {gitPush, readable(), targets.Unsure},
		"a push, the level":               {gitPush, with("projects/42/protected_branches/main", `{"name":"main","push_access_levels":[{"access_level":30}]}`), targets.Allows},
		"a push, the account":             {gitPush, with("projects/42/protected_branches/main", `{"name":"main","push_access_levels":[{"access_level":40,"user_id":11}]}`), targets.Allows},
		"a push, a group":                 {gitPush, with("projects/42/protected_branches/main", `{"name":"main","push_access_levels":[{"access_level":30,"group_id":11}]}`), targets.Unsure},
		"a push, nobody's":                {gitPush, with("projects/42/protected_branches/main", `{"name":"main","push_access_levels":[{"access_level":0}]}`), targets.Unsure},
		"a push, another branch was read": {gitPush, with("projects/42/protected_branches/main", `{"name":"dev","push_access_levels":[{"access_level":30}]}`), targets.Unsure},
		"a push by force":                 {force, with("projects/42/protected_branches/main", `{"name":"main","push_access_levels":[{"access_level":30}]}`), targets.Unsure},
		"a commit":                        {commits, with("projects/42/protected_branches/main", `{"name":"main","push_access_levels":[{"access_level":30}]}`), targets.Allows},
		"something else":                  {"POST /projects/:id/jobs/:job_id/play", readable(), targets.Unsure},
	} {
		a := targets.Action{Verb: c.verb, Scope: "payments/backend/api"}
		switch c.verb {
		case gitPush:
			a.Resource = "refs/heads/main"
		case force:
			a.Verb, a.Resource, a.Name = gitPush, "refs/heads/main", string(targets.PushForce)
		case commits:
			a.Resource, a.Name = "commit", "main"
		}
		ask := func(answers map[string]string) targets.Opinion {
			return Oracle().Opinion(a, func(targets.Review) (targets.Exchange, bool) { return reviewOf(answers), true })
		}
		if got := ask(c.answers); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		// What is left out makes nobody surer.
		for path := range c.answers {
			less := maps.Clone(c.answers)
			delete(less, path)
			if got := ask(less); got != c.want && got != targets.Unsure {
				t.Errorf("%s, without %s: %s", name, path, got)
			}
		}
	}
}

// TestReview: what a prediction reads can be read, as the observer, and no more.
func TestReview(t *testing.T) {
	s := newServer(t)
	s.answers["/api/v4/projects/42/members/all/11"] = `{"id":11,"access_level":30}`
	p, session := s.connect(t, nil)
	x := session.Review(t.Context(), targets.Review{Kind: projectReview, Action: targets.Action{Scope: "payments/api"}})
	for _, step := range append([]targets.Exchange{x}, x.Steps...) {
		if step.Sent == nil || step.Sent.Method != http.MethodGet {
			t.Errorf("it did not leave: %+v", step)
		}
	}
	if n := s.writes(); n != 0 {
		t.Errorf("%d writes", n)
	}
	for _, path := range []string{"groups/other", "groups/payments/variables", "groups/payments/members", "groups/payments%2Fapi", "users", "users/11/keys"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v4/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.invariant(r, nil, nil) == nil {
			t.Errorf("GET %s leaves", path)
		}
	}
}
