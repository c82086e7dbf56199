package reports_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

const (
	origin     = "sodprobe.corp.example/payments"
	patch      = "kubernetes.deployment.patch"
	binding    = "kubernetes.rolebinding.create"
	deployment = "GET /apis/apps/v1/namespaces/payments/deployments/api"
	hostile    = "<script>alert(1)</script> \x1b[2J\u009b31m\u202e"
)

// fixture writes one small run, the same bytes every time. tamper may change
// a line's body before it is written, drop it with nil, and so make a run that
// was recorded by a tool that lies; its checkpoints hold all the same.
type fixture struct {
	*testing.T
	w      *journal.Writer
	key    note.Signer
	tamper func(kind journal.Type, body any) any
}

func writeRun(t *testing.T, dir string, tamper func(journal.Type, any) any) {
	t.Helper()
	at := time.Date(2026, 10, 5, 3, 0, 0, 0, time.UTC)
	w, err := journal.Create(dir, "20261005T030000Z-1", func() time.Time {
		at = at.Add(time.Second)
		return at
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, w: w, tamper: tamper}
	var verifier string
	f.key, verifier = fixedKey(t, "sodprobe-run")
	f.put(journal.TypeRunStart, runStart(verifier))
	f.put(journal.TypeRunSigned, journal.Signed{Namespace: "operate@sodprobe", Signature: "by oscar"})
	f.checkpoint("before")
	f.body()
	f.checkpoint("after")
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// fixedKey is a note key from a fixed seed.
func fixedKey(t *testing.T, name string) (note.Signer, string) {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	public, ok := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("not an Ed25519 key")
	}
	verifier, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.SplitN(verifier, "+", 3)[1]
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%s+%s", name, hash, base64.StdEncoding.EncodeToString(append([]byte{1}, seed...))))
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func (f *fixture) put(kind journal.Type, body any) {
	f.Helper()
	if f.tamper != nil {
		if body = f.tamper(kind, body); body == nil {
			return
		}
	}
	if err := f.w.Append(f.Context(), kind, body); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) checkpoint(name string) {
	f.Helper()
	if err := f.w.Checkpoint(f.Context(), name, origin, f.key); err != nil {
		f.Fatal(err)
	}
}

func runStart(verifier string) journal.RunStart {
	at := time.Date(2026, 10, 5, 3, 0, 0, 0, time.UTC)
	sign := func(role, name string) journal.Signature {
		return journal.Signature{
			Role: role, Principal: name + "@corp.example", Person: name, KeyType: "ssh-ed25519",
			Fingerprint: "SHA256:" + name, File: role + "." + name + "@corp.example.sig", SHA256: strings.Repeat("0", 64),
		}
	}
	return journal.RunStart{
		Tool: journal.Tool{Name: "sodprobe", Version: "v1.0.0", SHA256: strings.Repeat("1", 64)}, Host: "runner",
		Scenario: journal.ScenarioRef{ID: "payments", Revision: 3, Title: "Developers cannot change payments", SHA256: strings.Repeat("2", 64), Ticket: "CHG0041234"},
		Approval: journal.Approval{
			Signatures: []journal.Signature{sign("author", "carol"), sign("approve", "dana"), sign("approve", "erin")},
			Threshold:  2, TrustVersion: 4, TrustSHA256: strings.Repeat("3", 64), RootFingerprints: []string{"SHA256:root"},
			VerifiedAt: at, NotBefore: at.Add(-time.Hour), NotAfter: at.Add(time.Hour),
		},
		Operator: journal.Principal{Principal: "oscar@corp.example", Person: "oscar", KeyType: "ssh-ed25519", Fingerprint: "SHA256:oscar"},
		RunKey:   verifier, Origin: origin, Marker: "sodprobe-1", Planned: 5, PlanHash: strings.Repeat("4", 64),
		Targets:  []journal.Target{{ID: "prod", System: kubernetes.Name}},
		Controls: []string{"nist/cm-5", "nist/ac-5"}, StopOn: "permitted", Rule: probes.RuleVersion, Lab: true,
	}
}

// body writes five attempts: blocked, permitted, one whose identity is not
// proven, one whose server said something hostile, one that was not run.
func (f *fixture) body() {
	f.put(journal.TypePin, journal.Pin{Target: "prod", Pin: targets.Pin{OK: true, Server: "https://prod.corp.example:6443", Version: "v1.37.2", Harness: "prober"}})
	f.state("before")
	f.state("gone")
	f.identity("alice", "before", "alice@corp.example")
	f.identity("bob", "before", "system:anonymous")
	f.put(journal.TypeReview, journal.Review{ID: "review-alice", Target: "prod", Identity: "alice", Review: rules, Exchange: targets.Exchange{Status: http.StatusCreated, Body: "delete"}})
	for _, probe := range []string{patch, binding} {
		f.arm(targets.ArmNegative, -1, probe, "nobody", targets.Production, denial)
		f.arm(targets.ArmPositive, -1, probe, "release", targets.Production, success)
	}
	f.arm(targets.ArmBaseline, 0, patch, "alice", targets.Allowed, success)
	f.arm(targets.ArmAttempt, 0, patch, "alice", targets.Production, denial)
	f.arm(targets.ArmBaseline, 1, binding, "alice", targets.Allowed, success)
	f.arm(targets.ArmAttempt, 1, binding, "alice", targets.Production, success)
	f.arm(targets.ArmBaseline, 3, patch, "alice", targets.Allowed, success)
	f.arm(targets.ArmAttempt, 3, patch, "alice", targets.Production, targets.Exchange{Status: 418, Body: hostile})
	f.identity("alice", "after", "alice@corp.example")
	f.identity("bob", "after", "system:anonymous")
	f.state("after")
	f.observe(0, patch, "alice", denial)
	f.observe(1, binding, "alice", success)
	f.observe(2, patch, "bob", targets.Exchange{})
	f.observe(3, patch, "alice", targets.Exchange{Status: 418, Body: hostile})
	f.put(journal.TypeStop, journal.Stop{Reason: "permitted", Detail: binding + " as alice was permitted"})
	f.put(journal.TypeObservation, journal.Observation{
		N: 4, Probe: binding, Target: "prod", Identity: "bob", Fidelity: targets.Impersonated, Controls: []string{"nist/ac-5"},
		Arms:      unobserved(),
		Judgement: probes.Judgement{Outcome: probes.NotRun, Reason: probes.ReasonNotRun}, NotRunBecause: "stopped: permitted",
	})
	f.put(journal.TypeRunEnd, journal.RunEnd{
		Status: "stopped", Requests: 17, Verdict: probes.Ineffective,
		Counts: map[probes.Outcome]int64{probes.Blocked: 1, probes.Permitted: 1, probes.Inconclusive: 2, probes.NotRun: 1},
	})
}

// rules is what the fixture asks about somebody: its answer lists the verbs
// that they may use.
var rules = targets.Review{Kind: "rules", Action: targets.Action{Scope: "payments"}}

func oracle() targets.Oracle {
	return targets.Oracle{
		Covers: []targets.Layer{targets.Authorization}, Unseen: []string{"admission"},
		Reviews: func(targets.Action) []targets.Review { return []targets.Review{rules} },
		Says: func(a targets.Action, _ targets.Review, x targets.Exchange) targets.Opinion {
			if slices.Contains(strings.Fields(x.Body), a.Verb) {
				return targets.Allows
			}
			return targets.Denies
		},
	}
}

// unobserved are the cells of an attempt as it is planned.
func unobserved() probes.Arms {
	patch := targets.Action{Verb: "patch", Resource: "deployments.apps"}
	update := patch
	update.Verb = "update"
	return probes.Arms{
		Technique: probes.DryRun, Expect: []targets.Layer{targets.Authorization},
		Prediction: probes.Prediction{
			Real: probes.Forecast{Action: patch, Says: targets.Unsure}, Also: []probes.Forecast{{Action: update, Says: targets.Unsure}},
		},
	}
}

func (f *fixture) state(when string) {
	f.put(journal.TypeState, journal.StateRead{
		ID: "state-" + when, When: strings.Replace(when, "gone", "before", 1), Target: "prod", Observer: "reader", Key: deployment,
		MustExist: true, StateRead: targets.StateRead{Read: true, Exists: true, Digest: "aa"},
	})
}

func (f *fixture) identity(id, when, server string) {
	c := journal.IdentityCheck{
		ID: "whoami-" + id + "-" + when, When: when, Target: "prod", Identity: id, Whoami: targets.Whoami{
			Want: id + "@corp.example", Subject: targets.Subject{Name: server}, Fidelity: targets.Impersonated, Proof: targets.Proven,
		},
	}
	if c.Want != server {
		c.Proof, c.Problem = targets.Failed, "the server says "+server
	}
	f.put(journal.TypeIdentity, c)
}

var (
	denial  = targets.Exchange{Status: http.StatusForbidden, Body: "forbidden"}
	success = targets.Exchange{Status: http.StatusOK, Body: `{"kind":"Deployment"}`}
)

func armID(arm targets.Arm, n int64, probe string) string {
	return fmt.Sprintf("%s-%d-%s", arm, n, probe)
}

// classify is a small classifier with the form of a real one.
func classify(c targets.Case) targets.Response {
	switch c.Exchange.Status {
	case http.StatusForbidden:
		return targets.Response{Class: targets.Denied, Layer: targets.Authorization, By: "rbac", Reason: c.Subject + " may not " + c.Action}
	case http.StatusOK:
		return targets.Response{Class: targets.Reached, Reason: "HTTP 200: every layer let it through"}
	default:
		return targets.Response{Class: targets.Unknown, Reason: c.Exchange.Body}
	}
}

func (f *fixture) arm(arm targets.Arm, n int64, probe, as string, place targets.PlaceKind, x targets.Exchange) {
	id := armID(arm, n, probe)
	f.put(journal.TypeIntent, journal.Intent{ID: id, Arm: arm, N: n, Probe: probe, Target: "prod", Identity: as})
	x.Sent = &targets.Sent{Method: http.MethodPatch, URL: "https://prod.corp.example:6443/apis/" + string(place), Body: "{}", Headers: map[string]string{"Audit-Id": id}}
	c := targets.Case{Asked: targets.Asked{System: kubernetes.Name, Subject: as + "@corp.example", Action: "patch", Resource: "deployments.apps"}, Exchange: x}
	f.put(journal.TypeArm, journal.ArmRecord{
		ID: id, Arm: arm, N: n, Probe: probe, Target: "prod", Identity: as, Place: place, Case: c, Response: classify(c),
	})
}

// observe concludes an attempt from what the fixture wrote before. An
// exchange without a status is an attempt that was not made.
func (f *fixture) observe(n int64, probe, as string, x targets.Exchange) {
	o := journal.Observation{
		N: n, Probe: probe, Target: "prod", Identity: as, Fidelity: targets.Impersonated, Controls: []string{"nist/cm-5"},
		Refs: map[string][]string{
			"identity_before": {"whoami-" + as + "-before"}, "identity_after": {"whoami-" + as + "-after"},
			"state_before": {"state-before"}, "state_after": {"state-after"},
		},
		Arms: unobserved(),
	}
	o.Arms.IdentityBefore, o.Arms.IdentityAfter, o.Arms.Target, o.Arms.State = targets.Proven, targets.Proven, targets.Proven, probes.StateUnchanged
	if x.Status == 0 {
		o.Arms.IdentityBefore, o.Arms.IdentityAfter = targets.Failed, targets.Failed
		o.Response = targets.Response{Class: targets.Unknown, Reason: "not attempted, because the identity is not proven"}
	} else {
		o.Arms.Baseline = probes.Answer{Class: targets.Reached}
		o.Arms.Positive = probes.Answer{Class: targets.Reached}
		o.Arms.Negative = probes.Answer{Class: targets.Denied, Layer: targets.Authorization}
		o.Response = classify(targets.Case{Asked: targets.Asked{Subject: as + "@corp.example", Action: "patch"}, Exchange: x})
		o.Arms.Attempt = probes.Answer{Class: o.Response.Class, Layer: o.Response.Layer}
		o.Refs["attempt"], o.Refs["baseline"] = []string{armID(targets.ArmAttempt, n, probe)}, []string{armID(targets.ArmBaseline, n, probe)}
		o.Refs["positive"], o.Refs["negative"] = []string{armID(targets.ArmPositive, -1, probe)}, []string{armID(targets.ArmNegative, -1, probe)}
	}
	o.Arms.Prediction = probes.Foretell(o.Arms.Prediction, oracle(), func(targets.Review) (targets.Exchange, bool) {
		return targets.Exchange{Body: "delete"}, x.Status != 0
	}, func(targets.Action) bool { return false })
	o.Predicted = o.Arms.Prediction.Real.Says
	if x.Status != 0 {
		o.Refs["prediction"] = []string{"review-alice"}
	}
	o.Judgement = probes.Judge(o.Arms)
	o.Disagreement = o.Arms.Prediction.Disagreement(o.Arms.Attempt)
	f.put(journal.TypeObservation, o)
}

// verifier is what the command hands in, without keys.
func verifier() reports.Verifier {
	return reports.Verifier{
		Classify: map[targets.SystemName]targets.Classifier{kubernetes.Name: classify},
		Oracles:  map[targets.SystemName]targets.Oracle{kubernetes.Name: oracle()},
		Approve:  func(string, journal.RunStart) error { return nil },
		Operator: func(_, signature []byte, operator journal.Principal, _ time.Time) error {
			if "by "+operator.Person != string(signature) {
				return fmt.Errorf("%q is not by %s", signature, operator.Person)
			}
			return nil
		},
	}
}
