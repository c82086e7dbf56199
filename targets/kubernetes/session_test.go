package kubernetes

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/sodprobe/sodprobe/targets"
)

func TestWhoami(t *testing.T) {
	account := targets.Identity{ID: "ci", Blocks: targets.Blocks{&Identity{ServiceAccount: &ServiceAccount{Namespace: "ci", Name: "deploy"}}}}
	withUID := alice()
	on(withUID).Impersonate.UID = "42"
	withExtra := alice()
	on(withExtra).Impersonate.Extra = map[string][]string{"Scopes": {"x"}}
	bare := alice()
	on(bare).Impersonate.Groups = nil
	groups := func(change func([]string) []string) func(string, []string) (string, []string) {
		return func(name string, g []string) (string, []string) { return name, change(g) }
	}
	for _, c := range []struct {
		name  string
		as    targets.Identity
		sees  func(string, []string) (string, []string)
		proof targets.Proof
	}{
		{"as asked", alice(), nil, targets.Proven},
		{"a uid", withUID, nil, targets.Proven},
		{"a ServiceAccount", account, nil, targets.Proven},
		{"no groups", bare, nil, targets.Proven},
		{"the groups in another order", alice(), groups(func(g []string) []string { slices.Reverse(g); return g }), targets.Proven},
		{"a group more", alice(), groups(func(g []string) []string { return append(g, "admins") }), targets.Failed},
		{"a group less", alice(), groups(func([]string) []string { return []string{"system:authenticated"} }), targets.Failed},
		{"an extra less", withExtra, nil, targets.Failed},
		{"another name", alice(), func(string, []string) (string, []string) {
			return "Alice", []string{"developers", "system:authenticated"}
		}, targets.Failed},
		{"no name", alice(), func(string, []string) (string, []string) { return "", nil }, targets.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			s.sees = c.sees
			check := assume(t, s.connect(t), c.as).Whoami(t.Context())
			if check.Proof != c.proof || (check.Problem == "") != (c.proof == targets.Proven) {
				t.Errorf("%+v, want %s", check, c.proof)
			}
		})
	}
	if got := mismatch(on(withUID), targets.Subject{Name: "alice", UID: "43", Groups: []string{"developers", "system:authenticated"}}); !strings.Contains(got, "uid") {
		t.Errorf("another uid: %q", got)
	}
}

// TestSend: the identity, the audit id and the run's marker go with a call.
func TestSend(t *testing.T) {
	s := newServer(t)
	id := alice()
	on(id).Impersonate.Extra = map[string][]string{"Example.com/Scopes": {"a", "b"}}
	x := assume(t, s.connect(t), id).Send(t.Context(), patchCall())
	if x.Status != http.StatusOK {
		// Escaped extra keys must pass the guard as well.
		t.Fatalf("%+v", x)
	}
	r := s.requests()[0]
	for name, want := range map[string]string{
		"Impersonate-User": "alice", "Impersonate-Group": "developers", "Audit-Id": patchCall().ID, "User-Agent": marker,
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	found := false
	for name, values := range r.Header {
		found = found || (strings.EqualFold(name, "Impersonate-Extra-example.com%2Fscopes") && slices.Equal(values, []string{"a", "b"}))
	}
	if !found || r.URL.RawQuery != "dryRun=All&fieldManager="+marker {
		t.Errorf("%s %v", r.URL, r.Header)
	}
	if strings.Contains(x.Body, "template") {
		t.Errorf("the record holds more than the listed fields: %s", x.Body)
	}
}

func TestReadDigest(t *testing.T) {
	s := newServer(t)
	session := assume(t, s.connect(t), alice())
	query := state(apiPath, "api", "/spec/template/spec/containers/0/image", "/spec/replicas")
	object := s.objects[apiPath]
	read := func() string {
		t.Helper()
		got := session.Read(t.Context(), query)
		if !got.Read || !got.Exists {
			t.Fatalf("%+v", got)
		}
		return got.Digest
	}
	meta, spec := object["metadata"].(map[string]any), object["spec"].(map[string]any)
	first := read()
	meta["resourceVersion"] = "8"
	if read() != first {
		t.Error("the resourceVersion is not part of the digest")
	}
	spec["replicas"] = uint64(9007199254740992)
	large := read()
	spec["replicas"] = uint64(9007199254740993)
	if read() == large || large == first {
		t.Error("two numbers have one digest")
	}
	spec["template"] = map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"image": "a:2"}}}}
	image := read()
	meta["uid"] = "u2"
	if read() == image {
		t.Error("another object has the same digest")
	}
	if body := session.Read(t.Context(), query).Exchange.Body; strings.Contains(body, "image") {
		t.Errorf("the record holds the fields: %s", body)
	}
}

// TestReadOurs: an object of this run is known by name, label or manager.
func TestReadOurs(t *testing.T) {
	for name, metadata := range map[string]map[string]any{
		"name":    {"name": marker, "uid": "u"},
		"label":   {"name": "x", "uid": "u", "labels": map[string]any{"run": marker}},
		"manager": {"name": "x", "uid": "u", "managedFields": []any{map[string]any{"manager": marker}}},
	} {
		s := newServer(t)
		s.objects[apiPath]["metadata"] = metadata
		if got := assume(t, s.connect(t), alice()).Read(t.Context(), state(apiPath, "api")); !got.Ours {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestReadUnsure: what is neither an object nor a clear absence is not read.
func TestReadUnsure(t *testing.T) {
	s := newServer(t)
	s.objects[ghostPath] = map[string]any{"kind": "Deployment"}
	session := assume(t, s.connect(t), alice())
	if got := session.Read(t.Context(), state(ghostPath, "ghost")); got.Read || got.Problem == "" {
		t.Errorf("no uid: %+v", got)
	}
	if got := session.Read(t.Context(), state("/apis/apps/v1/namespaces/prod/replicasets/ghost", "ghost")); got.Read || got.Exists {
		t.Errorf("another kind is missing: %+v", got)
	}
}

// TestReadSecret: of a Secret, only metadata is ever asked for.
func TestReadSecret(t *testing.T) {
	s := newServer(t)
	session := assume(t, s.connect(t), alice())
	query := targets.StateQuery{Request: targets.Request{Resource: "secrets", Name: "x", Path: "/api/v1/namespaces/prod/secrets/x"}}
	session.Read(t.Context(), query)
	if got := s.requests(); len(got) != 1 || got[0].Header.Get("Accept") != metadataOnly {
		t.Errorf("%v", got)
	}
	query.Fields = []string{"/data"}
	if got := session.Read(t.Context(), query); got.Exchange.Refused == "" || len(s.requests()) != 1 {
		t.Errorf("its data was asked for: %+v", got)
	}
}

func TestPredict(t *testing.T) {
	rule := func(verbs, groups, resources, names []string) authorizationv1.ResourceRule {
		return authorizationv1.ResourceRule{Verbs: verbs, APIGroups: groups, Resources: resources, ResourceNames: names}
	}
	list := func(s ...string) []string { return s }
	for _, c := range []struct {
		name  string
		rules []authorizationv1.ResourceRule
		asked targets.Asked
		want  targets.Opinion
	}{
		{"nothing", nil, patchAPI(), "denied"},
		{"the very thing", []authorizationv1.ResourceRule{rule(list("patch"), list("apps"), list("deployments"), nil)}, patchAPI(), "allowed"},
		{"everything", []authorizationv1.ResourceRule{rule(list("*"), list("*"), list("*"), nil)}, patchAPI(), "allowed"},
		{"its name", []authorizationv1.ResourceRule{rule(list("patch"), list("apps"), list("deployments"), list("api"))}, patchAPI(), "allowed"},
		{"another name", []authorizationv1.ResourceRule{rule(list("patch"), list("apps"), list("deployments"), list("web"))}, patchAPI(), "denied"},
		{"a name, for a create", []authorizationv1.ResourceRule{rule(list("create"), list("apps"), list("deployments"), list("api"))}, creates("deployments.apps"), "denied"},
		{"another verb", []authorizationv1.ResourceRule{rule(list("get"), list("apps"), list("deployments"), nil)}, patchAPI(), "denied"},
		{"another group", []authorizationv1.ResourceRule{rule(list("patch"), list(""), list("deployments"), nil)}, patchAPI(), "denied"},
		{"the object, not the subresource", []authorizationv1.ResourceRule{rule(list("create"), list(""), list("pods"), nil)}, opens("create", "exec"), "denied"},
		{"the subresource of anything", []authorizationv1.ResourceRule{rule(list("create"), list(""), list("*/exec"), nil)}, opens("create", "exec"), "allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			s.reviews["SelfSubjectRulesReview"] = authorizationv1.SubjectRulesReviewStatus{ResourceRules: append([]authorizationv1.ResourceRule{}, c.rules...)}
			rules := ask(assume(t, s.connect(t), alice()))
			for range 3 {
				if got := rules.of(t.Context(), asking(c.asked)); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%d requests for one namespace", n)
			}
		})
	}
}

// TestPredictReview: where the rules do not say it all, each request is
// reviewed by itself; where nothing answers, nothing is guessed.
func TestPredictReview(t *testing.T) {
	node := asks(func(a *targets.Asked) { a.Resource, a.Scope = "nodes", "" })
	for _, allowed := range []bool{true, false} {
		for name, asked := range map[string]targets.Asked{"cluster scope": node, "incomplete rules": patchAPI()} {
			t.Run(fmt.Sprint(name, allowed), func(t *testing.T) {
				s := newServer(t)
				s.reviews["SelfSubjectRulesReview"] = authorizationv1.SubjectRulesReviewStatus{Incomplete: true}
				s.reviews["SelfSubjectAccessReview"] = authorizationv1.SubjectAccessReviewStatus{Allowed: allowed}
				if got := ask(assume(t, s.connect(t), alice())).of(t.Context(), asking(asked)); got != opinion(allowed) {
					t.Errorf("got %s, want %s", got, opinion(allowed))
				}
			})
		}
	}
	s := newServer(t)
	rules := ask(assume(t, s.connect(t), alice()))
	if got := rules.of(t.Context(), asking(patchAPI())); got != "unknown" {
		t.Errorf("without an answer: %s", got)
	}
	s.write = func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusCreated, map[string]any{"kind": "Something"})
	}
	s.reviews = nil
	if got := rules.of(t.Context(), asking(node)); got != "unknown" {
		t.Errorf("with an answer of another kind: %s", got)
	}
}

// asking is the request of a question, as far as reviews go.
func asking(a targets.Asked) targets.Request {
	return targets.Request{Action: a.Action, Resource: a.Resource, Name: a.Name, Scope: a.Scope}
}

// TestLongRules: a list of rules that is longer than the record keeps is not
// read in half; each request is reviewed by itself.
func TestLongRules(t *testing.T) {
	s := newServer(t)
	names := make([]string, 10_000)
	for i := range names {
		names[i] = fmt.Sprintf("config-%d", i)
	}
	s.reviews["SelfSubjectRulesReview"] = authorizationv1.SubjectRulesReviewStatus{ResourceRules: []authorizationv1.ResourceRule{
		{Verbs: []string{"patch"}, APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: names},
	}}
	s.reviews["SelfSubjectAccessReview"] = authorizationv1.SubjectAccessReviewStatus{Allowed: true}
	session := assume(t, s.connect(t), alice())
	if x := session.Review(t.Context(), targets.Review{Kind: rulesReview, Action: targets.Action{Scope: "payments"}}); x.Body != "" || x.Cut == 0 {
		t.Errorf("%d bytes are kept, %d cut", len(x.Body), x.Cut)
	}
	if got := ask(session).of(t.Context(), asking(patchAPI())); got != targets.Allows {
		t.Errorf("got %s", got)
	}
}

// TestOracleSpeaksOfItsOwn: an answer about one namespace, or one request, says
// nothing of another, whatever it holds.
func TestOracleSpeaksOfItsOwn(t *testing.T) {
	all := targets.Exchange{Status: http.StatusCreated, Body: `{"kind":"SelfSubjectRulesReview","status":{"incomplete":false,"resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]}}`}
	yes := targets.Exchange{Status: http.StatusCreated, Body: `{"kind":"SelfSubjectAccessReview","status":{"allowed":true}}`}
	a := targets.Action{Verb: "patch", Resource: "deployments.apps", Name: "api", Scope: "payments"}
	no := func(why string) targets.Exchange {
		return targets.Exchange{Status: http.StatusCreated, Body: `{"kind":"SelfSubjectAccessReview","status":{"allowed":false,` + why + `}}`}
	}
	update := a
	update.Verb = "update"
	for name, c := range map[string]struct {
		review targets.Review
		x      targets.Exchange
		want   targets.Opinion
	}{
		"its namespace":        {targets.Review{Kind: rulesReview, Action: targets.Action{Scope: "payments"}}, all, targets.Allows},
		"another namespace":    {targets.Review{Kind: rulesReview, Action: targets.Action{Scope: "payments-dev"}}, all, targets.Unsure},
		"the request":          {targets.Review{Kind: accessReview, Action: a}, yes, targets.Allows},
		"a no":                 {targets.Review{Kind: accessReview, Action: a}, no(`"reason":"requires one of [\"container.deployments.update\"] permission(s)."`), targets.Denies},
		"a no of an outage":    {targets.Review{Kind: accessReview, Action: a}, no(`"reason":"Error occured during authorization check. Please retry again. Error: x"`), targets.Unsure}, //nolint:misspell // as it is said
		"a no without oid":     {targets.Review{Kind: accessReview, Action: a}, no(`"reason":"Azure does not have opinion for this non AAD user."`), targets.Unsure},
		"a no with an error":   {targets.Review{Kind: accessReview, Action: a}, no(`"evaluationError":"Post \"https://authz\": context deadline exceeded"`), targets.Unsure},
		"a no of a gone role":  {targets.Review{Kind: accessReview, Action: a}, no(`"evaluationError":"clusterrole.rbac.authorization.k8s.io \"x\" not found"`), targets.Denies},
		"another request":      {targets.Review{Kind: accessReview, Action: update}, yes, targets.Unsure},
		"the other form":       {targets.Review{Kind: accessReview, Action: a}, all, targets.Unsure},
		"a refusal":            {targets.Review{Kind: accessReview, Action: a}, targets.Exchange{Status: 403, Body: yes.Body}, targets.Unsure},
		"no word of it":        {targets.Review{Kind: accessReview, Action: a}, targets.Exchange{Status: 201, Body: `{"kind":"SelfSubjectAccessReview","status":{}}`}, targets.Unsure},
		"half":                 {targets.Review{Kind: accessReview, Action: a}, targets.Exchange{Status: 201, Body: yes.Body, Truncated: true}, targets.Unsure},
		"rules that failed":    {targets.Review{Kind: rulesReview, Action: targets.Action{Scope: "payments"}}, targets.Exchange{Status: 201, Body: strings.Replace(all.Body, `"incomplete":false`, `"incomplete":false,"evaluationError":"x"`, 1)}, targets.Unsure},
		"no word of whole":     {targets.Review{Kind: rulesReview, Action: targets.Action{Scope: "payments"}}, targets.Exchange{Status: 201, Body: strings.Replace(all.Body, `"incomplete":false,`, "", 1)}, targets.Unsure},
		"no rules":             {targets.Review{Kind: rulesReview, Action: targets.Action{Scope: "payments"}}, targets.Exchange{Status: 201, Body: `{"kind":"SelfSubjectRulesReview","status":{"incomplete":false}}`}, targets.Unsure},
		"rules without kind":   {targets.Review{Kind: rulesReview, Action: targets.Action{Scope: "payments"}}, targets.Exchange{Status: 201, Body: `{"status":{}}`}, targets.Unsure},
		"rules that leave out": {targets.Review{Kind: rulesReview, Action: targets.Action{Scope: "payments"}}, targets.Exchange{Status: 201, Body: strings.Replace(all.Body, "false", "true", 1)}, targets.Unsure},
	} {
		if got := Oracle().Says(a, c.review, c.x); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
