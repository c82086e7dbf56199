package aws

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sodprobe/sodprobe/targets"
)

// TestSessions: each attempt has a session of its own, under the run's name,
// for the shortest time, which may do what is probed and nothing else; the
// null arm's may do nothing. Who it is is asked before and after.
func TestSessions(t *testing.T) {
	s := newServer(t)
	_, acting := s.connect(t, Identity{AssumeRole: developer, ExternalID: "sod-1"})
	call, asked := putCall()
	call.Request.Dependents = []string{"kms:Decrypt"}
	for _, null := range []bool{false, true} {
		call.Null = null
		x := acting.Send(t.Context(), call)
		if got := Classify(targets.Case{Asked: asked, Exchange: x}); got.Class != targets.Reached {
			t.Fatalf("%+v of %+v", got, x)
		}
		if len(x.Steps) != 2 || len(x.After) != 1 || !strings.Contains(x.Steps[0].Body, "ASIANEW") {
			t.Errorf("the record: %+v", x)
		}
	}
	want := []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:PutRolePolicy"],"Resource":"` + production + `"},` +
			`{"Effect":"Allow","Action":["kms:Decrypt"],"Resource":"*"},{"Effect":"Deny","NotAction":["iam:PutRolePolicy","kms:Decrypt"],"Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Decrypt"],"Resource":"*"},{"Effect":"Deny","NotAction":["kms:Decrypt"],"Resource":"*"}]}`,
	}
	n := 0
	for _, body := range s.bodies {
		form, err := url.ParseQuery(body)
		if err != nil || form.Get("Action") != "AssumeRole" {
			continue
		}
		if form.Get("Policy") != want[n] || form.Get("DurationSeconds") != "900" || form.Get("RoleSessionName") != "sodprobe-run" ||
			form.Has("SourceIdentity") || form.Get("ExternalId") != "sod-1" || form.Get("RoleArn") != developer {
			t.Errorf("session %d: %v", n, form)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d sessions for 2 attempts", n)
	}
}

// TestSessionsAsInLife: where policies ask for it, a session bears the person's
// name and tags, and the run's name as source identity; except where the session
// is to assume a role, since a source identity would go with it.
func TestSessionsAsInLife(t *testing.T) {
	for action, source := range map[string]string{"iam:PutRolePolicy": "sodprobe-run", "sts:AssumeRole": ""} {
		s := newServer(t)
		_, acting := s.connect(t, Identity{AssumeRole: developer, SessionName: "alice@corp.example", Tags: map[string]string{"team": "payments", "cost": "7"}})
		call, _ := putCall()
		call.Request.Action = action
		acting.Send(t.Context(), call)
		form, err := url.ParseQuery(s.bodies[0])
		if err != nil || form.Get("RoleSessionName") != "alice@corp.example" || form.Get("SourceIdentity") != source ||
			form.Get("Tags.member.1.Key") != "cost" || form.Get("Tags.member.2.Value") != "payments" {
			t.Errorf("%s: %v %v", action, form, err)
		}
	}
}

// TestEndpoints: what is not AWS gets nothing unless its owner says that it is an
// emulator.
func TestEndpoints(t *testing.T) {
	for endpoint, c := range map[string]struct{ emulator, connects bool }{
		"": {false, true}, "https://vpce-1.iam.eu-west-1.vpce.amazonaws.com": {false, true}, "https://iam.amazonaws.com.cn:443": {false, true},
		"https://s3.dualstack.eu-west-1.amazonaws.com": {false, true}, "https://api.ecr.eu-west-1.amazonaws.com": {false, true}, "https://sts-fips.us-east-1.api.aws": {false, true},
		// What customers run in AWS's domains.
		"https://abc123.execute-api.eu-west-1.amazonaws.com": {false, false}, "https://my-lb-1.eu-west-1.elb.amazonaws.com": {false, false},
		"https://iam.abc.eu-west-1.rds.amazonaws.com": {false, false}, "https://ec2-203-0-113-9.eu-west-1.compute.amazonaws.com:4566": {false, false},
		"https://bucket.s3.eu-west-1.amazonaws.com": {false, false},
		// What only looks like a host, whatever its owner says.
		"https://x.amazonaws.com:443@evil.example": {true, false}, "https://evil.example?x=.amazonaws.com": {true, false}, "https://evil.example#.amazonaws.com": {true, false},
		"https://localhost:4566": {false, false}, "https://amazonaws.com.evil.example": {false, false}, "https://evilamazonaws.com": {false, false},
		"https://localhost:4567": {true, true},
	} {
		_, err := Connect(Config{
			Target: targets.Target{Block: &Target{AccountID: testAccount, Region: "eu-west-1", Endpoint: endpoint, Emulator: c.emulator}},
			Source: FromKeys(Keys{}, &http.Transport{}), Budget: targets.NewBudget(1), Now: time.Now,
		})
		if (err == nil) != c.connects {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

// TestProfile: with a profile no right can be taken away, so that there is no
// null arm, and the record says so.
func TestProfile(t *testing.T) {
	s := newServer(t)
	_, acting := s.connect(t, Identity{Profile: "dev", Principal: "arn:aws:iam::" + testAccount + ":user/prober"})
	check := acting.Whoami(t.Context())
	if check.Problem != "" || len(check.Subject.Extra["session-policy"]) != 1 {
		t.Errorf("%+v", check)
	}
	call, asked := putCall()
	call.Null = true
	if x := acting.Send(t.Context(), call); x.Unfit == "" || s.writes() != 0 {
		t.Errorf("%+v; %d arrived", x, s.writes())
	}
	call.Null, asked.Subject = false, check.Subject.Name
	if got := Classify(targets.Case{Asked: asked, Exchange: acting.Send(t.Context(), call)}); got.Class != targets.Reached {
		t.Errorf("%+v", got)
	}
}

// TestWebIdentityToken: the token takes the place that was left for it, and
// stands in no record.
func TestWebIdentityToken(t *testing.T) {
	s := newServer(t)
	_, acting := s.connect(t, Identity{WebIdentity: &WebIdentity{Role: developer, Token: targets.Secret{Env: "T"}}})
	if check := acting.Whoami(t.Context()); check.Problem == "" {
		t.Errorf("the server of this test knows no web identity: %+v", check)
	}
	record, err := json.Marshal(acting.Whoami(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	sent := strings.Join(s.bodies, " ")
	if !strings.Contains(sent, "WebIdentityToken=a.web.token") || strings.Contains(string(record), "a.web.token") {
		t.Errorf("sent %s, recorded %s", sent, record)
	}
}

// TestServices: each host is the one that the SDK would ask.
func TestServices(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct{ partition, region string }{{"aws", "eu-west-1"}, {"aws", "us-east-1"}, {"aws-us-gov", "us-gov-east-1"}, {"aws-cn", "cn-north-1"}} {
		got := services(c.partition, c.region)
		for name, resolve := range map[string]func() (string, error){
			"iam": func() (string, error) {
				e, err := iam.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, iam.EndpointParameters{Region: &c.region})
				return e.URI.Host, err
			},
			"sts": func() (string, error) {
				e, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sts.EndpointParameters{Region: &c.region})
				return e.URI.Host, err
			},
			"organizations": func() (string, error) {
				e, err := organizations.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, organizations.EndpointParameters{Region: &c.region})
				return e.URI.Host, err
			},
			"lambda": func() (string, error) {
				e, err := lambda.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, lambda.EndpointParameters{Region: &c.region})
				return e.URI.Host, err
			},
			"ecr": func() (string, error) {
				e, err := ecr.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, ecr.EndpointParameters{Region: &c.region})
				return e.URI.Host, err
			},
		} {
			want, err := resolve()
			if err != nil || got[name].host != want {
				t.Errorf("%s in %s: %s, the SDK asks %s (%v)", name, c.region, got[name].host, want, err)
			}
		}
	}
}

// TestWire: what the SDK refuses to build is nothing that could be sent.
func TestWire(t *testing.T) {
	r := Wire("iam", "eu-west-1", func(cfg sdk.Config) error {
		_, err := iam.NewFromConfig(cfg).PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{})
		return err
	})
	if r.Method != "" || r.Body != nil {
		t.Errorf("%+v", r)
	}
}
