package systems_test

import (
	"slices"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/systems"
)

// TestLayers: each layer of the closed list is one system's.
func TestLayers(t *testing.T) {
	var all []targets.Layer
	for _, s := range systems.All() {
		all = append(all, s.Layers...)
	}
	if !slices.Equal(all, targets.Layers()) {
		t.Errorf("the systems have %v, the list is %v", all, targets.Layers())
	}
}

// TestFidelity: how close each way to act as somebody is to being them.
func TestFidelity(t *testing.T) {
	own := &gitlab.Identity{Username: "alice", Token: &targets.Secret{Env: "A"}}
	lent := &gitlab.Identity{Username: "alice", ImpersonationToken: &targets.Secret{Env: "B"}}
	for name, c := range map[string]struct {
		id     targets.Identity
		system targets.SystemName
		want   targets.Fidelity
	}{
		"a token of one's own":        {targets.Identity{Blocks: targets.Blocks{own}}, gitlab.Name, targets.RealCredential},
		"an account for the purpose":  {targets.Identity{Blocks: targets.Blocks{own}, Persona: true}, gitlab.Name, targets.Persona},
		"an administrator's making":   {targets.Identity{Blocks: targets.Blocks{lent}}, gitlab.Name, targets.Impersonated},
		"the same, of a persona":      {targets.Identity{Blocks: targets.Blocks{lent}, Persona: true}, gitlab.Name, targets.Impersonated},
		"impersonation on a cluster":  {targets.Identity{Blocks: targets.Blocks{&kubernetes.Identity{}}}, kubernetes.Name, targets.Impersonated},
		"a context of one's own":      {targets.Identity{Blocks: targets.Blocks{&kubernetes.Identity{Context: "a"}}}, kubernetes.Name, targets.RealCredential},
		"a role that is assumed":      {targets.Identity{Blocks: targets.Blocks{&aws.Identity{AssumeRole: "r"}}}, aws.Name, targets.Impersonated},
		"a profile of one's own":      {targets.Identity{Blocks: targets.Blocks{&aws.Identity{Profile: "p"}}}, aws.Name, targets.RealCredential},
		"a token, and another system": {targets.Identity{Blocks: targets.Blocks{lent, &aws.Identity{Profile: "p"}}}, aws.Name, targets.RealCredential},
	} {
		if got := c.id.Fidelity(c.system); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if own.Bearer().Env != "A" || lent.Bearer().Env != "B" || (&gitlab.Identity{}).Bearer() != (targets.Secret{}) {
		t.Error("the token is another")
	}
}
