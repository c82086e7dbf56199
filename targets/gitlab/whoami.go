package gitlab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/xanzy/go-gitlab"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// Whoami asks the server who the token belongs to, whether it may be used for
// everything, and what the account is in the project; and whom the SSH key
// belongs to. What it says must be what the scenario says.
func (s *Session) Whoami(ctx context.Context) targets.Whoami {
	w := &whoami{session: s, check: targets.Whoami{Proof: targets.Failed}}
	for _, ask := range []func(context.Context) string{w.user, w.token, w.membership, w.key} {
		if w.check.Problem = ask(ctx); w.check.Problem != "" {
			return w.check
		}
	}
	w.check.Proof = targets.Proven
	return w.check
}

// whoami gathers the parts of the proof. The first exchange is the answer,
// what follows stands as its steps.
type whoami struct {
	session *Session
	check   targets.Whoami
	id      int
}

// ask reads one path into out; it answers with the problem, "" for none.
func (w *whoami) ask(ctx context.Context, path, about string, out any, keep ...string) string {
	x, body := w.session.get(ctx, path, nil, keep...)
	w.note(x)
	if x.Status != http.StatusOK || x.Truncated || json.Unmarshal(body, out) != nil {
		return about + ": " + Classify(targets.Case{Exchange: x}).Reason
	}
	return ""
}

func (w *whoami) note(x targets.Exchange) {
	if w.check.Exchange.Sent == nil && w.check.Exchange.Refused == "" {
		w.check.Exchange = x
		return
	}
	w.check.Exchange.Steps = append(w.check.Exchange.Steps, x)
}

func (w *whoami) user(ctx context.Context) string {
	var user gitlab.User
	if problem := w.ask(
		ctx,
		api+"user",
		"the server did not say who the caller is",
		&user,
		"/id",
		"/username",
		"/state",
		"/is_admin",
	); problem != "" {
		return problem
	}
	w.id = user.ID
	want := on(w.session.identity).Username
	switch {
	case user.Username != want:
		return fmt.Sprintf("the server sees %q, the scenario says %q", user.Username, want)
	case user.State != "active":
		return fmt.Sprintf("the account %s is %s", want, user.State)
	case user.IsAdmin && w.session.identity.Role == targets.Developer:
		return fmt.Sprintf("the account %s is an administrator, whom GitLab refuses little: it tests nothing", want)
	}
	w.check.Subject = targets.Subject{Name: user.Username, UID: strconv.Itoa(user.ID)}
	return ""
}

func (w *whoami) token(ctx context.Context) string {
	var token gitlab.PersonalAccessToken
	if problem := w.ask(ctx, api+"personal_access_tokens/self", "the server did not describe the token", &token,
		"/id", "/name", "/active", "/revoked", "/scopes", "/expires_at"); problem != "" {
		return problem
	}
	w.check.Subject.Extra = map[string][]string{"scopes": token.Scopes, "token": {strconv.Itoa(token.ID)}}
	switch {
	case !token.Active || token.Revoked:
		return "the token is not active"
	case !slices.Contains(token.Scopes, "api") && w.session.identity.Role != targets.Observer:
		return fmt.Sprintf("the token has the scopes %s: without api a refusal says nothing of the account", strings.Join(token.Scopes, ", "))
	}
	return ""
}

func (w *whoami) membership(ctx context.Context) string {
	p := w.session.project
	problem, x := p.same(ctx, w.session)
	w.note(x)
	if problem != "" {
		return problem
	}
	x, body := w.session.get(ctx, fmt.Sprintf("%smembers/all/%d", p.path(), w.id), nil, "/access_level", "/expires_at", "/state")
	w.note(x)
	var member gitlab.ProjectMember
	switch {
	case x.Status == http.StatusOK && !x.Truncated && json.Unmarshal(body, &member) == nil:
		w.check.Subject.Groups = []string{"access level " + strconv.Itoa(int(member.AccessLevel))}
	case x.Status == http.StatusNotFound && w.session.identity.Role == targets.Unprivileged:
		w.check.Subject.Groups = []string{"no member"}
	default:
		return "the membership in the project: " + Classify(targets.Case{Exchange: x}).Reason
	}
	return ""
}

// key asks the SSH server whose key it is (gitlab-shell greets by name).
func (w *whoami) key(ctx context.Context) string {
	if w.session.as.key == nil || w.session.project.hostKey == nil {
		return ""
	}
	lease := w.session.lease([]targets.Rule{{Method: guard.MethodSSH}})
	answer, err := w.session.project.guard.Converse(ctx, lease, guard.Conversation{Open: w.session.openSSH("")})
	x := lease.Exchange()
	w.note(x)
	if err != nil {
		return "the SSH server did not say whose key it is: " + lease.Redact(err.Error())
	}
	want := "@" + on(w.session.identity).Username + "!"
	if fields := strings.Fields(string(answer)); !slices.Contains(fields, want) {
		return fmt.Sprintf("the SSH server greets %q, not %s", strings.TrimSpace(lease.Redact(string(answer))), want)
	}
	return ""
}
