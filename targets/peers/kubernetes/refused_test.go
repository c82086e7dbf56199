package kubernetes

import (
	"os"
	"strings"
	"testing"
)

// TestRefused: each of these is refused with exit 5, and the API server's own
// audit log shows no request of ours.
func TestRefused(t *testing.T) {
	cases := map[string]func(*workspace){
		"one byte of the scenario changed": func(w *workspace) {
			w.write("scenario.yaml", strings.Replace(w.scenario, "maxRuns: 5", "maxRuns: 6", 1))
		},
		"a signature is missing": func(w *workspace) {
			if err := os.Remove(w.path("scenario.yaml.sigs", "approve.dana@corp.example.sig")); err != nil {
				w.t.Fatal(err)
			}
		},
		"one person signed twice": func(w *workspace) {
			if err := os.Remove(w.path("scenario.yaml.sigs", "approve.dana@corp.example.sig")); err != nil {
				w.t.Fatal(err)
			}
			w.approve("approve", "erin.second", "erin2")
		},
		"the author approves": func(w *workspace) {
			if err := os.Remove(w.path("scenario.yaml.sigs", "approve.dana@corp.example.sig")); err != nil {
				w.t.Fatal(err)
			}
			w.approve("approve", "carol", "carol")
		},
		"the window is over": func(w *workspace) {
			lines := strings.Split(w.scenario, "\n")
			for i, line := range lines {
				if strings.HasPrefix(line, "  notBefore:") {
					lines[i] = "  notBefore: 2026-01-01T00:00:00Z"
				}
				if strings.HasPrefix(line, "  notAfter:") {
					lines[i] = "  notAfter: 2026-01-02T00:00:00Z"
				}
			}
			w.scenario = strings.Join(lines, "\n")
			w.sign()
		},
		"the context points at another cluster": func(w *workspace) {
			other, err := newAuthority()
			if err != nil {
				w.t.Fatal(err)
			}
			w.write("kubeconfig", kubeconfig(shared.base, other.pem(), "token-prober"))
		},
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, shared)
			w.sign()
			spoil(w)
			before, err := shared.audited()
			if err != nil {
				t.Fatal(err)
			}
			if code, out := w.start(); code != 5 {
				t.Errorf("exit %d, want 5\n%s", code, out)
			}
			after, err := shared.audited()
			if err != nil {
				t.Fatal(err)
			}
			if len(after) != len(before) {
				t.Errorf("the server logged %d requests of ours: %+v", len(after)-len(before), after[len(before):])
			}
			if ledger := w.read("evidence/ledger.jsonl"); strings.Count(ledger, "run.refused") != 1 {
				t.Errorf("the ledger does not hold the refusal:\n%s", ledger)
			}
		})
	}
}

// TestAnotherUID: a cluster with the same root and another kube-system is
// refused after the one request that shows it.
func TestAnotherUID(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.scenario = strings.Replace(w.scenario, shared.uid, "11111111-2222-3333-4444-555555555555", 1)
	w.sign()
	before, err := shared.audited()
	if err != nil {
		t.Fatal(err)
	}
	if code, out := w.start(); code != 5 {
		t.Errorf("exit %d, want 5\n%s", code, out)
	}
	after, err := shared.audited()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range after[len(before):] {
		if e.RequestURI != "/api/v1/namespaces/kube-system" {
			t.Errorf("%+v", e)
		}
	}
	if n := len(after) - len(before); n != 1 {
		t.Errorf("%d requests, want the pin check alone", n)
	}
}

// TestAuditLogAgrees: each attempt's Audit-ID stands in the server's own log,
// with the identity and the decision that the evidence says.
func TestAuditLogAgrees(t *testing.T) {
	w := newWorkspace(t, shared)
	w.grant(shared)
	w.sign()
	w.execute(shared, 0)
	logged := map[string]auditEvent{}
	events, err := shared.audited()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		logged[e.AuditID] = e
	}
	attempts := 0
	for _, a := range w.arms("attempt") {
		attempts++
		e, ok := logged[a.ID]
		if !ok || e.Impersonated == nil || e.Impersonated.Username != "alice@corp.example" || e.Annotations["authorization.k8s.io/decision"] != "forbid" {
			t.Errorf("%s %s: %+v", a.ID, a.Probe, e)
		}
	}
	if attempts < 24 {
		t.Errorf("%d attempts", attempts)
	}
}
