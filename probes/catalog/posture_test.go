package catalog_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/lab"
	"github.com/sodprobe/sodprobe/targets/lab/gitlablab"
)

// TestEnforced: a working control is Blocked on every probe, by authorization,
// and nothing in the cluster changes.
func TestEnforced(t *testing.T) {
	got := runAll(t, lab.Enforced, lab.FaultNone)
	asWritten(t, postures(t), "enforced", got)
	for id, o := range got {
		if o.Outcome == probes.Blocked && o.Response.Layer != targets.Authorization || o.Disagreement != "" {
			t.Errorf("%s: by %s; %s", id, o.Response.Layer, o.Disagreement)
		}
	}
}

// TestPermissive: a missing control is Permitted on every probe, and nothing
// in the cluster changes even so.
func TestPermissive(t *testing.T) {
	asWritten(t, postures(t), "permissive", runAll(t, lab.Permissive, lab.FaultNone))
}

// TestScoped: rights on some names and verbs give each probe its own outcome.
// None that the developer has by another verb is Blocked.
func TestScoped(t *testing.T) {
	got := runAll(t, lab.Scoped, lab.FaultNone)
	asWritten(t, postures(t), "scoped", got)
	for _, id := range open(got, probes.ReasonOpenOtherwise) {
		if o := got[id]; len(o.Open) != 1 || !o.Urgent {
			t.Errorf("%s does not say what is open, or not urgently: %+v", id, o.Judgement)
		}
	}
}

func postures(t *testing.T) map[string]map[string]string {
	t.Helper()
	return table(t, "kubernetes", "enforced", "permissive", "scoped")
}

// TestFaults: whatever goes wrong, in any posture, nothing comes to a
// conclusion.
func TestFaults(t *testing.T) {
	for _, posture := range []lab.Posture{lab.Enforced, lab.Permissive, lab.Scoped} {
		for _, fault := range lab.Faults() {
			t.Run(fmt.Sprintf("%s/%s", posture, fault), func(t *testing.T) {
				t.Parallel()
				provesNothing(t, runAll(t, posture, fault))
			})
		}
	}
}

// TestReasons: an authorizer that could not ask, or was not told who somebody is,
// refuses with that as its reason. Whoever it lets through gets through as ever, and
// nobody who was refused is Blocked; the report says what it said, and what would
// tell more.
func TestReasons(t *testing.T) {
	for reason, more := range map[string]string{
		`Error occured during authorization check. Please retry again. Error: Post "https://management.azure.com/": context deadline exceeded`:              "run again when the authorizer answers", //nolint:misspell // as it is said
		"Azure does not have opinion for this non AAD user. If you are an AAD user, please set Extra:oid parameter for impersonated user in the kubeconfig": "give the identity extra: {oid: [OBJECT-ID]}",
		"a reason that nobody has seen": "a reason that is on no list of decisions",
	} {
		k := start(t, lab.KubernetesConfig{Posture: lab.Enforced})
		k.SetReason(reason)
		got := runOn(t, k, lab.FaultNone)
		provesNothing(t, got)
		o := got["kubernetes.deployment.patch"]
		if text := reports.Because(reports.Attempt{Observation: o}); !strings.Contains(text, reason[:25]) || !strings.Contains(text, more) {
			t.Errorf("%s: %q does not say why, or what to do", reason, text)
		}
	}
}

// TestUndecided: a webhook that could not verify an image, and a Gitaly that takes
// no more requests, refuse nobody; the report says so.
func TestUndecided(t *testing.T) {
	images, busy := runAll(t, lab.Enforced, lab.FaultUnverified), runGitLab(t, gitlablab.Config{}, gitlablab.FaultOverloaded)
	for name, c := range map[string]struct {
		o    journal.Observation
		want []string
	}{
		"an image":      {images["kubernetes.pod.create"], []string{"server-error", "server misbehaving", "give the target one that it can check"}},
		"a push":        {busy["gitlab.branch.push"], []string{"throttled", "the server is busy", "lower requestsPerSecond"}},
		"a push by SSH": {busy["gitlab.branch.push-ssh"], []string{"throttled", "due to load", "lower requestsPerSecond"}},
	} {
		text := reports.Because(reports.Attempt{Observation: c.o})
		for _, want := range c.want {
			if c.o.Outcome != probes.Inconclusive || !strings.Contains(text, want) {
				t.Errorf("%s: %s, %q, want %q in it", name, c.o.Outcome, text, want)
			}
		}
	}
}

// TestConflict: where each object moves between its reading and its
// replacement, a replacement that was let through proves nothing, and one that
// was refused is Blocked as ever.
func TestConflict(t *testing.T) {
	for id, o := range runAll(t, lab.Permissive, lab.FaultConflict) {
		if replaces := strings.HasSuffix(id, ".update") || strings.HasSuffix(id, "-by-put"); replaces && o.Outcome != probes.Inconclusive {
			t.Errorf("%s: %s %s %+v", id, o.Outcome, o.Reason, o.Response)
		}
	}
}

// TestConnectWebhook: a webhook that is called on CONNECT, and that acts, is
// not called. Where it would decide, a yes says nothing, and a no is a no.
func TestConnectWebhook(t *testing.T) {
	streams := []string{"kubernetes.pod.exec", "kubernetes.pod.attach", "kubernetes.pod.portforward"}
	for posture, want := range map[lab.Posture]string{lab.Enforced: "Blocked", lab.Permissive: "admission-not-exercised"} {
		k := start(t, lab.KubernetesConfig{Posture: posture, ConnectWebhook: true})
		got := runOn(t, k, lab.FaultNone)
		for _, id := range streams {
			if o := got[id]; comesTo(o) != want {
				t.Errorf("%s, %s: %s, want %s: %+v", posture, id, comesTo(o), want, o.Response)
			}
			if o := got[id+"-by-get"]; comesTo(o) != "unsupported" || !strings.Contains(o.Response.Reason, "matches CONNECT to pods/") {
				t.Errorf("%s, %s by GET: %s, want unsupported: %+v", posture, id, comesTo(o), o.Response)
			}
		}
		if calls := k.Hooked(); len(calls) > 0 {
			t.Errorf("%s: the webhook was called for %v", posture, calls)
		}
	}
}

// TestStaticAdmission: where nobody states that API servers read no webhooks
// and policies from files, which their API does not show, a stream is asked for
// by a dry run alone, and a yes says nothing.
func TestStaticAdmission(t *testing.T) {
	k := start(t, lab.KubernetesConfig{Posture: lab.Permissive})
	target, s := connect(t, k)
	s.Targets[0].Block.(*kubernetes.Target).StaticAdmission = ""
	got := execute(t, s, target, kubernetes.Classify, kubernetes.Oracle())
	for _, id := range []string{"kubernetes.pod.exec", "kubernetes.pod.attach", "kubernetes.pod.portforward"} {
		if o := got[id]; comesTo(o) != "admission-not-exercised" || !strings.Contains(o.Response.Reason, "staticAdmission: none") {
			t.Errorf("%s: %s: %+v", id, comesTo(o), o.Response)
		}
		if o := got[id+"-by-get"]; comesTo(o) != "unsupported" || !strings.Contains(o.Response.Reason, "staticAdmission: none") {
			t.Errorf("%s by GET: %s: %+v", id, comesTo(o), o.Response)
		}
	}
}

// TestAggregatedKind: a kind that an aggregated API server serves receives no
// write, since it may not know a dry run: this one does not.
func TestAggregatedKind(t *testing.T) {
	k := start(t, lab.KubernetesConfig{Posture: lab.Permissive})
	target, s := connect(t, k)
	s.Attempts = slices.DeleteFunc(s.Attempts, func(a scenarios.Attempt) bool { return !strings.HasPrefix(a.Probe, "kubernetes.customresource.") })
	for i := range s.Attempts {
		s.Attempts[i].With = map[string]string{"group": "aggregated.corp.example", "version": "v1", "plural": "widgets", "name": "api"}
	}
	before := k.Snapshot()
	got := execute(t, s, target, kubernetes.Classify, kubernetes.Oracle())
	for id, o := range got {
		if comesTo(o) != "unsupported" || !strings.Contains(o.Response.Reason, "aggregated API server") {
			t.Errorf("%s: %s %+v", id, comesTo(o), o.Response)
		}
	}
	if diff := cmp.Diff(before, k.Snapshot()); diff != "" || len(got) != 2 {
		t.Errorf("%d attempts; the cluster changed:\n%s", len(got), diff)
	}
}

// runAll runs every probe as alice and returns the observations by probe. The
// cluster must be as before afterwards.
func runAll(t *testing.T, posture lab.Posture, fault lab.Fault) map[string]journal.Observation {
	t.Helper()
	return runOn(t, start(t, lab.KubernetesConfig{Posture: posture}), fault)
}

// start starts a simulated cluster.
func start(t *testing.T, cfg lab.KubernetesConfig) *lab.Kubernetes {
	t.Helper()
	cfg.Now, cfg.Rand = time.Now, rand.Reader
	k, err := lab.StartKubernetes(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// runOn runs every probe on a cluster.
func runOn(t *testing.T, k *lab.Kubernetes, fault lab.Fault) map[string]journal.Observation {
	t.Helper()
	before := k.Snapshot()
	target, scenario := connect(t, k)
	k.SetFault(fault)
	out := execute(t, scenario, target, kubernetes.Classify, kubernetes.Oracle())
	if diff := cmp.Diff(before, k.Snapshot()); diff != "" {
		t.Errorf("the cluster changed:\n%s", diff)
	}
	if len(out) != len(of(kubernetes.Name)) {
		t.Fatalf("%d observations of %d probes", len(out), len(of(kubernetes.Name)))
	}
	return out
}

// execute runs a scenario of one target and returns the observations by
// probe.
func execute(t *testing.T, scenario *scenarios.Scenario, target engine.Target, classify targets.Classifier, oracle targets.Oracle) map[string]journal.Observation {
	t.Helper()
	plan, err := engine.NewPlan(scenario, catalog.All())
	if err != nil {
		t.Fatal(err)
	}
	log := &memory{}
	budget := int64(1 << 20)
	_, err = engine.Run(t.Context(), engine.Config{
		Plan: plan, Targets: map[string]engine.Target{"prod": target}, Journal: log,
		Classify: map[targets.SystemName]targets.Classifier{scenario.Targets[0].System(): classify},
		Oracles:  map[targets.SystemName]targets.Oracle{scenario.Targets[0].System(): oracle},
		Gate: engine.Limits{
			Ceiling: probes.SelfDefeating, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			Now: time.Now, Left: func() int64 { return budget }, StopFile: func() (string, bool) { return "", false },
		},
		Marker: "sodprobe-test", NewID: uuid.NewString, Concurrency: 32, Progress: func(engine.Event) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]journal.Observation{}
	for _, o := range log.observations {
		out[o.Probe] = o
	}
	return out
}

type adapter struct{ *kubernetes.Cluster }

func (a adapter) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return a.Cluster.Assume(ctx, id)
}

func connect(t *testing.T, k *lab.Kubernetes) (engine.Target, *scenarios.Scenario) {
	t.Helper()
	config, err := clientcmd.Load(k.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	as := func(id string, role targets.Role, user string, groups ...string) targets.Identity {
		return targets.Identity{ID: id, Role: role, Blocks: targets.Blocks{&kubernetes.Identity{
			Impersonate: &kubernetes.Impersonation{User: user, Groups: groups},
		}}}
	}
	own := func(id string, role targets.Role, context, user string) targets.Identity {
		return targets.Identity{ID: id, Role: role, Blocks: targets.Blocks{&kubernetes.Identity{Context: context, User: user}}}
	}
	s := &scenarios.Scenario{
		Targets: []targets.Target{{ID: "prod", RequestsPerSecond: 100000, Block: &kubernetes.Target{
			Context: "prober", CASHA256: k.CASHA256(), UID: k.UID(), Namespace: lab.Production, AllowedNamespace: lab.Permitted, StaticAdmission: "none",
		}}},
		Identities: []targets.Identity{
			own("own-alice", targets.Developer, "alice", lab.Alice), own("own-release", targets.Authorized, "release", lab.Release), own("own-nobody", targets.Unprivileged, "nobody", lab.Nobody),
			as("alice", targets.Developer, lab.Alice, "developers"),
			as("release", targets.Authorized, lab.Release, "release-managers"),
			as("nobody", targets.Unprivileged, lab.Nobody),
			as("reader", targets.Observer, lab.Reader),
		},
	}
	for _, p := range of(kubernetes.Name) {
		with := example(p).With
		prefix := ""
		if p.Requires.Has(kubernetes.NeedsOwnCredential) {
			prefix = "own-"
		}
		s.Attempts = append(s.Attempts, scenarios.Attempt{
			Probe: p.ID, Target: "prod", As: scenarios.Subjects{IDs: []string{prefix + "alice"}}, With: with,
			Positive: &scenarios.Positive{Identity: prefix + "release"}, Negative: prefix + "nobody",
		})
	}
	c, err := kubernetes.Connect(kubernetes.Config{
		Target: s.Targets[0], Kubeconfig: config, Reader: s.Identities[len(s.Identities)-1], Budget: targets.NewBudget(1 << 20), Marker: "sodprobe-test",
		UserAgent: "sodprobe-test", Timeout: time.Second, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return adapter{c}, s
}

// memory is a journal that keeps observations.
type memory struct {
	mu           sync.Mutex
	observations []journal.Observation
}

func (m *memory) Append(_ context.Context, _ journal.Type, body any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o, ok := body.(journal.Observation); ok {
		m.observations = append(m.observations, o)
	}
	return nil
}

func (m *memory) Commit(context.Context) error { return nil }
