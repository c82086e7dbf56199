package aws

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
)

const marker = "sodprobe-peer"

// TestProbes: the developer is denied, somebody who may reaches the validation
// behind it, and the same role without any right does not; the server holds
// what it held before. versitygw names the role's policies for what the
// session's policy refuses, so that its null arm is denied, and not
// harness-denied: the verdict rule then calls the attempt Inconclusive.
func TestProbes(t *testing.T) {
	s := start(t)
	s.seed()
	before := s.state()
	a := s.connect(t)
	if pin, err := a.Pin(t.Context()); err != nil || !pin.OK {
		t.Fatalf("%+v, %v", pin, err)
	}
	for _, id := range compared() {
		for _, c := range []struct {
			role  string
			null  bool
			class targets.Class
		}{
			{"Developer", false, targets.Denied}, {"Release", false, targets.Reached}, {"Release", true, targets.Denied}, {"Developer", true, targets.Denied},
		} {
			got, x := send(t, a, id, at(account, region), identity(c.role), c.null)
			if got.Class != c.class {
				t.Errorf("%s as %s, null=%t: %+v, want %s\n%d %v %s", id, c.role, c.null, got, c.class, x.Status, x.Headers, x.Body)
			}
		}
	}
	if diff := cmp.Diff(before, s.state()); diff != "" {
		t.Errorf("the server holds something else:\n%s", diff)
	}
	s.webIdentity(t)
	s.agreement(t, a)
	if diff := cmp.Diff(before, s.state()); diff != "" {
		t.Errorf("the server holds something else:\n%s", diff)
	}
	if _, err := iam.NewFromConfig(s.config()).CreateUser(t.Context(), &iam.CreateUserInput{UserName: sdk.String("eve")}); err != nil || s.state() == before {
		t.Errorf("a change is not seen: %v", err)
	}
}

// webIdentity: the trust policy of the deploying role refuses a pipeline's
// token. That one is accepted cannot be shown here: versitygw asks no issuer
// on loopback for its keys.
func (s *server) webIdentity(t *testing.T) {
	t.Helper()
	r, rules, asked := request(t, "aws.sts.assume-role-with-web-identity", at(account, region))
	asked.Subject = "arn:aws:sts::" + account + ":assumed-role/Branch/" + marker
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"https://ci.corp.example","aud":"sts.amazonaws.com","sub":"developer"}`)) + ".c2ln"
	body := strings.Replace(string(r.Body), aws.TokenHere, token, 1)
	if rules[0].Body["/Policy"] != aws.DenyAll {
		t.Errorf("its rule: %+v", rules[0])
	}
	req, err := http.NewRequestWithContext(t.Context(), r.Method, s.front.URL+r.Path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", r.Header["Content-Type"])
	resp, err := s.front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	x := targets.Exchange{Status: resp.StatusCode, Headers: map[string]string{"Content-Type": resp.Header.Get("Content-Type")}, Body: string(text)}
	if got := aws.Classify(targets.Case{Asked: asked, Exchange: x}); got.Class != targets.Denied || got.Layer != targets.ResourcePolicy {
		t.Errorf("%+v of %s", got, text)
	}
}

// agreement: where the lab and versitygw answer the same request, their
// classes agree.
func (s *server) agreement(t *testing.T, a *aws.Account) {
	t.Helper()
	lab, err := awslab.Start(t.Context(), awslab.Config{Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lab.Close() })
	id, secret := lab.Keys()
	simulated, err := aws.Connect(aws.Config{
		Target: targets.Target{ID: "account", RequestsPerSecond: 1000, Block: &aws.Target{AccountID: awslab.Account, Region: awslab.Region, Endpoint: lab.Endpoint(), Emulator: true}},
		Reader: identity("Reader"), Source: aws.FromKeys(aws.Keys{ID: id, Secret: secret}, &http.Transport{}), Roots: lab.Roots(),
		Budget: targets.NewBudget(1000), Marker: marker, UserAgent: "sodprobe/peer", Timeout: 10 * time.Second, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range compared() {
		for _, role := range []string{"Developer", "Release"} {
			real, _ := send(t, a, id, at(account, region), identity(role), false)
			simulation, _ := send(t, simulated, id, at(awslab.Account, awslab.Region), targets.Identity{ID: role, Blocks: targets.Blocks{&aws.Identity{AssumeRole: awslab.RoleARN(role)}}}, false)
			if simulation.Class != real.Class {
				t.Errorf("%s as %s: the lab says %s, the server %s", id, role, simulation.Class, real.Class)
			}
		}
	}
}

// compared are the probes whose operations versitygw has.
func compared() []string {
	return []string{
		"aws.iam.create-role", "aws.iam.put-role-policy", "aws.iam.update-assume-role-policy", "aws.iam.create-access-key",
		"aws.s3.put-object", "aws.s3.put-bucket-policy",
	}
}

func identity(role string) targets.Identity {
	return targets.Identity{ID: role, Blocks: targets.Blocks{&aws.Identity{AssumeRole: roleARN + role}}}
}

func (s *server) connect(t *testing.T) *aws.Account {
	t.Helper()
	a, err := aws.Connect(aws.Config{
		Target: s.target(), Reader: identity("Reader"), Source: aws.FromKeys(aws.Keys{ID: rootID, Secret: rootKey}, &http.Transport{}), Roots: s.roots(),
		Secret: func(at targets.Secret) (string, error) { return at.Env, nil },
		Budget: targets.NewBudget(1000), Marker: marker, UserAgent: "sodprobe/peer", Timeout: 10 * time.Second, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *server) target() targets.Target {
	return targets.Target{ID: "account", RequestsPerSecond: 1000, Block: &aws.Target{
		AccountID: account, Region: region, Endpoint: s.front.URL, Emulator: true, Allowed: aws.AllowedCall{Resource: "arn:aws:s3:::dev-artifacts/sod"},
	}}
}

// at is a place of production in an account.
func at(id, where string) targets.Place {
	return targets.Target{Block: &aws.Target{AccountID: id, Region: where}}.Place(targets.Production)
}

// request is a probe's own, with its examples.
func request(t *testing.T, id string, place targets.Place) (targets.Request, []targets.Rule, targets.Asked) {
	t.Helper()
	p, ok := catalog.All().Find(id)
	if !ok {
		t.Fatalf("no probe %s", id)
	}
	params := probes.Params{With: map[string]string{}, Run: marker, Arm: targets.Mark(marker, targets.ArmAttempt, 0)}
	for _, n := range p.Needs {
		params.With[n.Name] = n.Example
	}
	r := p.Request(place, params)
	rules, err := targets.Resolve(p.Allow, params.Vars(place))
	if err != nil {
		t.Fatal(err)
	}
	return r, rules, targets.Asked{
		System: aws.Name, Action: r.Action, Resource: r.Resource, Scope: r.Scope, Dependents: r.Dependents,
		Technique: string(p.Technique), Reached: p.Markers(place, params),
	}
}

// send sends one probe's request as somebody.
func send(t *testing.T, a *aws.Account, id string, place targets.Place, as targets.Identity, null bool) (targets.Response, targets.Exchange) {
	t.Helper()
	r, rules, asked := request(t, id, place)
	session, err := a.Assume(t.Context(), as)
	if err != nil {
		t.Fatal(err)
	}
	who := session.Whoami(t.Context())
	if who.Proof != targets.Proven {
		t.Fatalf("%s: %s", as.ID, who.Problem)
	}
	asked.Subject = who.Subject.Name
	x := session.Send(t.Context(), targets.Call{ID: "1", Request: r, Rules: rules, Null: null})
	return aws.Classify(targets.Case{Asked: asked, Exchange: x}), x
}
