package gitlab

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

func answered(status int, body string) targets.Exchange {
	return targets.Exchange{Status: status, Body: body, Headers: map[string]string{"Content-Type": "application/json"}}
}

func said(status int, text string) targets.Exchange {
	return targets.Exchange{Status: status, Body: text, Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}}
}

// hooked is a push that the pre-receive hook refused with some words.
func hooked(words string) targets.Exchange {
	return targets.Exchange{Git: &targets.GitReport{
		Unpack: "ok", Sideband: words,
		Refs: []targets.GitRefStatus{{Ref: "refs/heads/main", Status: "ng", Reason: "pre-receive hook declined"}},
	}}
}

func refused(reason string) targets.Exchange {
	return targets.Exchange{Git: &targets.GitReport{Unpack: "ok", Refs: []targets.GitRefStatus{{Ref: "refs/heads/main", Status: "ng", Reason: reason}}}}
}

func TestClassify(t *testing.T) {
	const (
		commits = "POST /projects/:id/repository/commits"
		merge   = "PUT /projects/:id/merge_requests/:merge_request_iid/merge"
		members = "POST /projects/:id/members"
		retry   = "POST /projects/:id/jobs/:job_id/retry"
	)
	step := func(x targets.Exchange, body string) targets.Exchange {
		x.Steps = []targets.Exchange{answered(200, body)}
		return x
	}
	shell := func(text string) targets.Exchange {
		return targets.Exchange{Git: &targets.GitReport{Fatal: "remote: \nremote: ====\nremote: \nremote: " + text + "\nremote: \nremote: ====\nremote: "}}
	}
	for _, c := range []struct {
		name, action string
		x            targets.Exchange
		class        targets.Class
		layer        targets.Layer
	}{
		{"a commit", commits, answered(403, `{"message":"403 Forbidden - You are not allowed to push into this branch"}`), targets.Denied, targets.BranchProtection},
		{"the words of a commit elsewhere", members, answered(403, `{"message":"403 Forbidden - You are not allowed to push into this branch"}`), targets.Unknown, ""},
		{"the words with another status", commits, answered(400, `{"message":"403 Forbidden - You are not allowed to push into this branch"}`), targets.Invalid, ""},
		{"the words in a page", commits, targets.Exchange{Status: 403, Headers: map[string]string{"Content-Type": "text/html"}, Body: `{"message":"403 Forbidden - You are not allowed to push into this branch"}`}, targets.Unreachable, ""},
		{"the words and more", commits, answered(403, `{"message":"403 Forbidden - You are not allowed to push into this branch!"}`), targets.Unknown, ""},
		{"two messages", members, answered(403, `{"message":["403 Forbidden","and more"]}`), targets.Unknown, ""},
		{"a commit that would be made", commits, answered(400, `{"message":"A branch called 'main' already exists. Switch"}`), targets.Reached, ""},
		{"a commit that was made", commits, answered(201, `{"id":"x"}`), targets.Mutated, ""},
		{"a success with a message", members, answered(200, `{"message":"the promotion awaits approval"}`), targets.Mutated, ""},
		{"a success that is a list", members, answered(201, `[]`), targets.Mutated, ""},
		{"a success without an object", commits, answered(200, `null`), targets.Mutated, ""},
		{"a success of a proxy's", commits, targets.Exchange{Status: 200, Headers: map[string]string{"Content-Type": "text/html"}, Body: "<html>sign in</html>"}, targets.Unreachable, ""},
		{"a bare 403 elsewhere", commits, answered(403, `{"message":"403 Forbidden"}`), targets.Unknown, ""},
		{"a member", members, answered(403, `{"message":"403 Forbidden"}`), targets.Denied, targets.ProjectRole},
		{"scopes", members, answered(403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token."}`), targets.HarnessDenied, ""},
		{"a blocked account", members, answered(403, `{"message":"403 Forbidden - Your account has been blocked."}`), targets.Denied, targets.AccountState},
		{"sudo", members, answered(403, `{"message":"403 Forbidden - Must be admin to use sudo"}`), targets.HarnessDenied, ""},
		{"an unknown token", members, answered(401, `{"message":"401 Unauthorized"}`), targets.Unauthenticated, ""},
		{"an expired token", merge, answered(401, `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`), targets.Unauthenticated, ""},
		{"a merge", merge, answered(401, `{"message":"401 Unauthorized"}`), targets.Denied, targets.BranchProtection},
		{"a merge without approval", merge, step(answered(405, `{"message":"405 Method Not Allowed"}`), `{"detailed_merge_status":"not_approved"}`), targets.Denied, targets.MergeApproval},
		{"a merge of a draft", merge, step(answered(405, `{"message":"405 Method Not Allowed"}`), `{"detailed_merge_status":"draft_status"}`), targets.Unknown, ""},
		{"a merge, and nobody knows why not", merge, answered(405, `{"message":"405 Method Not Allowed"}`), targets.Unknown, ""},
		{"a merge with conflicts", merge, answered(422, `{"message":"Branch cannot be merged"}`), targets.Invalid, ""},
		{"a retry", retry, answered(403, `{"message":"403 Forbidden"}`), targets.Denied, targets.EnvironmentProtection},
		{"a retry that cannot be", retry, answered(403, `{"message":"403 Forbidden - Job is not retryable"}`), targets.Reached, ""},
		{"no project", members, answered(404, `{"message":"404 Project Not Found"}`), targets.TargetMissing, ""},
		{"a record that is not there", members, answered(404, `{"message":"404 Not found"}`), targets.Reached, ""},
		{"a route that is not there, in a record's words", members, answered(404, `{"error":"404 Not found"}`), targets.TargetMissing, ""},
		{"a licence that is not there", members, answered(404, `{"message":"404 Not Found"}`), targets.TargetMissing, ""},
		{"more than the words", members, answered(404, `{"message":"404 Not found in the cache"}`), targets.TargetMissing, ""},
		{"a bypass that wants a reason", "git-push", hooked("GitLab: Bypass reason is required when bypassing security policy restrictions"), targets.Unknown, ""},
		{"a route that is not there", "PUT /projects/:id/approval_rules/:id", answered(404, `{"error":"404 Not Found"}`), targets.TargetMissing, ""},
		{"throttled", members, answered(429, `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`), targets.Throttled, ""},
		{"throttled by rack-attack", members, said(429, "Retry later\n"), targets.Throttled, ""},
		{"banned", members, said(403, "Forbidden\n"), targets.HarnessDenied, ""},
		{"locked", members, answered(409, `{"message":"409 Conflict: Resource lock"}`), targets.ServerError, ""},
		{"a simulated pipeline", "POST /projects/:id/ci/lint", answered(200, `{"valid":false,"errors":["You do not have sufficient permission to run a pipeline on 'main'. Please select a different branch or contact your administrator for assistance."]}`), targets.Denied, targets.PipelinePermission},
		{"a simulated pipeline that would run", "POST /projects/:id/ci/lint", answered(200, `{"valid":true,"errors":[]}`), targets.Reached, ""},
		{"a simulated pipeline with a mistake", "POST /projects/:id/ci/lint", answered(200, `{"valid":false,"errors":["jobs config should contain at least one visible job"]}`), targets.Unknown, ""},
		{"a registry token", "GET /jwt/auth", answered(200, `{"access":[{"type":"repository","name":"a","actions":["pull","push"]}]}`), targets.Reached, ""},
		{"a registry token to pull", "GET /jwt/auth", answered(200, `{"access":[{"type":"repository","name":"a","actions":["pull"]}]}`), targets.Denied, targets.ProjectRole},
		{"a registry token that denies tags", "GET /jwt/auth", answered(200, `{"access":[{"type":"repository","name":"a","actions":["pull","push"],"meta":{"tag_deny_access_patterns":{"push":["^v"]}}}]}`), targets.Unknown, ""},
		{"a registry token with tags that cannot be changed", "GET /jwt/auth", answered(200, `{"access":[{"type":"repository","name":"a","actions":["push"],"meta":{"tag_immutable_patterns":["^v"]}}]}`), targets.Unknown, ""},
		{"a registry token that denies no tag", "GET /jwt/auth", answered(200, `{"access":[{"type":"repository","name":"a","actions":["push"],"meta":{"tag_deny_access_patterns":{"push":[],"delete":["^v"]}}}]}`), targets.Reached, ""},
		{"half an answer", members, targets.Exchange{Status: 403, Truncated: true, Body: `{"message":"403 Forbidden"}`}, targets.Unknown, ""},

		{"a push", "git-push", hooked("GitLab: You are not allowed to push code to protected branches on this project.\n"), targets.Denied, targets.BranchProtection},
		{"a push, as git shows it", "git-push", hooked("remote: GitLab: You are not allowed to push code to protected branches on this project.\nremote: \n"), targets.Denied, targets.BranchProtection},
		{"a push by a reporter", "git-push", hooked("GitLab: You are not allowed to push code to this project."), targets.Denied, targets.ProjectRole},
		{"a push without words", "git-push", hooked(""), targets.Unknown, ""},
		{"a push, and Rails is down", "git-push", hooked("GitLab: Internal API unreachable"), targets.ServerError, ""},
		{"a push, and Rails fails", "git-push", hooked("GitLab: Internal API error (500)"), targets.ServerError, ""},
		{"a push too many", "git-push", hooked("GitLab: This endpoint has been requested too many times. Try again later."), targets.Throttled, ""},
		{"a push against another server's words", "git-push", hooked("error: Not allowed to push to protected branch main"), targets.Unknown, ""},
		{"a push with two messages", "git-push", hooked("GitLab: You are not allowed to push code to protected branches on this project.\nGitLab: Internal API unreachable"), targets.Unknown, ""},
		{"a push that only an update hook refused", "git-push", refused("hook declined"), targets.Unknown, ""},
		{"a push that lost", "git-push", refused("failed to update ref"), targets.Reached, ""},
		{"a push that lost, git 2.51", "git-push", refused("incorrect old value provided"), targets.Reached, ""},
		{"a push that lost, Gitaly", "git-push", refused("reference does not point to expected object"), targets.Reached, ""},
		{"a push that landed", "git-push", targets.Exchange{Git: &targets.GitReport{Unpack: "ok", Refs: []targets.GitRefStatus{{Ref: "refs/heads/main", Status: "ok"}}}}, targets.Mutated, ""},
		{"a push of something else", "git-push", targets.Exchange{Git: &targets.GitReport{Unpack: "ok", Refs: []targets.GitRefStatus{{Ref: "refs/heads/dev", Status: "ng", Reason: "failed to update ref"}}}}, targets.Unknown, ""},
		{"a push without a pack", "git-push", targets.Exchange{Git: &targets.GitReport{Unpack: "unpack eof before pack header was fully read", Refs: []targets.GitRefStatus{{Ref: "refs/heads/main", Status: "ng", Reason: "unpacker error"}}}}, targets.Invalid, ""},
		{"a push of something else that landed", "git-push", targets.Exchange{Git: &targets.GitReport{Unpack: "ok", Refs: []targets.GitRefStatus{{Ref: "refs/heads/dev", Status: "ok"}}}}, targets.Mutated, ""},
		{"two refs, and one landed", "git-push", targets.Exchange{Git: &targets.GitReport{Unpack: "ok", Refs: []targets.GitRefStatus{{Ref: "refs/heads/main", Status: "ng", Reason: "failed to update ref"}, {Ref: "refs/heads/dev", Status: "ok"}}}}, targets.Mutated, ""},
		{"a refusal without a report", "git-push", targets.Exchange{Status: 200, Git: &targets.GitReport{Sideband: "GitLab: You are not allowed to push code to protected branches on this project.\n"}}, targets.Unknown, ""},
		{"a refusal without a report, over SSH", "git-push", targets.Exchange{Git: &targets.GitReport{Sideband: "GitLab: You are not allowed to push code to protected branches on this project.\n"}}, targets.Unknown, ""},
		{"gitlab-shell's words over HTTP", "git-push", targets.Exchange{Status: 200, Git: &targets.GitReport{Fatal: "You are not allowed to push code to this project."}}, targets.Unknown, ""},
		{"a delete that was carried out", "DELETE /projects/:id/protected_tags/:name", targets.Exchange{Status: 204}, targets.Mutated, ""},
		{"a write that was carried out, in plain text", "POST /projects/:id/members", targets.Exchange{Status: 201, Headers: map[string]string{"Content-Type": "text/plain"}, Body: "ok"}, targets.Mutated, ""},
		{"a write that was carried out, cut off", "POST /projects/:id/members", targets.Exchange{Status: 201, Truncated: true, Headers: map[string]string{"Content-Type": "application/json"}}, targets.Mutated, ""},
		{"a page in place of an answer to a write", "POST /projects/:id/members", targets.Exchange{Status: 200, Headers: map[string]string{"Content-Type": "text/html"}, Body: "<html>"}, targets.Unreachable, ""},
		{"Gitaly is busy", "git-push", targets.Exchange{Git: &targets.GitReport{Unpack: "server is busy", Sideband: "GitLab is currently unable to handle this request due to load.\n"}}, targets.Throttled, ""},
		{"a queue of Gitaly's is full", "git-push", shell("rpc error: code = ResourceExhausted desc = maximum queue size reached"), targets.Throttled, ""},
		{"gitlab-sshd without Gitaly", "git-push", shell("ERROR: The git server, Gitaly, is not available at this time. Please contact your administrator."), targets.ServerError, ""},
		{"a hook of the server's own", "git-push", hooked("GL-HOOK-ERR: no commits on Friday\n"), targets.Unknown, ""},
		{"an update hook under transactions", "git-push", refused("update hook failed"), targets.Unknown, ""},
		{"the ref is gone under transactions", "git-push", refused("exit status 128"), targets.Unknown, ""},
		{"Rails fails after it allowed", "git-push", hooked("calling pre_receive endpoint: http post to gitlab api /pre_receive endpoint: 500 Internal Server Error"), targets.Unknown, ""},
		{"an empty repository", "git-push", hooked("GitLab: \nA default branch (e.g. main) does not yet exist for payments/api\nAsk a project Owner or Maintainer to create a default branch:\n\n  https://gitlab.corp.example/payments/api/-/project_members"), targets.Unknown, ""},
		{"receive-pack without a body", "git-push", targets.Exchange{Status: 500, Headers: map[string]string{"Content-Type": "application/x-git-receive-pack-result"}}, targets.ServerError, ""},
		{"an old commit's refusal", commits, answered(400, `{"message":"You are not allowed to push into this branch"}`), targets.Denied, targets.BranchProtection},
		{"before a push", "git-push", said(403, "You are not allowed to push code to this project."), targets.Denied, targets.ProjectRole},
		{"before a push, scopes", "git-push", said(403, "You are not allowed to upload code."), targets.HarnessDenied, ""},
		{"before a push, archived", "git-push", said(403, "You can't push code to an archived project."), targets.Unsupported, ""},
		{"before a push, no password", "git-push", said(401, "HTTP Basic: Access denied."), targets.Unauthenticated, ""},
		{"over SSH", "git-push", shell("You are not allowed to push code to this project."), targets.Denied, targets.ProjectRole},
		{"over SSH, as it was", "git-push", shell("ERROR: You are not allowed to push code to this project."), targets.Denied, targets.ProjectRole},
		{"over SSH, no project", "git-push", shell("The project you were looking for could not be found or you don't have permission to view it."), targets.TargetMissing, ""},
		{"over SSH, another key", "git-push", targets.Exchange{TransportError: "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]"}, targets.Unauthenticated, ""},
		{"no harmless form", "git-push", targets.Exchange{Unfit: "the branch has 2 commits"}, targets.Unsupported, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := targets.Asked{System: Name, Subject: "alice", Action: c.action, Scope: "payments/api", Reached: []string{
				"text:A branch called 'main' already exists…", "text:Job is not retryable", "code:valid", "code:push", "text:404 Not found",
			}}
			if c.action == "git-push" {
				asked.Resource = "refs/heads/main"
			}
			got := Classify(targets.Case{Asked: asked, Exchange: c.x})
			if got.Class != c.class || got.Layer != c.layer {
				t.Errorf("%+v, want %s %s", got, c.class, c.layer)
			}
			asked.Subject = ""
			if got := Classify(targets.Case{Asked: asked, Exchange: c.x}); got.Class == targets.Denied {
				t.Errorf("nobody was refused, and it is %+v", got)
			}
		})
	}
}

// FuzzClassify: every answer has one of the classes, a layer only with a
// denial, and a denial only where somebody was asked for.
func FuzzClassify(f *testing.F) {
	f.Add("git-push", 403, `{"message":"403 Forbidden"}`, "GitLab: x", "pre-receive hook declined")
	f.Add("POST /projects/:id/members", 401, `{"message":{"base":["x"]}}`, "", "")
	f.Fuzz(func(t *testing.T, action string, status int, body, sideband, reason string) {
		for _, x := range []targets.Exchange{
			answered(status, body), said(status, body),
			{Git: &targets.GitReport{Unpack: "ok", Sideband: sideband, Refs: []targets.GitRefStatus{{Ref: "r", Status: "ng", Reason: reason}}}},
			{Git: &targets.GitReport{Fatal: sideband}},
		} {
			for _, subject := range []string{"alice", ""} {
				got := Classify(targets.Case{Asked: targets.Asked{Subject: subject, Action: action}, Exchange: x})
				if !slices.Contains(targets.Classes(), got.Class) || (got.Layer != "") != (got.Class == targets.Denied) || got.Class == targets.Denied && subject == "" {
					t.Errorf("%+v of %+v", got, x)
				}
			}
		}
	})
}

// TestGranted: of a registry's token only what it allows is kept.
func TestGranted(t *testing.T) {
	got, ok := granted([]byte(`{"token":"e30.eyJhY2Nlc3MiOlt7InR5cGUiOiJyZXBvc2l0b3J5IiwibmFtZSI6ImEiLCJhY3Rpb25zIjpbInB1bGwiXX1dLCJzZWNyZXQiOiJ4In0.c2ln"}`))
	if !ok || !json.Valid([]byte(got)) || got != `{"access":[{"type":"repository","name":"a","actions":["pull"]}]}` {
		t.Errorf("%t %s", ok, got)
	}
	claims := `{"access":[{"type":"repository","name":"a","actions":["push"],"meta":{"project_path":"x","tag_deny_access_patterns":{"push":["^v"]}}}]}`
	got, _ = granted([]byte(`{"token":"e30.` + base64.RawURLEncoding.EncodeToString([]byte(claims)) + `.c2ln"}`))
	if want := `{"access":[{"type":"repository","name":"a","actions":["push"],"meta":{"tag_deny_access_patterns":{"push":["^v"]}}}]}`; got != want {
		t.Errorf("what it denies is lost: %s", got)
	}
	for _, bad := range []string{``, `{}`, `{"token":"a"}`, `{"token":"a.b.c"}`, `{"token":"a.!!.c"}`} {
		if got, ok := granted([]byte(bad)); ok {
			t.Errorf("%s grants %s", bad, got)
		}
	}
}
