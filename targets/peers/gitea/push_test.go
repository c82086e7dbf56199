package gitea

import (
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// TestPush: the developer's push is refused by Gitea's hook, the push of the
// account that may ends in the comparison of the old hash, and neither leaves
// a trace in the refs or the events. Gitea's words are not GitLab's, so that
// its refusal is unknown, and never a denial.
func TestPush(t *testing.T) {
	s := start(t)
	front := s.front(t)
	refs, events := s.refs(), s.events()
	for _, c := range []struct {
		probe, as string
		class     targets.Class
		reason    string // git's own
		said      string // on the side band
	}{
		{"gitlab.branch.push", dev, targets.Unknown, "pre-receive hook declined", "Not allowed to push to protected branch main"},
		{"gitlab.branch.push-ssh", dev, targets.Unknown, "pre-receive hook declined", "Not allowed to push to protected branch main"},
		{"gitlab.branch.push", release, targets.Reached, "failed to update ref", "but expected"},
		{"gitlab.branch.push-ssh", release, targets.Reached, "failed to update ref", "but expected"},
		{"gitlab.branch.create", dev, targets.Unknown, "pre-receive hook declined", "Not allowed to push to protected branch main"},
		{"gitlab.branch.create", release, targets.Reached, "failed to update ref", "already exists"},
		{"gitlab.branch.force-push", dev, targets.Unknown, "pre-receive hook declined", "main"},
		{"gitlab.branch.force-push", release, targets.Unknown, "pre-receive hook declined", "protected from force push"},
	} {
		t.Run(c.as+"/"+c.probe, func(t *testing.T) {
			asked, x := s.push(t, front, c.probe, c.as)
			if x.Git == nil || len(x.Git.Refs) != 1 {
				t.Fatalf("no report: %+v", x)
			}
			if !strings.HasPrefix(x.Git.Agent, "git/") {
				t.Errorf("which git it was is not recorded: %q", x.Git.Agent)
			}
			if g := x.Git; g.Unpack != "ok" || g.Refs[0].Ref != "refs/heads/main" || g.Refs[0].Status != "ng" ||
				g.Refs[0].Reason != c.reason || !strings.Contains(g.Sideband, c.said) {
				t.Errorf("%+v, want ng %s and %q", g, c.reason, c.said)
			}
			asked.Subject = c.as
			if got := gitlab.Classify(targets.Case{Asked: asked, Exchange: x}); got.Class != c.class {
				t.Errorf("%+v, want %s", got, c.class)
			}
			if after := s.refs(); after != refs {
				t.Errorf("the refs are now\n%s\nand were\n%s", after, refs)
			}
		})
	}
	// Events come in the order of the pushes: once that of a real push is
	// there, every earlier one would be.
	s.run("", "git", "-C", s.path("work.git"), "-c", "http.extraHeader=Authorization: token "+s.tokens[release],
		"push", "--quiet", s.url+"/"+repo+".git", "feature:refs/heads/last")
	s.await("refs/heads/last")
	earlier := ""
	for event := range strings.Lines(s.events()) {
		if !strings.Contains(event, "refs/heads/last") {
			earlier += event
		}
	}
	if earlier != events {
		t.Errorf("the events are now\n%s\nand were\n%s", earlier, events)
	}
}

// push sends one probe's push as an account.
func (s *server) push(t *testing.T, front *httptest.Server, probe, as string) (targets.Asked, targets.Exchange) {
	t.Helper()
	p, ok := catalog.All().Find(probe)
	if !ok {
		t.Fatalf("no probe %s", probe)
	}
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	secrets := map[string]string{}
	identity := func(name string, role targets.Role) targets.Identity {
		secrets["T_"+name], secrets["K_"+name] = s.tokens[name], s.keys[name]
		return targets.Identity{ID: name, Role: role, Blocks: targets.Blocks{&gitlab.Identity{
			Username: name, Token: &targets.Secret{Env: "T_" + name}, SSHKey: &targets.Secret{Env: "K_" + name},
		}}}
	}
	target := targets.Target{ID: "repo", RequestsPerSecond: 1000, Block: &gitlab.Target{
		URL: front.URL, ProjectID: projectID, Project: repo, Branch: "main", AllowedBranch: "feature",
		SSH: &gitlab.SSH{Address: s.ssh, HostKey: s.hostKey},
	}}
	project, err := gitlab.Connect(gitlab.Config{
		Target: target, Reader: identity(owner, targets.Observer), Roots: roots, Budget: targets.NewBudget(100),
		Secret: func(at targets.Secret) (string, error) {
			if secret, ok := secrets[at.Env]; ok {
				return secret, nil
			}
			return "", errors.New("no such secret")
		},
		Marker: "sodprobe-peer", UserAgent: "sodprobe/peer", Timeout: 30 * time.Second, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	session, err := project.Assume(t.Context(), identity(as, targets.Developer))
	if err != nil {
		t.Fatal(err)
	}
	place, params := target.Place(targets.Production), probes.Params{Run: "sodprobe-peer", Arm: targets.Mark("sodprobe-peer", targets.ArmAttempt, 0)}
	if probe == "gitlab.branch.force-push" {
		params.With = map[string]string{"beside": "feature"}
	}
	r := p.Request(place, params)
	rules, err := targets.Resolve(p.Allow, params.Vars(place))
	if err != nil {
		t.Fatal(err)
	}
	asked := targets.Asked{
		System: gitlab.Name, Action: r.Action, Resource: r.Resource, Name: r.Name, Scope: r.Scope,
		Technique: string(p.Technique), Reached: p.Markers(place, params),
	}
	return asked, session.Send(t.Context(), targets.Call{ID: "1", Request: r, Rules: rules})
}
