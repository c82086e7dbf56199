package kubernetes

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/sodprobe/sodprobe/targets"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// setupInput is a scenario with each kind of identity.
func setupInput() SetupInput {
	as := func(id string, role targets.Role, user string, groups ...string) targets.Identity {
		return targets.Identity{ID: id, Role: role, Blocks: targets.Blocks{&Identity{
			Impersonate: &Impersonation{User: user, Groups: groups},
		}}}
	}
	reader := as("reader", targets.Observer, "reader")
	at := func(action, resource, name, scope, path string) targets.Request {
		return targets.Request{Action: action, Resource: resource, Name: name, Scope: scope, Path: path}
	}
	developer := as("alice", targets.Developer, "alice", "developers")
	on(developer).Impersonate.UID = "42"
	on(developer).Impersonate.Extra = map[string][]string{"scopes": {"x"}}
	return SetupInput{Prober: "system:serviceaccount:audit:sodprobe", Access: targets.Access{
		Target: targets.Target{ID: "prod", Block: &Target{Namespace: "prod", AllowedNamespace: "dev"}},
		People: []targets.Identity{
			developer, as("release", targets.Authorized, "release"), as("nobody", targets.Unprivileged, "nobody"), reader,
			{ID: "ci", Role: targets.Developer, Blocks: targets.Blocks{&Identity{ServiceAccount: &ServiceAccount{Namespace: "ci", Name: "deploy"}}}},
		},
		Observers: []targets.Identity{reader},
		Attempts: []targets.Request{
			at("patch", "deployments.apps/scale", "api", "prod", apiPath+"/scale"),
			at("create", "clusterroles.rbac.authorization.k8s.io", "", "", "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
		},
		Baselines: []targets.Request{at("patch", "deployments.apps/scale", "api", "dev", "/apis/apps/v1/namespaces/dev/deployments/api/scale")},
		Reads:     []targets.StateQuery{{Request: at("get", "deployments.apps", "api", "prod", apiPath), MustExist: true}},
	}}
}

func TestSetup(t *testing.T) {
	for name, constrained := range map[string]bool{"constrained": true, "legacy": false} {
		in := setupInput()
		in.Constrained = constrained
		var first, again bytes.Buffer
		if err := Setup(&first, in); err != nil {
			t.Fatal(err)
		}
		slices.Reverse(in.People)
		in.People, in.Reads = slices.Repeat(in.People, 2), slices.Repeat(in.Reads, 2)
		if err := Setup(&again, in); err != nil {
			t.Fatal(err)
		}
		if first.String() != again.String() {
			t.Errorf("%s: order or repetition shows", name)
		}
		path := filepath.Join("testdata", "setup-"+name+".yaml")
		if *update {
			if err := os.WriteFile(path, first.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), first.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestSetupGrantsNoWrite: whatever the scenario attempts, nobody is granted a
// verb that writes, nor a wildcard.
func TestSetupGrantsNoWrite(t *testing.T) {
	for _, constrained := range []bool{true, false} {
		in := setupInput()
		in.Constrained = constrained
		var b bytes.Buffer
		if err := Setup(&b, in); err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"create", "patch", "update", "delete", "bind", "escalate", "*"} {
			if strings.Contains(b.String(), `verbs: ["`+verb+`"`) {
				t.Errorf("verb %s is granted:\n%s", verb, &b)
			}
		}
		if constrained && strings.Contains(b.String(), `verbs: ["impersonate"]`) {
			t.Error("legacy impersonation is granted beside the constrained one")
		}
	}
}

func TestDiagnose(t *testing.T) {
	everything := authorizationv1.SubjectRulesReviewStatus{ResourceRules: []authorizationv1.ResourceRule{
		{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
	}}
	nothing := authorizationv1.SubjectRulesReviewStatus{ResourceRules: []authorizationv1.ResourceRule{}}
	only := func(role targets.Role) func(*SetupInput) {
		return func(in *SetupInput) {
			in.People = slices.DeleteFunc(in.People, func(id targets.Identity) bool { return id.Role != role })
		}
	}
	for _, c := range []struct {
		name   string
		server func(*apiServer)
		input  func(*SetupInput)
		bad    string // part of the one finding that is not OK, "" for none
	}{
		{"the observer reads", nil, only(targets.Observer), ""},
		{"the observer's object is not there", func(s *apiServer) { delete(s.objects, apiPath) }, only(targets.Observer), "does not exist"},
		{"the authorized may", func(s *apiServer) {
			s.reviews["SelfSubjectRulesReview"], s.reviews["SelfSubjectAccessReview"] = everything, authorizationv1.SubjectAccessReviewStatus{Allowed: true}
		}, only(targets.Authorized), ""},
		{"the authorized may not", func(s *apiServer) {
			s.reviews["SelfSubjectRulesReview"], s.reviews["SelfSubjectAccessReview"] = nothing, authorizationv1.SubjectAccessReviewStatus{Allowed: true}
		}, only(targets.Authorized), "patch deployments.apps/scale"},
		{"the unprivileged may", func(s *apiServer) {
			s.reviews["SelfSubjectRulesReview"], s.reviews["SelfSubjectAccessReview"] = everything, authorizationv1.SubjectAccessReviewStatus{}
		}, only(targets.Unprivileged), "not for: [patch deployments.apps/scale]"},
		{"nobody answers for the unprivileged", nil, only(targets.Unprivileged), "not for"},
		{"the developer has a baseline", func(s *apiServer) { s.reviews["SelfSubjectRulesReview"] = everything }, only(targets.Developer), ""},
		{"the authorizer was not told who it is", func(s *apiServer) {
			s.reviews["SelfSubjectRulesReview"] = everything
			s.reviews["SelfSubjectAccessReview"] = authorizationv1.SubjectAccessReviewStatus{Reason: "Azure does not have opinion for this non AAD user. If you are an AAD user, please set Extra:oid parameter for impersonated user in the kubeconfig"}
		}, func(in *SetupInput) { only(targets.Developer)(in); in.People = in.People[:1] }, "refuses without a decision"},
		{"the authorizer decides", func(s *apiServer) {
			s.reviews["SelfSubjectRulesReview"] = everything
			s.reviews["SelfSubjectAccessReview"] = authorizationv1.SubjectAccessReviewStatus{Reason: `RBAC: clusterrole.rbac.authorization.k8s.io "x" not found`}
		}, only(targets.Developer), ""},
		{"the server sees another", func(s *apiServer) {
			s.sees = func(name string, g []string) (string, []string) { return name, append(g, "admins") }
		}, only(targets.Unprivileged), "groups"},
		{"another cluster", func(s *apiServer) {
			s.objects["/api/v1/namespaces/kube-system"]["metadata"] = map[string]any{"name": "kube-system", "uid": "x"}
		}, nil, "not the approved cluster"},
		{"no cluster", func(s *apiServer) { s.Close() }, nil, "unreachable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			cluster := s.connect(t)
			in := setupInput()
			for i := range in.People { // the test server knows no uid and no extra
				if k := on(in.People[i]).Impersonate; k != nil {
					k.UID, k.Extra = "", nil
				}
			}
			if c.server != nil {
				c.server(s)
			}
			if c.input != nil {
				c.input(&in)
			}
			var bad []targets.Finding
			for _, f := range cluster.Diagnose(t.Context(), in.Access) {
				if f.What == "" {
					t.Errorf("a finding about nothing: %+v", f)
				}
				if !f.OK {
					bad = append(bad, f)
				}
			}
			switch {
			case c.bad == "" && len(bad) > 0:
				t.Errorf("%+v", bad)
			case c.bad != "" && (len(bad) != 1 || !strings.Contains(bad[0].Problem, c.bad) || bad[0].Mend == ""):
				t.Errorf("%+v, want one about %q that says how to mend it", bad, c.bad)
			}
			if n := s.writes(); n != 0 {
				t.Errorf("doctor wrote %d times", n)
			}
		})
	}
}
