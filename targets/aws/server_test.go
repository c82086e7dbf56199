package aws

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/targets"
)

const (
	testAccount = "111122223333"
	developer   = "arn:aws:iam::" + testAccount + ":role/Developer"
	session     = "arn:aws:sts::" + testAccount + ":assumed-role/Developer/sodprobe-run"
	production  = "arn:aws:iam::" + testAccount + ":role/prod"
	ownSecret   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	newSecret   = "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0"
	newToken    = "FwoGZXIvYXdzEBYaDtoken+of/the=session"
)

// server answers as an account with one role, as far as the adapter's own
// questions go; write answers everything else.
type server struct {
	*httptest.Server
	account, arn string
	write        http.HandlerFunc

	mu      sync.Mutex
	arrived int
	bodies  []string
	// allowed is the one resource on which the simulator allows what it is asked.
	allowed string
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{account: testAccount, arn: session}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		fail(w, 400, "MalformedQueryString", err.Error())
		return
	}
	s.mu.Lock()
	s.bodies = append(s.bodies, string(body))
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/xml")
	switch form.Get("Action") {
	case "AssumeRole":
		_, _ = fmt.Fprintf(w, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIANEW</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>", newSecret, newToken)
	case "GetCallerIdentity":
		arn := s.arn
		if strings.Contains(r.Header.Get("Authorization"), "AKIAOWN") {
			arn = "arn:aws:iam::" + testAccount + ":user/prober"
		}
		_, _ = fmt.Fprintf(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>%s</Arn><UserId>AROA:x</UserId><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>", arn, s.account)
	case "GetRole":
		if form.Get("RoleName") != "prod" {
			fail(w, 404, "NoSuchEntity", "The role with name ghost cannot be found.")
			return
		}
		_, _ = io.WriteString(w, "<GetRoleResponse><GetRoleResult><Role><RoleId>AROAPROD</RoleId></Role></GetRoleResult></GetRoleResponse>")
	case "GetContextKeysForPrincipalPolicy":
		_, _ = io.WriteString(w, "<GetContextKeysForPrincipalPolicyResponse><GetContextKeysForPrincipalPolicyResult><ContextKeyNames/></GetContextKeysForPrincipalPolicyResult></GetContextKeysForPrincipalPolicyResponse>")
	case "SimulatePrincipalPolicy":
		s.simulate(w, form.Get("ActionNames.member.1"), form.Get("ResourceArns.member.1"))
	default:
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeOrganization") {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"AWSOrganizationsNotInUseException","Message":"Your account is not a member of an organization."}`)
			return
		}
		s.mu.Lock()
		s.arrived++
		s.mu.Unlock()
		if s.write == nil {
			fail(w, 400, "MalformedPolicyDocument", "Syntax errors in policy.")
			return
		}
		s.write(w, r)
	}
}

// simulate answers as IAM's simulator does of one action on one resource
// ("SimulatePrincipalPolicy", IAM API reference).
func (s *server) simulate(w io.Writer, action, resource string) {
	decision := "implicitDeny"
	if resource == s.allowed {
		decision = "allowed"
	}
	_, _ = fmt.Fprintf(w, "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member><EvalActionName>%s</EvalActionName><EvalResourceName>%s</EvalResourceName><EvalDecision>%s</EvalDecision><MissingContextValues/></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>", action, resource, decision)
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>", code, message)
}

func (s *server) writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

// connect returns the account, and a developer in it.
func (s *server) connect(t *testing.T, id Identity) (*Account, *Session) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	a, err := Connect(Config{
		Target: targets.Target{ID: "account", RequestsPerSecond: 10000, Block: &Target{AccountID: testAccount, Region: "eu-west-1", Endpoint: s.URL, Emulator: true}},
		Reader: targets.Identity{ID: "reader", Role: targets.Observer, Blocks: targets.Blocks{&Identity{AssumeRole: developer}}},
		Source: FromKeys(Keys{ID: "AKIAOWN", Secret: ownSecret}, &http.Transport{}), Roots: pool, Budget: targets.NewBudget(1000),
		Secret:       func(targets.Secret) (string, error) { return "a.web.token", nil },
		SessionNames: []string{"alice@corp.example"}, Marker: "sodprobe-run", UserAgent: "sodprobe/test", Timeout: 5 * time.Second, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	session, err := a.assume(t.Context(), targets.Identity{ID: "dev", Role: targets.Developer, Blocks: targets.Blocks{&id}})
	if err != nil {
		t.Fatal(err)
	}
	return a, session
}

// putCall is the harmless write to a role.
func putCall() (targets.Call, targets.Asked) {
	r := Wire("iam", "eu-west-1", func(cfg sdk.Config) error {
		_, err := iam.NewFromConfig(cfg).PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{RoleName: sdk.String("prod"), PolicyName: sdk.String("x"), PolicyDocument: sdk.String(NoDocument)})
		return err
	})
	r.Action, r.Resource, r.Scope = "iam:PutRolePolicy", production, "eu-west-1"
	call := targets.Call{Request: r, Rules: []targets.Rule{{
		Service: "iam", Method: http.MethodPost, Path: "/", Header: r.Header, Mutating: true, Keep: []string{},
		Body: map[string]string{"/Action": "PutRolePolicy", "/RoleName": "prod", "/PolicyDocument": NoDocument},
	}}}
	return call, targets.Asked{
		System: Name, Subject: session, Action: r.Action, Resource: r.Resource, Scope: r.Scope,
		Technique: "self-defeating", Reached: []string{"code:MalformedPolicyDocument"},
	}
}

func roleRead(name string) targets.StateQuery {
	r := Wire("iam", "eu-west-1", func(cfg sdk.Config) error {
		_, err := iam.NewFromConfig(cfg).GetRole(context.Background(), &iam.GetRoleInput{RoleName: &name})
		return err
	})
	return targets.StateQuery{Request: r, Fields: []string{"/GetRoleResult/Role/RoleId"}}
}
