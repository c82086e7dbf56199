package catalog_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// TestMetadata: each probe says what a reader needs.
func TestMetadata(t *testing.T) {
	seen := map[string]bool{}
	for i, p := range catalog.All() {
		if i > 0 && catalog.All()[i-1].ID >= p.ID {
			t.Errorf("%s is out of order, or a duplicate", p.ID)
		}
		for what, ok := range map[string]bool{
			"id":        regexp.MustCompile(`^` + string(p.System) + `\.[a-z0-9]+\.[a-z]+(-[a-z]+)*$`).MatchString(p.ID),
			"title":     p.Title != "" && !strings.HasSuffix(p.Title, "."),
			"why":       strings.HasPrefix(p.Why, "A developer who can ") && strings.HasSuffix(p.Why, ".") && strings.Count(p.Why, ". ") == 0,
			"att&ck":    regexp.MustCompile(`^T\d{4}(\.\d{3})?$`).MatchString(p.Attack),
			"controls":  len(p.Controls) > 0,
			"expect":    len(p.Expect) > 0 && (p.System != kubernetes.Name || slices.Contains(p.Expect, targets.Authorization)) && !slices.Contains(p.Expect, targets.Quota) && !slices.Contains(p.Expect, targets.AccountState),
			"reached":   len(p.Reached) > 0,
			"also":      p.Also != nil || p.System != kubernetes.Name,
			"technique": p.Technique != probes.Canary && slices.Contains(probes.Techniques(), p.Technique),
			"unique":    !seen[p.Title] && !seen[p.Why],
		} {
			if !ok {
				t.Errorf("%s: %s", p.ID, what)
			}
		}
		seen[p.Title], seen[p.Why] = true, true
		for _, n := range p.Needs {
			if _, taken := target(p.System).Place(targets.Production).Vars()[n.Name]; taken {
				t.Errorf("%s: the need %s hides a value of the place", p.ID, n.Name)
			}
			if n.Doc == "" || n.Valid(n.Example) != nil || (n.Default != "" && n.Valid(n.Default) != nil) || (n.Elsewhere != "" && n.Valid(n.Elsewhere) != nil) {
				t.Errorf("%s: the need %s", p.ID, n.Name)
			}
			for _, evil := range []string{"", "../x", "a/../b", "/a", "a//b", "a/", "a%2fb", "a b", "a?b", "a#b", "..", ".", "a\n", "{run}"} {
				if n.Valid(evil) == nil || n.Valid("a/b") == nil && p.System == kubernetes.Name {
					t.Errorf("%s: %s accepts %q", p.ID, n.Name, evil)
				}
			}
		}
	}
}

// TestListed: each file of probes is in the catalog.
func TestListed(t *testing.T) {
	files, err := filepath.Glob("../[agk]*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`ID:\s+"((?:kubernetes|gitlab|aws)\.[a-z0-9.-]+)",\s+Title`)
	n := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		found := id.FindAllStringSubmatch(string(data), -1)
		if len(found) > 1 {
			t.Errorf("%s holds %d probes", f, len(found))
		}
		for _, m := range found {
			n++
			if _, ok := catalog.All().Find(m[1]); !ok {
				t.Errorf("%s is not in the catalog", m[1])
			}
		}
	}
	if n != len(catalog.All()) {
		t.Errorf("%d probes in files, %d in the catalog", n, len(catalog.All()))
	}
}

// of are the probes of one system.
func of(system targets.SystemName) probes.Set {
	var out probes.Set
	for _, p := range catalog.All() {
		if p.System == system {
			out = append(out, p)
		}
	}
	return out
}

// run marks all that a run of these tests would send.
const run = "sodprobe-01k0000000000000000000000"

// example are parameters of a probe.
func example(p probes.Probe) probes.Params {
	with := map[string]string{}
	for _, n := range p.Needs {
		with[n.Name] = n.Example
	}
	return probes.Params{With: with, Run: run, Arm: targets.Mark(run, targets.ArmAttempt, 17), Developer: "alice", Place: map[string]string{"image": kubernetes.DefaultImage}}
}

func target(system targets.SystemName) targets.Target {
	if system == gitlab.Name {
		return targets.Target{Block: &gitlab.Target{
			ProjectID: 42, Project: "payments/api", Branch: "release/1", AllowedBranch: "sod-canary", Environment: "production",
		}}
	}
	if system == aws.Name {
		return targets.Target{Block: &aws.Target{
			AccountID: "111122223333", Region: "eu-west-1", Allowed: aws.AllowedCall{Action: "s3:PutObject", Resource: "arn:aws:s3:::dev-artifacts/sod"},
		}}
	}
	return targets.Target{Block: &kubernetes.Target{Namespace: "payments", AllowedNamespace: "payments-dev", StaticAdmission: "none"}}
}

// invariant is the adapter's last word, as far as it needs no connection.
func invariant(system targets.SystemName) func(*http.Request, []byte, []string) error {
	switch system {
	case kubernetes.Name:
		return kubernetes.Invariant
	case aws.Name:
		return aws.Invariant(example(probes.Probe{}).Run)
	case gitlab.Name:
	}
	return nil
}

// passes sends a request into a guard in front of nobody and reports whether
// the guard let it leave. What its rules rest on is shown to be as it must.
func passes(t *testing.T, system targets.SystemName, r targets.Request, rules []targets.Rule) (bool, string) {
	t.Helper()
	lease := &guard.Lease{Rules: rules}
	if _, problem := lease.Prepare(t.Context(), sound); problem != "" {
		return false, problem
	}
	if body := lease.Replacement(); body != nil && len(r.Body) == 0 {
		r.Body = body
	}
	return leaves(t, system, r, lease)
}

// leaves sends a request under a lease.
func leaves(t *testing.T, system targets.SystemName, r targets.Request, lease *guard.Lease) (bool, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.Method, "https://127.0.0.1:1"+r.Path, strings.NewReader(string(r.Body)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Body) == 0 {
		req.Body = nil
	}
	query := req.URL.Query()
	for k, v := range r.Query {
		query.Set(k, v)
	}
	req.URL.RawQuery = query.Encode()
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	if user := r.Header["Impersonate-User"]; user != "" {
		lease.Identity = http.Header{"Impersonate-User": {user}}
	}
	config := guard.Config{Host: "127.0.0.1:1", Limit: rate.Inf, Budget: targets.NewBudget(1), Timeout: 1, Invariant: invariant(system), Now: fixedNow}
	config.Headers = kubernetes.Headers()
	if system == aws.Name {
		config.Host, config.Services, config.Headers = "", map[string]string{r.Service: "127.0.0.1:1"}, aws.Headers()
	}
	if system == gitlab.Name {
		config.Headers = gitlab.Headers()
	}
	g := guard.New(config)
	if resp, err := g.Over(&http.Transport{}).RoundTrip(req.WithContext(lease.Context(t.Context()))); err == nil {
		_ = resp.Body.Close()
	}
	x := lease.Exchange()
	return x.Sent != nil, x.Refused
}

func listKinds() map[string]string {
	return map[string]string{
		"validatingwebhookconfigurations": "ValidatingWebhookConfigurationList",
		"mutatingwebhookconfigurations":   "MutatingWebhookConfigurationList",
		"validatingadmissionpolicies":     "ValidatingAdmissionPolicyList",
		"mutatingadmissionpolicies":       "MutatingAdmissionPolicyList",
	}
}

// sound reads a target on which everything is as the probes' examples want it.
func sound(_ context.Context, r targets.Request, _ []string) (targets.Exchange, any, string) {
	name := r.Path[strings.LastIndex(r.Path, "/")+1:]
	_, group, _ := strings.Cut(name, ".")
	answer := map[string]any{"metadata": map[string]any{"name": name, "uid": "u", "resourceVersion": "7"}}
	switch {
	case strings.Contains(r.Path, "/customresourcedefinitions/"):
		answer["kind"] = "CustomResourceDefinition"
		answer["spec"] = map[string]any{"group": group, "versions": []any{map[string]any{"name": "v1alpha1"}, map[string]any{"name": "v1"}, map[string]any{"name": "v2"}}}
	case strings.Contains(r.Path, "/apiservices/"):
		answer["kind"], answer["spec"] = "APIService", map[string]any{"version": strings.TrimSuffix(name, "."+group), "group": group}
	case strings.HasPrefix(r.Path, "/apis/admissionregistration.k8s.io/") && !strings.Contains(name, "."):
		answer["kind"], answer["items"] = listKinds()[name], []any{}
	case name == "scale":
		answer["metadata"] = map[string]any{"name": "api", "uid": "u", "resourceVersion": "7"}
	case strings.HasPrefix(r.Path, "/api/v4/"):
		return ofGitLab(r)
	}
	return targets.Exchange{}, answer, ""
}

// ofGitLab is the same for a project: a job that was retried, a deployment that
// waits for approval, a merge request that is open.
func ofGitLab(r targets.Request) (targets.Exchange, any, string) {
	jobs := []any{map[string]any{"id": "78"}}
	if r.Query["include_retried"] == "true" {
		jobs = append(jobs, map[string]any{"id": "77"})
	}
	switch {
	case strings.HasSuffix(r.Path, "/jobs"):
		return targets.Exchange{}, jobs, ""
	case strings.HasSuffix(r.Path, "/repositories"):
		return targets.Exchange{}, []any{map[string]any{"path": "payments/api/production"}, map[string]any{"path": "payments/api/dev"}}, ""
	case strings.HasSuffix(r.Path, "/merge_requests/8"):
		return targets.Exchange{}, map[string]any{"state": "opened", "target_branch": "sod-canary", "author": map[string]any{"username": "alice"}}, ""
	case strings.Contains(r.Path, "/members/all/"):
		return targets.Exchange{}, map[string]any{"id": "1001", "access_level": "30", "state": "active"}, ""
	}
	return targets.Exchange{}, map[string]any{
		"id": "1", "name": "main", "state": "opened", "target_branch": "release/1", "status": "success", "pipeline": map[string]any{"id": "12"},
		"environment": map[string]any{"name": "production"}, "user": map[string]any{"username": "alice"}, "author": map[string]any{"username": "alice"},
		"pending_approval_count": "1", "approval_summary": map[string]any{"rules": []any{map[string]any{"required_approvals": "1"}}},
		"version": "18.9.0-ee", "enterprise": "true",
	}, ""
}

// TestRequestsStayWithinTheirRules: what a probe builds, at either place, is
// what its rules allow, and nothing that is a byte away from harmless is.
func TestRequestsStayWithinTheirRules(t *testing.T) {
	for _, p := range catalog.All() {
		for _, kind := range []targets.PlaceKind{targets.Production, targets.Allowed} {
			place, params := target(p.System).Place(kind), example(p)
			for _, n := range p.Needs {
				if kind == targets.Allowed && n.Elsewhere != "" {
					params.With[n.Name] = n.Elsewhere
				}
			}
			r, allow := p.Request(place, params), p.Allow
			if kind == targets.Allowed && p.Baseline.Standing != nil {
				r, allow = p.Baseline.Standing.Request(place, params), p.Baseline.Standing.Allow
			}
			rules, err := targets.Resolve(allow, params.Vars(place))
			if err != nil {
				t.Errorf("%s: %v", p.ID, err)
				continue
			}
			if r.Push != nil {
				if diff := cmp.Diff(r.Push, rules[0].Push); diff != "" || r.Path != rules[0].Path {
					t.Errorf("%s at %s: its push is not its rule's: %s", p.ID, kind, diff)
				}
				continue // the adapter builds it
			}
			unprepared(t, p, r, rules)
			if left, why := passes(t, p.System, r, rules); !left {
				t.Errorf("%s at %s: %s", p.ID, kind, why)
			}
			if left, _ := passes(t, p.System, targets.Request{Service: r.Service, Method: r.Method, Path: r.Path + "x", Query: r.Query, Header: r.Header, Body: r.Body}, rules); left {
				t.Errorf("%s: another path leaves", p.ID)
			}
			if r.Query["dryRun"] != "" {
				if left, _ := passes(t, p.System, targets.Request{Method: r.Method, Path: r.Path, Header: r.Header, Body: r.Body}, rules); left {
					t.Errorf("%s: it leaves without its query", p.ID)
				}
			}
			if again := p.Request(place, params); kind == targets.Production && cmp.Diff(r, again) != "" {
				t.Errorf("%s builds another request the second time", p.ID)
			}
		}
	}
}

// unprepared checks that what rests on something of the target does not leave
// before that was shown.
func unprepared(t *testing.T, p probes.Probe, r targets.Request, rules []targets.Rule) {
	t.Helper()
	if !slices.ContainsFunc(rules, func(rule targets.Rule) bool { return len(rule.Prepare) > 0 || rule.Replace != nil }) {
		return
	}
	if left, _ := leaves(t, p.System, r, &guard.Lease{Rules: rules}); left {
		t.Errorf("%s leaves unprepared", p.ID)
	}
}

// TestWritesAreDryRuns, apart from a short list of forms that defeat
// themselves.
func TestWritesAreDryRuns(t *testing.T) {
	for _, p := range of(kubernetes.Name) {
		for _, rule := range p.Allow {
			self := slices.Contains([]string{"kubernetes.user.impersonate", "kubernetes.serviceaccount.impersonate"}, p.ID)
			switch {
			case rule.Method == http.MethodGet && !rule.Mutating:
			case !rule.Mutating:
				t.Errorf("%s: %s is not called mutating", p.ID, rule.Method)
			case self == (rule.Query["dryRun"] == "All"):
				t.Errorf("%s: %v", p.ID, rule.Query)
			case p.Technique != probes.SelfDefeating && (self || p.Technique != probes.DryRun):
				t.Errorf("%s is called %s", p.ID, p.Technique)
			}
		}
	}
}

// TestState: each probe shows that its target exists, by reads alone.
func TestState(t *testing.T) {
	for _, p := range catalog.All() {
		queries := p.State(target(p.System).Place(targets.Production), example(p))
		if !slices.ContainsFunc(queries, func(q targets.StateQuery) bool { return q.MustExist }) {
			t.Errorf("%s shows no target", p.ID)
		}
		for _, q := range queries {
			if p.System == aws.Name {
				if left, why := passes(t, p.System, q.Request, []targets.Rule{reading(q.Request)}); !left {
					t.Errorf("%s reads by %s: %s", p.ID, q.Request.Action, why)
				}
				continue
			}
			if q.Request.Method != http.MethodGet || strings.ContainsAny(q.Request.Path, "{}") || strings.Contains(q.Request.Path, "//") {
				t.Errorf("%s: %+v", p.ID, q.Request)
			}
		}
	}
}

// reading is the rule of one read.
func reading(r targets.Request) targets.Rule {
	return targets.Rule{Service: r.Service, Method: r.Method, Path: r.Path, Query: r.Query, Header: r.Header, Text: string(r.Body)}
}

// TestDryRunIsOnTheWire: each request to EC2 is a dry run, and does not leave
// without.
func TestDryRunIsOnTheWire(t *testing.T) {
	n := 0
	for _, p := range of(aws.Name) {
		r := p.Request(target(p.System).Place(targets.Production), example(p))
		if r.Service != "ec2" {
			continue
		}
		n++
		if !strings.Contains(string(r.Body), "&DryRun=true&") || p.Technique != probes.DryRun {
			t.Errorf("%s (%s) sends %s", p.ID, p.Technique, r.Body)
		}
		for _, without := range []string{"&", "&DryRun=false&", "&DryRun=true&DryRun=false&", "&dryRun=true&"} {
			bad := r
			bad.Body = []byte(strings.Replace(string(r.Body), "&DryRun=true&", without, 1))
			if left, _ := passes(t, p.System, bad, []targets.Rule{reading(bad)}); left {
				t.Errorf("%s leaves as %s", p.ID, bad.Body)
			}
		}
	}
	if n < 5 {
		t.Errorf("%d probes of EC2", n)
	}
}

// TestSelfDefeating: a request of AWS's whose harmless part is taken out does
// not leave, whatever its rules say.
func TestSelfDefeating(t *testing.T) {
	for _, p := range of(aws.Name) {
		r, marker := p.Request(target(p.System).Place(targets.Production), example(p)), example(p).Arm
		bad := r
		bad.Body = []byte(strings.NewReplacer(
			marker, "payments", "%7B%7D", "%7B%22a%22%3A1%7D", `"{}"`, `"{\"a\":1}"`, aws.NoRevision, "1d9e8f7a-0000-4000-8000-000000000000", aws.NoInstance, "i-0a1b2c3d4e5f60718",
			"DryRun=true", "DryRun=false", `"DryRun":true`, `"DryRun":false`, aws.NoVersion, "1", aws.NoPattern, ".*", aws.NoGroup, "admins",
			`"stages":[]`, `"stages":[{}]`, "%22Deny%22", "%22Allow%22", "1999-01-01", "2012-10-17", aws.NoChoice, "PARALLEL", "aws-service-role", "job-function",
			"MinutesOverride\":1", "MinutesOverride\":60", "bridge", "awsvpc", aws.NoHash, "0000000000000000000000000000000000000000000000000000000000000001",
		).Replace(string(r.Body)))
		bad.Header = maps.Clone(r.Header)
		delete(bad.Header, "If-Match")
		delete(bad.Header, "Content-Md5")
		if left, _ := passes(t, p.System, bad, []targets.Rule{reading(bad)}); left {
			t.Errorf("%s leaves as %v %s", p.ID, bad.Header, bad.Body)
		}
	}
}

// TestBodiesAreJSON: every body is one JSON object.
func TestBodiesAreJSON(t *testing.T) {
	for _, p := range append(of(kubernetes.Name), of(gitlab.Name)...) {
		body := p.Request(target(p.System).Place(targets.Production), example(p)).Body
		if p.Allow[0].Text != "" {
			continue // a patch that is a list
		}
		var o map[string]any
		if len(body) > 0 && json.Unmarshal(body, &o) != nil {
			t.Errorf("%s: %s", p.ID, body)
		}
	}
}

// TestImage: workloads name the image of the target, and the one that nobody can
// pull where it has none.
func TestImage(t *testing.T) {
	n := 0
	for _, p := range of(kubernetes.Name) {
		params := example(p)
		const image = "registry.corp.example/sodprobe@sha256:00"
		params.Place = map[string]string{"image": image}
		sent := string(p.Request(target(p.System).Place(targets.Production), params).Body)
		rule, err := targets.Resolve(p.Allow, params.Vars(targets.Place{Scope: "payments", Values: map[string]string{"image": image, "staticAdmission": ""}}))
		if err != nil {
			t.Fatal(err)
		}
		if rule[0].Replace != nil {
			for _, v := range rule[0].Replace.Set {
				sent += v
			}
		}
		if strings.Contains(sent, "registry.invalid") {
			t.Errorf("%s names another image: %s", p.ID, sent)
		}
		if strings.Contains(sent, image) {
			n++
		}
	}
	if n < 10 {
		t.Errorf("%d probes name an image", n)
	}
	k := targets.Target{Block: &kubernetes.Target{Image: "x@sha256:00"}}
	if got := k.Place(targets.Production).Values["image"]; got != "x@sha256:00" {
		t.Errorf("the target's image is %q", got)
	}
	k.Block.(*kubernetes.Target).Image = ""
	if got := k.Place(targets.Production).Values["image"]; got != kubernetes.DefaultImage {
		t.Errorf("a target without one has %q", got)
	}
}
