package targets

import "testing"

// TestFidelity: how close each way to act as somebody is to being them.
func TestFidelity(t *testing.T) {
	own := &GitLabIdentity{Username: "alice", Token: &Secret{Env: "A"}}
	lent := &GitLabIdentity{Username: "alice", ImpersonationToken: &Secret{Env: "B"}}
	for name, c := range map[string]struct {
		id     Identity
		system SystemName
		want   Fidelity
	}{
		"a token of one's own":        {Identity{GitLab: own}, GitLab, RealCredential},
		"an account for the purpose":  {Identity{GitLab: own, Persona: true}, GitLab, Persona},
		"an administrator's making":   {Identity{GitLab: lent}, GitLab, Impersonated},
		"the same, of a persona":      {Identity{GitLab: lent, Persona: true}, GitLab, Impersonated},
		"impersonation on a cluster":  {Identity{Kubernetes: &KubernetesIdentity{}}, Kubernetes, Impersonated},
		"a context of one's own":      {Identity{Kubernetes: &KubernetesIdentity{Context: "a"}}, Kubernetes, RealCredential},
		"a role that is assumed":      {Identity{AWS: &AWSIdentity{AssumeRole: "r"}}, AWS, Impersonated},
		"a profile of one's own":      {Identity{AWS: &AWSIdentity{Profile: "p"}}, AWS, RealCredential},
		"a token, and another system": {Identity{GitLab: lent, AWS: &AWSIdentity{Profile: "p"}}, AWS, RealCredential},
	} {
		if got := c.id.Fidelity(c.system); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if own.Bearer().Env != "A" || lent.Bearer().Env != "B" || (GitLabIdentity{}).Bearer() != (Secret{}) {
		t.Error("the token is another")
	}
}
