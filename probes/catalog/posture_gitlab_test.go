package catalog_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"golang.org/x/mod/semver"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/lab/gitlablab"
)

// gitLabRow is what a probe must come to, by posture, where a condition holds.
type gitLabRow struct {
	probe, where string
	wants        map[gitlablab.Posture]string
}

// gitLabTable reads testdata/postures/gitlab.tsv.
func gitLabTable(t *testing.T) []gitLabRow {
	t.Helper()
	file, err := os.ReadFile("testdata/postures/gitlab.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var rows []gitLabRow
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		c := strings.Split(line, "\t")
		if len(c) != 6 || c[5] == "" {
			t.Fatalf("a row has %d cells, or no reason: %q", len(c), line)
		}
		rows = append(rows, gitLabRow{c[0], c[1], map[gitlablab.Posture]string{
			gitlablab.Enforced: c[2], gitlablab.Permissive: c[3], gitlablab.Scoped: c[4],
		}})
	}
	return rows
}

// holds reports whether each part of a condition does: an edition, or a
// version that the instance is older than.
func (r gitLabRow) holds(cfg gitlablab.Config) bool {
	for part := range strings.FieldsSeq(r.where) {
		version, older := strings.CutPrefix(part, "<")
		switch {
		case older && semver.Compare("v"+cfg.Version, "v"+version+".0") >= 0, !older && part != string(cfg.Edition):
			return false
		}
	}
	return true
}

// TestPosturesGitLab: in every version, edition and posture each probe comes to
// what the table says, the last row that holds, and nothing in the project
// changes.
func TestPosturesGitLab(t *testing.T) {
	rows := gitLabTable(t)
	for _, version := range gitlablab.Versions() {
		for _, edition := range gitlablab.Editions() {
			for _, posture := range []gitlablab.Posture{gitlablab.Enforced, gitlablab.Permissive, gitlablab.Scoped} {
				cfg := gitlablab.Config{Version: version, Edition: edition, Posture: posture}
				t.Run(fmt.Sprintf("%s/%s/%s", version, cmp.Or(string(edition), "ultimate"), cmp.Or(string(posture), "enforced")), func(t *testing.T) {
					t.Parallel()
					got := runGitLab(t, cfg, gitlablab.FaultNone)
					want := map[string]string{}
					for _, row := range rows {
						if row.holds(cfg) {
							want[row.probe] = row.wants[posture]
						}
					}
					for id, o := range got {
						if comesTo(o) != want[id] {
							t.Errorf("%s: %s, want %q: %+v %v %v", id, comesTo(o), want[id], o.Response, o.Missing, o.Open)
						}
						delete(want, id)
					}
					if len(want) > 0 {
						t.Errorf("rows of probes that are not there: %v", want)
					}
				})
			}
		}
	}
}

// TestFaultsGitLab: whatever goes wrong, in each posture, version and edition,
// nothing is Blocked.
func TestFaultsGitLab(t *testing.T) {
	var all []gitlablab.Config
	for _, posture := range []gitlablab.Posture{gitlablab.Enforced, gitlablab.Permissive, gitlablab.Scoped} {
		all = append(all, gitlablab.Config{Posture: posture})
	}
	for _, version := range gitlablab.Versions() {
		all = append(all, gitlablab.Config{Version: version})
	}
	for _, edition := range gitlablab.Editions() {
		all = append(all, gitlablab.Config{Edition: edition})
	}
	for _, cfg := range all {
		for _, fault := range gitlablab.Faults() {
			t.Run(fmt.Sprintf("%s%s%s/%s", cfg.Posture, cfg.Version, cfg.Edition, fault), func(t *testing.T) {
				t.Parallel()
				provesNothing(t, runGitLab(t, cfg, fault))
			})
		}
	}
}

// TestPolicyGitLab: a security policy refuses everybody, and asks those who may
// bypass it for a reason, which is none that refuses: who may push is then not
// shown, and nothing is Blocked.
func TestPolicyGitLab(t *testing.T) {
	for _, posture := range []gitlablab.Posture{gitlablab.Enforced, gitlablab.Permissive} {
		got := runGitLab(t, gitlablab.Config{Policy: true, Posture: posture}, gitlablab.FaultNone)
		for _, id := range []string{"gitlab.branch.push", "gitlab.branch.push-ssh"} {
			if o := got[id]; o.Outcome != probes.Inconclusive || o.Reason != probes.ReasonArmsMissing {
				t.Errorf("%s %s: %s %s %v", posture, id, o.Outcome, o.Reason, o.Missing)
			}
		}
	}
}

// TestOwnGitLab: what is somebody else's is not attempted: of it, GitLab refuses
// a developer what of their own it might not.
func TestOwnGitLab(t *testing.T) {
	g := startGitLab(t, gitlablab.Config{})
	target, scenario := connectGitLab(t, g)
	for i := range scenario.Attempts {
		scenario.Attempts[i].As.IDs = []string{gitlablab.Bob}
	}
	scenario.Identities = append(scenario.Identities, gitLabIdentity(gitlablab.Bob, targets.Developer))
	got := execute(t, scenario, target, gitlab.Classify, gitlab.Oracle())
	for _, id := range []string{"gitlab.mergerequest.merge", "gitlab.mergerequest.rule-update", "gitlab.deployment.approve"} {
		if o := got[id]; o.Outcome != probes.NotRun || o.Reason != probes.ReasonTargetMissing {
			t.Errorf("%s: %s %s %v", id, o.Outcome, o.Reason, o.Missing)
		}
	}
}

// startGitLab starts a simulated instance.
func startGitLab(t *testing.T, cfg gitlablab.Config) *gitlablab.GitLab {
	t.Helper()
	cfg.Dir, cfg.Now, cfg.Rand = t.TempDir(), time.Now, rand.Reader
	g, err := gitlablab.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// gitLabIdentity is an account of the simulated instance.
func gitLabIdentity(username string, role targets.Role) targets.Identity {
	return targets.Identity{ID: username, Role: role, Blocks: targets.Blocks{&gitlab.Identity{
		Username: username, Token: &targets.Secret{Env: username}, SSHKey: &targets.Secret{File: username},
	}}}
}

// runGitLab runs every probe as alice and returns the observations by probe.
// The project must be as before afterwards.
func runGitLab(t *testing.T, cfg gitlablab.Config, fault gitlablab.Fault) map[string]journal.Observation {
	t.Helper()
	g := startGitLab(t, cfg)
	before, err := g.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	target, scenario := connectGitLab(t, g)
	g.SetFault(fault)
	out := execute(t, scenario, target, gitlab.Classify, gitlab.Oracle())
	after, err := g.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if changed := diff.Diff(before, after); changed != "" {
		t.Errorf("the project changed:\n%s", changed)
	}
	if len(out) != len(of(gitlab.Name)) {
		t.Fatalf("%d observations of %d probes", len(out), len(of(gitlab.Name)))
	}
	return out
}

type project struct{ *gitlab.Project }

func (p project) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return p.Project.Assume(ctx, id)
}

func connectGitLab(t *testing.T, g *gitlablab.GitLab) (engine.Target, *scenarios.Scenario) {
	t.Helper()
	as := gitLabIdentity
	s := &scenarios.Scenario{
		Targets: []targets.Target{{ID: "prod", RequestsPerSecond: 100000, Block: &gitlab.Target{
			URL: g.URL(), ProjectID: gitlablab.ProjectID, Project: gitlablab.Project, Branch: gitlablab.Branch,
			AllowedBranch: gitlablab.AllowedBranch, Environment: gitlablab.Environment,
			SSH: &gitlab.SSH{Address: g.SSHAddress(), HostKey: g.HostKey()},
		}}},
		Identities: []targets.Identity{
			as(gitlablab.Alice, targets.Developer), as(gitlablab.Release, targets.Authorized),
			as(gitlablab.Nobody, targets.Unprivileged), as(gitlablab.Reader, targets.Observer),
		},
	}
	for _, p := range of(gitlab.Name) {
		a := scenarios.Attempt{
			Probe: p.ID, Target: "prod", As: scenarios.Subjects{IDs: []string{gitlablab.Alice}},
			With: example(p).With, Allowed: map[string]string{},
		}
		for _, n := range p.Needs {
			if n.Elsewhere != "" {
				a.Allowed[n.Name] = n.Elsewhere
			}
		}
		switch p.ID {
		case "gitlab.mergerequest.merge":
			a.Positive = &scenarios.Positive{Identity: gitlablab.Release, With: map[string]string{"mergeRequest": "9"}}
		case "gitlab.mergerequest.rule-update": // where rules are fixed, nobody may change them
			a.Positive = &scenarios.Positive{Waive: "the project lets nobody override its rules"}
		}
		s.Attempts = append(s.Attempts, a)
	}
	p, err := gitlab.Connect(gitlab.Config{
		Target: s.Targets[0], Reader: s.Identities[3], Roots: g.Roots(), Budget: targets.NewBudget(1 << 20),
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
