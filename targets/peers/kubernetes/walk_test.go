package kubernetes

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pair is one right: a verb on a resource.
type pair struct{ verb, group, resource string }

// String is the pair as the table has it: VERB RESOURCE[.GROUP][/SUBRESOURCE].
func (p pair) String() string {
	plural, sub, _ := strings.Cut(p.resource, "/")
	if p.group != "" {
		plural += "." + p.group
	}
	if sub != "" {
		plural += "/" + sub
	}
	return p.verb + " " + plural
}

// TestWalk grants each right of the server's default ClusterRoles edit and admin
// alone, to a developer of its own, and runs the whole catalog. The table says
// which routes a right opens: none of them is Blocked, and all others are.
func TestWalk(t *testing.T) {
	pairs, opens := defaultRights(t), walkTable(t)
	w := newWorkspace(t, shared)
	var people, rights strings.Builder
	for i, p := range pairs {
		user := fmt.Sprintf("walk-%d@corp.example", i)
		fmt.Fprintf(&people, "  - {id: walk-%d, role: developer, kubernetes: {impersonate: {user: %s, groups: [developers]}}}\n", i, user)
		fmt.Fprintf(&rights, walkRole, i, p.verb, p.group, p.resource, i, i, user)
	}
	w.scenario = strings.NewReplacer(
		"  - {id: dev-alice, role: developer, kubernetes: {impersonate: {user: alice@corp.example, groups: [developers]}}}\n", people.String(),
		"requestsPerSecond: 500", "requestsPerSecond: 20000", "maxRequests: 5000", "maxRequests: 1000000", "concurrency: 8", "concurrency: 32",
	).Replace(w.scenario)
	w.grant(shared)
	w.with(shared, rights.String())
	w.sign()
	w.execute(shared, 3)
	seen := map[string]bool{}
	for _, o := range w.observations() {
		var i int
		if _, err := fmt.Sscanf(o.Identity, "walk-%d", &i); err != nil {
			t.Fatal(err)
		}
		p := pairs[i].String()
		seen[p+" "+strings.TrimPrefix(o.Probe, "kubernetes.")] = true
		open := slices.Contains(opens[p], strings.TrimPrefix(o.Probe, "kubernetes."))
		if (o.Outcome == "Blocked") == open {
			t.Errorf("with %q alone, %s is %s (%s), and the table says that it is open: %t", p, o.Probe, o.Outcome, o.Reason, open)
		}
	}
	for p, routes := range opens {
		for _, route := range routes {
			if !seen[p+" "+route] && route != "serviceaccount.impersonate" { // needs a credential of one's own: TestOwnCredential
				t.Errorf("with %q alone, %s was not attempted", p, route)
			}
		}
		if !slices.ContainsFunc(pairs, func(x pair) bool { return x.String() == p }) {
			t.Errorf("%q is in the table, and in no default role", p)
		}
	}
	namedInTheGuide(t, pairs, opens)
}

const walkRole = `---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: walk-%d, namespace: payments}
rules: [{verbs: [%s], apiGroups: ["%s"], resources: ["%s"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: walk-%d, namespace: payments}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: walk-%d}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
`

// defaultRights are the rights of edit and admin, which are aggregated from
// these roles (kubernetes.io/docs/reference/access-authn-authz/rbac,
// "User-facing roles").
func defaultRights(t *testing.T) []pair {
	t.Helper()
	var out []pair
	for _, name := range []string{"system:aggregate-to-edit", "system:aggregate-to-admin", "system:aggregate-to-view"} {
		code, body, err := shared.do(http.MethodGet, "/apis/rbac.authorization.k8s.io/v1/clusterroles/"+name, nil)
		if err != nil || code != http.StatusOK {
			t.Fatalf("%s: HTTP %d %v", name, code, err)
		}
		var role struct {
			Rules []struct {
				Verbs     []string `json:"verbs"`
				APIGroups []string `json:"apiGroups"`
				Resources []string `json:"resources"`
			} `json:"rules"`
		}
		if err := json.Unmarshal(body, &role); err != nil {
			t.Fatal(err)
		}
		for _, r := range role.Rules {
			for _, verb := range r.Verbs {
				for _, group := range r.APIGroups {
					for _, resource := range r.Resources {
						if p := (pair{verb, group, resource}); !slices.Contains(out, p) {
							out = append(out, p)
						}
					}
				}
			}
		}
	}
	if len(out) < 200 {
		t.Fatalf("%d rights", len(out))
	}
	return out
}

// walkTable reads which routes a right opens, as somebody wrote it down.
func walkTable(t *testing.T) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("walk.tsv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		right, routes, ok := strings.Cut(line, "\t")
		if !ok || out[right] != nil {
			t.Fatalf("walk.tsv: %q", line)
		}
		out[right] = strings.Fields(routes)
	}
	return out
}

// namedInTheGuide checks that the guide names each right that changes
// something, and that no probe asks.
func namedInTheGuide(t *testing.T, pairs []pair, opens map[string][]string) {
	t.Helper()
	data, err := os.ReadFile("../../../probes/README.md")
	if err != nil {
		t.Fatal(err)
	}
	unasked := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if cells := strings.Split(line, "|"); len(cells) == 4 && strings.HasPrefix(line, "| `") {
			for verb := range strings.SplitSeq(cells[2], ",") {
				unasked[strings.TrimSpace(verb)+" "+strings.Trim(cells[1], " `")] = true
			}
		}
	}
	for _, p := range pairs {
		reads := slices.Contains([]string{"get", "list", "watch"}, p.verb) && !strings.Contains(p.resource, "/proxy")
		named := unasked[p.String()]
		switch {
		case len(opens[p.String()]) > 0 && named:
			t.Errorf("the guide says that no probe asks %q, and one does", p)
		case len(opens[p.String()]) == 0 && !reads && !named:
			t.Errorf("no probe asks %q, and the guide does not say so", p)
		}
	}
}

// observations reads the journal's: a report shows only so many.
func (w *workspace) observations() []outcome {
	w.t.Helper()
	files, err := filepath.Glob(w.path("evidence", "*", "journal.jsonl"))
	if err != nil || len(files) != 1 {
		w.t.Fatal(files, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []outcome
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 4<<20)
	for scan.Scan() {
		var entry struct {
			Type string          `json:"type"`
			Body json.RawMessage `json:"body"`
		}
		if err := json.Unmarshal(scan.Bytes(), &entry); err != nil {
			w.t.Fatal(err)
		}
		if entry.Type != "observation" {
			continue
		}
		var o outcome
		if err := json.Unmarshal(entry.Body, &o); err != nil {
			w.t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}
