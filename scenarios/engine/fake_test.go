package engine_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// fake is a target that answers at once, and counts.
type fake struct {
	pin    targets.Pin
	pinErr error
	// permitted lists identities whose attempts in production pass.
	permitted map[string]bool
	unproven  map[string]bool
	// hold blocks every attempt in production until it is closed.
	hold chan struct{}
	log  *log
	// absent lists paths at which nothing stands.
	absent map[string]bool
	// rules are what the developers may do, by verb; nil answers no review.
	rules []string
	// leaves is the mark that stands in production afterwards.
	leaves string
	calls  *sync.Map // under which mark, on what and by which role each call was, nil for nobody asking

	// takes is how long a whoami takes.
	takes time.Duration

	sends, whoamis, reads, reviews atomic.Int64
}

func (f *fake) Pin(context.Context) (targets.Pin, error) { return f.pin, f.pinErr }

func (f *fake) Assume(_ context.Context, id targets.Identity) (engine.Session, error) {
	return &session{f, id}, nil
}

type session struct {
	*fake
	id targets.Identity
}

func (s *session) Whoami(context.Context) targets.Whoami {
	s.whoamis.Add(1)
	time.Sleep(s.takes)
	if s.unproven[s.id.ID] {
		return targets.Whoami{Proof: targets.Failed, Problem: "somebody else", Exchange: targets.Exchange{Status: 401}}
	}
	return targets.Whoami{Proof: targets.Proven, Subject: targets.Subject{Name: s.id.Principal(kubernetes.Name)}}
}

func (s *session) Send(_ context.Context, call targets.Call) targets.Exchange {
	s.sends.Add(1)
	if s.calls != nil {
		s.calls.Store(call.Request.Query["fieldManager"]+" "+call.Request.Name+" "+string(s.id.Role), true)
	}
	production := call.Request.Scope == "prod"
	if production && s.id.Role == targets.Developer && s.hold != nil {
		<-s.hold
	}
	if s.log != nil && !s.log.durable(call.ID) {
		return targets.Exchange{Status: 599} // sent before its intent was durable
	}
	sent := &targets.Sent{Method: call.Request.Method}
	if production && !s.permitted[s.id.ID] && s.id.Role != targets.Authorized {
		return targets.Exchange{Status: 403, Sent: sent}
	}
	return targets.Exchange{Status: 200, Sent: sent}
}

func (s *session) Read(_ context.Context, q targets.StateQuery) targets.StateRead {
	s.reads.Add(1)
	read := targets.StateRead{Read: true, Exists: q.MustExist && !s.absent[q.Request.Path], Digest: "same"}
	if s.leaves != "" && s.sends.Load() > 0 {
		read.Digest, read.Ours, read.Marks = "changed", true, []string{s.leaves}
	}
	return read
}

func (s *session) Review(context.Context, targets.Review) targets.Exchange {
	s.reviews.Add(1)
	if s.rules == nil {
		return targets.Exchange{Status: 500}
	}
	return targets.Exchange{Status: 201, Body: strings.Join(s.rules, " ")}
}

// oracle reads the fake's reviews.
func oracle() targets.Oracle {
	return targets.Oracle{
		Covers: []targets.Layer{targets.Authorization},
		Reviews: func(a targets.Action) []targets.Review {
			return []targets.Review{{Kind: "rules", Action: targets.Action{Scope: a.Scope}}}
		},
		Says: func(a targets.Action, _ targets.Review, x targets.Exchange) targets.Opinion {
			switch {
			case x.Status != 201:
				return targets.Unsure
			case slices.Contains(strings.Fields(x.Body), a.Verb):
				return targets.Allows
			}
			return targets.Denies
		},
	}
}

// classify knows the fake's answers.
func classify(c targets.Case) targets.Response {
	switch c.Exchange.Status {
	case 200:
		return targets.Response{Class: targets.Reached}
	case 403:
		return targets.Response{Class: targets.Denied, Layer: targets.Authorization}
	case 401:
		return targets.Response{Class: targets.Unauthenticated}
	default:
		return targets.Response{Class: targets.Unknown}
	}
}

// log is a journal in memory that knows what was committed.
type log struct {
	mu        sync.Mutex
	pending   []string
	committed map[string]bool
	lines     map[journal.Type]int
	observed  map[int64]journal.Observation
	discard   bool
	fail      error
}

func newLog() *log {
	return &log{committed: map[string]bool{}, lines: map[journal.Type]int{}, observed: map[int64]journal.Observation{}}
}

func (l *log) Append(_ context.Context, t journal.Type, body any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.lines[t]++
	switch b := body.(type) {
	case journal.Intent:
		if !l.discard {
			l.pending = append(l.pending, b.ID)
		}
	case journal.Observation:
		if _, twice := l.observed[b.N]; twice {
			return fmt.Errorf("attempt %d has two observations", b.N)
		}
		if !l.discard {
			l.observed[b.N] = b
		}
	}
	return nil
}

func (l *log) Commit(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range l.pending {
		l.committed[id] = true
	}
	l.pending = nil
	return nil
}

func (l *log) durable(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.committed[id]
}

// outcomes counts the observations.
func (l *log) outcomes() map[probes.Outcome]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[probes.Outcome]int{}
	for _, o := range l.observed {
		out[o.Outcome]++
	}
	return out
}

// set is a catalog of n probes that need nothing.
func set(n int) probes.Set {
	var out probes.Set
	for i := range n {
		id := fmt.Sprintf("kubernetes.thing%03d.patch", i)
		out = append(out, probes.Probe{
			ID: id, System: kubernetes.Name, Technique: probes.DryRun, Expect: []targets.Layer{targets.Authorization},
			Allow:   []targets.Rule{{Method: "PATCH", Path: "/{scope}/" + id, Mutating: true}},
			Reached: []string{"status:200"},
			Also: func(_ targets.Place, r targets.Request) []targets.Action {
				return []targets.Action{{Verb: "update", Resource: r.Resource, Name: r.Name, Scope: r.Scope}}
			},
			Needs: []probes.Need{{Name: "thing", Example: "api", Pattern: regexp.MustCompile(`^[a-z]+$`), Default: id[len("kubernetes."):][:5]}},
			Request: func(p targets.Place, params probes.Params) targets.Request {
				return targets.Request{
					Action: "patch", Resource: id, Name: params.With["thing"], Scope: p.Scope, Method: "PATCH", Path: "/" + p.Scope + "/" + id,
					Query: map[string]string{"fieldManager": params.Arm},
				}
			},
			State: func(p targets.Place, _ probes.Params) []targets.StateQuery {
				return []targets.StateQuery{{Request: targets.Request{Method: "GET", Path: "/" + p.Scope}, MustExist: true}}
			},
		})
	}
	return out
}

// scenario attempts every probe as n developers.
func scenario(catalog probes.Set, n int) *scenarios.Scenario {
	as := func(id string, role targets.Role) targets.Identity {
		return targets.Identity{ID: id, Role: role, Blocks: targets.Blocks{&kubernetes.Identity{Impersonate: &kubernetes.Impersonation{User: id}}}}
	}
	s := &scenarios.Scenario{
		Targets: []targets.Target{{ID: "cluster", RequestsPerSecond: 1, Block: &kubernetes.Target{Namespace: "prod", AllowedNamespace: "dev"}}},
		Identities: []targets.Identity{
			as("release", targets.Authorized), as("nobody", targets.Unprivileged), as("reader", targets.Observer),
		},
	}
	for i := range n {
		s.Identities = append(s.Identities, as(fmt.Sprintf("dev-%05d", i), targets.Developer))
	}
	for _, p := range catalog {
		s.Attempts = append(s.Attempts, scenarios.Attempt{Probe: p.ID, Target: "cluster", As: scenarios.Subjects{Role: targets.Developer}})
	}
	return s
}

// config is a run of a scenario against a fake.
func config(tb testing.TB, f *fake, l *log, developers, kinds int) engine.Config {
	tb.Helper()
	catalog := set(kinds)
	plan, err := engine.NewPlan(scenario(catalog, developers), catalog)
	if err != nil {
		tb.Fatal(err)
	}
	var id atomic.Int64
	now := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	return engine.Config{
		Plan: plan, Targets: map[string]engine.Target{"cluster": f}, Journal: l,
		Classify: map[targets.SystemName]targets.Classifier{kubernetes.Name: classify},
		Oracles:  map[targets.SystemName]targets.Oracle{kubernetes.Name: oracle()},
		Gate: engine.Limits{
			Ceiling: probes.SelfDefeating, NotBefore: now, NotAfter: now.Add(time.Hour), Now: func() time.Time { return now },
			Left: func() int64 { return 1 }, StopFile: func() (string, bool) { return "", false },
		},
		Marker: "sodprobe-test", NewID: func() string { return fmt.Sprint(id.Add(1)) }, Concurrency: 8,
		Progress: func(engine.Event) {},
	}
}
