package kubernetes

import "testing"

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
			if code, out := w.sodprobe("doctor", "scenario.yaml", "--kubeconfig", "kubeconfig"); code != 0 {
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
