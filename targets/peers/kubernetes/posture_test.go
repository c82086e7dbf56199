package kubernetes

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestBlocked: a developer who is bound to nothing in production is Blocked
// on every probe, by the authorizer; under constrained and under legacy
// impersonation.
func TestBlocked(t *testing.T) {
	for name, flags := range map[string][]string{"constrained": nil, "legacy": {"--legacy-impersonation"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, shared)
			w.grant(shared, flags...)
			w.sign()
			got := w.execute(shared, 0)
			for _, o := range got {
				if o.Outcome != "Blocked" || o.Response.Layer != "authorization" || o.Disagreement != "" {
					t.Errorf("%+v", o)
				}
			}
			if len(got) < 24 {
				t.Errorf("%d probes ran, want at least 24", len(got))
			}
			if code, out := w.sodprobe("doctor", "scenario.yaml", "--kubeconfig", "kubeconfig", "--trust-root", "trust_root", "--yes"); code != 0 {
				t.Errorf("doctor: exit %d\n%s", code, out)
			}
		})
	}
}

// TestPermitted: the same developer, with rights in the whole cluster, is
// Permitted on every probe, and still nothing changes.
func TestPermitted(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.with(shared, `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: mistake}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice@corp.example}]
`)
	w.sign()
	for _, o := range w.execute(shared, 3) {
		if o.Outcome != "Permitted" {
			t.Errorf("%+v", o)
		}
	}
}

// TestForgottenRoleBinding: one forgotten binding is found, and only that.
func TestForgottenRoleBinding(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.with(shared, `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: report-maintainer}
rules: [{apiGroups: [batch], resources: [cronjobs], verbs: [patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: report-maintainer, namespace: payments}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: report-maintainer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice@corp.example}]
`)
	w.sign()
	for _, o := range w.execute(shared, 3) {
		if want := map[bool]string{true: "Permitted", false: "Blocked"}[o.Probe == "kubernetes.cronjob.patch"]; o.Outcome != want {
			t.Errorf("want %s: %+v", want, o)
		}
	}
}

// TestUpdateWithoutPatch: a developer may get, list and update production's
// Deployments, and not patch them. Where PUT is attempted as well, that is
// Permitted; where it is left out, the refusal of PATCH is not Blocked, since the
// server's own rules allow the other. The control comes out effective in neither.
func TestUpdateWithoutPatch(t *testing.T) {
	patches, puts := []string{"kubernetes.deployment.patch", "kubernetes.deployment.restart"}, []string{"kubernetes.deployment.update", "kubernetes.deployment.restart-by-put"}
	for name, c := range map[string]struct {
		without []string
		exit    int
		want    map[string]string
	}{
		"both": {nil, 3, map[string]string{puts[0]: "Permitted", puts[1]: "Permitted"}},
		"PATCH only": {puts, 4, map[string]string{
			patches[0]: "open-otherwise", patches[1]: "open-otherwise",
			"kubernetes.deployment.scale": "open-otherwise", "kubernetes.deployment.scale-by-put": "open-otherwise",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, shared)
			for _, probe := range c.without {
				w.leaveOut(probe)
			}
			w.grant(shared)
			w.with(shared, replacer)
			w.sign()
			for _, o := range w.execute(shared, c.exit) {
				want := c.want[o.Probe]
				if want == "" {
					want = "Blocked"
				}
				if o.comesTo() != want || want == "open-otherwise" && (!o.Urgent || !slices.Equal(o.Open, []string{"update deployments.apps api in payments"})) {
					t.Errorf("want %s: %+v", want, o)
				}
			}
		})
	}
}

// replacer lets alice get, list and update Deployments.
const replacer = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: replacer}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [get, list, update]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: replacer, namespace: payments}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: replacer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice@corp.example}]
`

// TestScoped: with the simulated cluster's own rights by name and verb, the
// server and the simulated one come to the same, by the same table.
func TestScoped(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	manifest, err := os.ReadFile("../../lab/scoped.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w.with(shared, string(manifest))
	w.sign()
	want := scopedOutcomes(t)
	for _, o := range w.execute(shared, 3) {
		if o.comesTo() != want[o.Probe] {
			t.Errorf("want %s: %+v", want[o.Probe], o)
		}
		delete(want, o.Probe)
	}
	delete(want, "kubernetes.user.impersonate") // see TestOwnCredential
	delete(want, "kubernetes.serviceaccount.impersonate")
	if len(want) > 0 {
		t.Errorf("not attempted: %v", want)
	}
}

// scopedOutcomes are what the table that was written by hand has for each probe.
func scopedOutcomes(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../../probes/catalog/testdata/postures/kubernetes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if cells := strings.Split(line, "\t"); len(cells) == 5 && !strings.HasPrefix(line, "#") {
			out[cells[0]] = cells[3]
		}
	}
	return out
}
