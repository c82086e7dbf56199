package catalog_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/lab/gitlablab"
)

// TestEnforcedGitLab: a working control is Blocked on every probe that is not
// examined only, and nothing in the project changes.
func TestEnforcedGitLab(t *testing.T) {
	for id, o := range runGitLab(t, gitlablab.Config{}, gitlablab.FaultNone) {
		if want := expected(t, id, probes.Blocked); o.Outcome != want {
			t.Errorf("%s: %s %s %v %+v", id, o.Outcome, o.Reason, o.Missing, o.Response)
		}
	}
}

// TestPermissiveGitLab: a missing control is Permitted on every probe, and
// nothing in the project changes even so.
func TestPermissiveGitLab(t *testing.T) {
	for id, o := range runGitLab(t, gitlablab.Config{Permissive: true}, gitlablab.FaultNone) {
		if want := expected(t, id, probes.Permitted); o.Outcome != want {
			t.Errorf("%s: %s %s %v %+v", id, o.Outcome, o.Reason, o.Missing, o.Response)
		}
	}
}

// TestFreeGitLab: what GitLab Free cannot protect is never Blocked.
func TestFreeGitLab(t *testing.T) {
	for id, o := range runGitLab(t, gitlablab.Config{Free: true}, gitlablab.FaultNone) {
		p, _ := catalog.All().Find(id)
		premium := p.Tier != ""
		if premium && (o.Outcome == probes.Blocked || o.Outcome == probes.Permitted) {
			t.Errorf("%s: %s %s %+v", id, o.Outcome, o.Reason, o.Response)
		}
	}
}

// TestFaultsGitLab: whatever goes wrong, in either posture, nothing is Blocked.
func TestFaultsGitLab(t *testing.T) {
	for _, permissive := range []bool{false, true} {
		for _, fault := range gitlablab.Faults() {
			t.Run(fmt.Sprintf("permissive=%t/%s", permissive, fault), func(t *testing.T) {
				t.Parallel()
				provesNothing(t, runGitLab(t, gitlablab.Config{Permissive: permissive}, fault))
			})
		}
	}
}

// expected is the outcome of a probe where the control decides: what is
// examined only is never more than Inconclusive.
func expected(t *testing.T, id string, outcome probes.Outcome) probes.Outcome {
	t.Helper()
	p, ok := catalog.All().Find(id)
	if !ok {
		t.Fatalf("there is no probe %s", id)
	}
	if p.Technique == probes.Examine {
		return probes.Inconclusive
	}
	return outcome
}

// runGitLab runs every probe as alice and returns the observations by probe.
// The project must be as before afterwards.
func runGitLab(t *testing.T, cfg gitlablab.Config, fault gitlablab.Fault) map[string]journal.Observation {
	t.Helper()
	cfg.Dir, cfg.Now, cfg.Rand = t.TempDir(), time.Now, rand.Reader
	g, err := gitlablab.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	before, err := g.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	target, scenario := connectGitLab(t, g)
	g.SetFault(fault)
	out := execute(t, scenario, target, gitlab.Classify, targets.Oracle{})
	after, err := g.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the project changed:\n%s", diff)
	}
	if len(out) != len(of(targets.GitLab)) {
		t.Fatalf("%d observations of %d probes", len(out), len(of(targets.GitLab)))
	}
	return out
}

type project struct{ *gitlab.Project }

func (p project) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return p.Project.Assume(ctx, id)
}

func connectGitLab(t *testing.T, g *gitlablab.GitLab) (engine.Target, *scenarios.Scenario) {
	t.Helper()
	as := func(username string, role targets.Role) targets.Identity {
		return targets.Identity{ID: username, Role: role, GitLab: &targets.GitLabIdentity{
			Username: username, Token: targets.Secret{Env: username}, SSHKey: &targets.Secret{File: username},
		}}
	}
	s := &scenarios.Scenario{
		Targets: []targets.Target{{ID: "prod", RequestsPerSecond: 100000, GitLab: &targets.GitLabTarget{
			URL: g.URL(), ProjectID: gitlablab.ProjectID, Project: gitlablab.Project, Branch: gitlablab.Branch,
			PermittedBranch: gitlablab.PermittedBranch, Environment: gitlablab.Environment,
			SSH: &targets.GitLabSSH{Address: g.SSHAddress(), HostKey: g.HostKey()},
		}}},
		Identities: []targets.Identity{
			as(gitlablab.Alice, targets.Developer), as(gitlablab.Release, targets.Authorized),
			as(gitlablab.Nobody, targets.Unprivileged), as(gitlablab.Reader, targets.Observer),
		},
	}
	for _, p := range of(targets.GitLab) {
		a := scenarios.Attempt{
			Probe: p.ID, Target: "prod", As: scenarios.Subjects{IDs: []string{gitlablab.Alice}},
			With: example(p).With, Permitted: map[string]string{},
		}
		for _, n := range p.Needs {
			if n.Elsewhere != "" {
				a.Permitted[n.Name] = n.Elsewhere
			}
		}
		s.Attempts = append(s.Attempts, a)
	}
	p, err := gitlab.Connect(gitlab.Config{
		Target: s.Targets[0], Reader: s.Identities[3], Roots: g.Roots(), Budget: guard.NewBudget(1 << 20),
		Marker: "sodprobe-test", UserAgent: "sodprobe-test", Timeout: 5 * time.Second, Now: time.Now,
		Secret: func(at targets.Secret) (string, error) {
			switch {
			case at.Env != "":
				return g.Token(at.Env), nil
			case at.File != "":
				return g.Key(at.File), nil
			}
			return "", errors.New("no such secret")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project{p}, s
}
