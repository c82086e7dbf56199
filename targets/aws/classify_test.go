package aws

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// answer is an error in one of the protocols' own forms.
func answer(spoken protocol, status int, code, message string) targets.Exchange {
	form, ok := map[protocol]string{
		ec2Query: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>1</RequestID></Response>",
		awsQuery: "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>",
		restXML:  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>1</RequestId><HostId>x</HostId></Error>",
	}[spoken]
	x := targets.Exchange{Status: status, Headers: map[string]string{"Content-Type": "text/xml;charset=UTF-8"}}
	switch {
	case ok:
		x.Body = fmt.Sprintf(form, code, strings.ReplaceAll(message, "&", "&amp;"))
	case spoken == jsonRPC:
		b, _ := json.Marshal(map[string]string{"__type": "com.amazonaws.ecs#" + code, "message": message})
		x.Body, x.Headers["Content-Type"] = string(b), "application/x-amz-json-1.1"
	default:
		b, _ := json.Marshal(map[string]string{"Message": message})
		x.Body, x.Headers["Content-Type"], x.Headers["x-amzn-ErrorType"] = string(b), "application/json", code+":http://internal.amazon.com/coral/"
	}
	return x
}

const who = "arn:aws:sts::111122223333:assumed-role/Developer/sodprobe-1"

// TestClassify: each form of each protocol, and what only looks like one.
func TestClassify(t *testing.T) {
	const fn = "arn:aws:lambda:eu-west-1:111122223333:function:payments"
	put := targets.Asked{Subject: who, Harness: "arn:aws:iam::111122223333:user/prober", Action: "iam:PutRolePolicy", Resource: "arn:aws:iam::111122223333:role/prod", Reached: []string{"code:MalformedPolicyDocument"}}
	run := targets.Asked{Subject: who, Action: "ec2:RunInstances", Resource: "arn:aws:ec2:eu-west-1:111122223333:*", Reached: []string{"code:DryRunOperation"}}
	code := targets.Asked{Subject: who, Action: "lambda:UpdateFunctionCode", Resource: fn, Reached: []string{"status:200"}}
	object := targets.Asked{Subject: who, Action: "s3:PutObject", Resource: "arn:aws:s3:::prod/key", Reached: []string{"code:PreconditionFailed"}}
	service := targets.Asked{Subject: who, Action: "ecs:UpdateService", Resource: "arn:aws:ecs:eu-west-1:111122223333:service/prod/api", Reached: []string{"code:ClientException"}, Dependents: []string{"iam:PassRole"}}
	user := "User: " + who + " is not authorized to perform: "
	role := user + "iam:PutRolePolicy on resource: role prod "
	for _, c := range []struct {
		name  string
		asked targets.Asked
		x     targets.Exchange
		class targets.Class
		layer targets.Layer
		deny  string
		by    string
	}{
		{"implicit, identity", put, answer(awsQuery, 403, "AccessDenied", role+"because no identity-based policy allows the iam:PutRolePolicy action"), targets.Denied, targets.IdentityPolicy, "implicit", ""},
		{"the ARN instead of the name", put, answer(awsQuery, 403, "AccessDenied", user+"iam:PutRolePolicy on resource: arn:aws:iam::111122223333:role/prod because no identity-based policy allows the iam:PutRolePolicy action"), targets.Denied, targets.IdentityPolicy, "implicit", ""},
		{"explicit, SCP, with its ARN", put, answer(awsQuery, 403, "AccessDenied", role+"with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-2kgnabcd"), targets.Denied, targets.SCP, "explicit", "arn:aws:organizations::1:policy/o-1/service_control_policy/p-2kgnabcd"},
		{"explicit, identity", put, answer(awsQuery, 403, "AccessDenied", role+"with an explicit deny in an identity-based policy"), targets.Denied, targets.IdentityPolicy, "explicit", ""},
		{"boundary", put, answer(awsQuery, 403, "AccessDenied", role+"because no permissions boundary allows the iam:PutRolePolicy action"), targets.Denied, targets.PermissionsBoundary, "implicit", ""},
		{"RCP", put, answer(awsQuery, 403, "AccessDenied", role+"with an explicit deny in a resource control policy"), targets.Denied, targets.RCP, "explicit", ""},
		{"VPC endpoint", put, answer(awsQuery, 403, "AccessDenied", role+"because no VPC endpoint policy allows the iam:PutRolePolicy action"), targets.Denied, targets.VPCEndpointPolicy, "implicit", ""},
		{"no policy type", put, answer(awsQuery, 403, "AccessDenied", strings.TrimSpace(role)), targets.Denied, targets.Unspecified, "", ""},
		{"the session's policy", put, answer(awsQuery, 403, "AccessDenied", role+"with an explicit deny in a session policy"), targets.HarnessDenied, targets.SessionPolicy, "explicit", ""},
		{"the session's policy, implicitly", put, answer(awsQuery, 403, "AccessDenied", role+"because no session policy allows the iam:PutRolePolicy action"), targets.HarnessDenied, targets.SessionPolicy, "implicit", ""},
		{"a dependency of the session's", service, answer(jsonRPC, 400, "AccessDeniedException", user+"kms:Decrypt because no session policy allows the kms:Decrypt action"), targets.DependencyDenied, "", "", ""},
		{"a declared dependent", service, answer(jsonRPC, 400, "AccessDeniedException", user+"iam:PassRole on resource: arn:aws:iam::111122223333:role/task because no identity-based policy allows the iam:PassRole action"), targets.DependencyDenied, "", "", ""},
		{"a declared dependent, by the session's", service, answer(jsonRPC, 400, "AccessDeniedException", user+"iam:PassRole with an explicit deny in a session policy"), targets.DependencyDenied, "", "", ""},
		{"two policy types", put, answer(awsQuery, 403, "AccessDenied", role+"because no identity-based policy allows the iam:PutRolePolicy action with an explicit deny in a session policy"), targets.Unknown, "", "", ""},
		{"two sentences", put, answer(awsQuery, 403, "AccessDenied", role+"; "+role), targets.Unknown, "", "", ""},
		{"another principal", put, answer(awsQuery, 403, "AccessDenied", strings.Replace(role, "Developer", "Other", 1)+"because no identity-based policy allows the iam:PutRolePolicy action"), targets.Unknown, "", "", ""},
		{"the prober", put, answer(awsQuery, 403, "AccessDenied", "User: arn:aws:iam::111122223333:user/prober is not authorized to perform: sts:AssumeRole on resource: x"), targets.HarnessDenied, "", "", ""},
		{"another action", put, answer(awsQuery, 403, "AccessDenied", user+"iam:PassRole on resource: role prod because no identity-based policy allows the iam:PassRole action"), targets.DependencyDenied, "", "", ""},
		{"another action that nothing allows", put, answer(awsQuery, 403, "AccessDenied", role+"because no identity-based policy allows the iam:PassRole action"), targets.DependencyDenied, "", "", ""},
		{"another role", put, answer(awsQuery, 403, "AccessDenied", strings.Replace(role, "role prod", "role dev", 1)+"because no identity-based policy allows the iam:PutRolePolicy action"), targets.Unknown, "", "", ""},
		{"everything, asked for one", put, answer(awsQuery, 403, "AccessDenied", user+"iam:PutRolePolicy on resource: * because no identity-based policy allows the iam:PutRolePolicy action"), targets.Unknown, "", "", ""},
		{"bare", put, answer(awsQuery, 403, "AccessDenied", "Access Denied"), targets.Unknown, "", "", ""},
		{"reached", put, answer(awsQuery, 400, "MalformedPolicyDocument", "Syntax errors in policy."), targets.Reached, "", "", ""},
		{"reached, of nobody who asked for it", targets.Asked{Subject: who, Action: "iam:PutRolePolicy"}, answer(awsQuery, 400, "MalformedPolicyDocument", "Syntax errors in policy."), targets.Invalid, "", "", ""},
		{"carried out", put, targets.Exchange{Status: 200, Headers: map[string]string{"Content-Type": "text/xml"}, Body: "{}"}, targets.Mutated, "", "", ""},
		{"no such role", put, answer(awsQuery, 404, "NoSuchEntity", "The role with name prod cannot be found."), targets.TargetMissing, "", "", ""},
		{"ec2 in the code of IAM", put, answer(awsQuery, 403, "UnauthorizedOperation", role), targets.DependencyDenied, "", "", ""},

		{"ec2", run, answer(ec2Query, 403, "UnauthorizedOperation", "You are not authorized to perform this operation. "+user+"ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:111122223333:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: abc"), targets.Denied, targets.IdentityPolicy, "implicit", ""},
		{"ec2, an image, which is no subnet of production", run, answer(ec2Query, 403, "UnauthorizedOperation", "You are not authorized to perform this operation. "+user+"ec2:RunInstances on resource: arn:aws:ec2:eu-west-1::image/ami-0a1b2c3d4e5f60718 because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: abc"), targets.Unknown, "", "", ""},
		{"ec2, without words", run, answer(ec2Query, 403, "UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: abc"), targets.Unknown, "", "", ""},
		{"ec2, the role", run, answer(ec2Query, 403, "UnauthorizedOperation", "You are not authorized to perform this operation. "+user+"iam:PassRole on resource: arn:aws:iam::111122223333:role/x because no identity-based policy allows the iam:PassRole action."), targets.DependencyDenied, "", "", ""},
		{"ec2, dry run", run, answer(ec2Query, 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."), targets.Reached, "", "", ""},
		{"ec2, expired", run, answer(ec2Query, 400, "RequestExpired", "Request has expired."), targets.Unauthenticated, "", "", ""},
		{"ec2, throttled", run, answer(ec2Query, 503, "RequestLimitExceeded", "Request limit exceeded."), targets.Throttled, "", "", ""},
		{"ec2, AccessDenied is not its word", run, answer(ec2Query, 403, "AccessDenied", user+"ec2:RunInstances"), targets.DependencyDenied, "", "", ""},

		{"lambda", code, answer(restJSON, 403, "AccessDeniedException", user+"lambda:UpdateFunctionCode on resource: "+fn+" because no identity-based policy allows the lambda:UpdateFunctionCode action"), targets.Denied, targets.IdentityPolicy, "implicit", ""},
		{"lambda, dry run", code, targets.Exchange{Status: 200, Headers: map[string]string{"Content-Type": "application/json"}, Body: "{}"}, targets.Reached, "", "", ""},
		{"lambda, the function's key", code, answer(restJSON, 502, "KMSAccessDeniedException", "Lambda was unable to decrypt the environment variables because KMS access was denied."), targets.DependencyDenied, "", "", ""},
		{"lambda, throttled", code, answer(restJSON, 429, "TooManyRequestsException", "Rate Exceeded."), targets.Throttled, "", "", ""},
		{"two names of one error", code, targets.Exchange{Status: 403, Headers: map[string]string{"Content-Type": "application/json", "X-Amzn-Errortype": "AccessDeniedException"}, Body: `{"__type":"ThrottlingException","message":"x"}`}, targets.Unreachable, "", "", ""},
		{"a gateway's own", code, targets.Exchange{Status: 403, Headers: map[string]string{"Content-Type": "application/json"}, Body: `{"message":"Forbidden"}`}, targets.Unknown, "", "", ""},

		{"ecs", service, answer(jsonRPC, 400, "AccessDeniedException", user+"ecs:UpdateService on resource: arn:aws:ecs:eu-west-1:111122223333:service/prod/api because no identity-based policy allows the ecs:UpdateService action"), targets.Denied, targets.IdentityPolicy, "implicit", ""},
		{"ecs, reached", service, answer(jsonRPC, 400, "ClientException", "Unable to describe task definition."), targets.Reached, "", "", ""},
		{"ecs, expired", service, answer(jsonRPC, 400, "ExpiredTokenException", "The security token included in the request is expired"), targets.Unauthenticated, "", "", ""},
		{"ecs, the organization's", service, answer(jsonRPC, 400, "AccessDeniedForDependencyException", "x"), targets.DependencyDenied, "", "", ""},
		{"ecs, internal", service, answer(jsonRPC, 500, "ServerException", "x"), targets.ServerError, "", "", ""},

		{"s3", object, answer(restXML, 403, "AccessDenied", user+`s3:PutObject on resource: "arn:aws:s3:::prod/key" because no identity-based policy allows the s3:PutObject action`), targets.Denied, targets.IdentityPolicy, "implicit", ""},
		{"s3, the bucket's policy", object, answer(restXML, 403, "AccessDenied", user+`s3:PutObject on resource: "arn:aws:s3:::prod/key" with an explicit deny in a resource-based policy`), targets.Denied, targets.ResourcePolicy, "explicit", ""},
		{"s3, bare", object, answer(restXML, 403, "AccessDenied", "Access Denied"), targets.Unknown, "", "", ""},
		{"s3, public access", object, answer(restXML, 403, "AccessDenied", user+`s3:PutObject on resource: "arn:aws:s3:::prod/key" because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.`), targets.Unknown, "", "", ""},
		{"s3, precondition", object, answer(restXML, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"), targets.Reached, "", "", ""},
		{"s3, slow down", object, answer(restXML, 503, "SlowDown", "Please reduce your request rate."), targets.Throttled, "", "", ""},
		{"s3, another region", object, targets.Exchange{Status: 301, Headers: map[string]string{"Content-Type": "application/xml"}, Body: "<Error><Code>PermanentRedirect</Code></Error>"}, targets.Unreachable, "", "", ""},
		{"s3, signature", object, answer(restXML, 403, "SignatureDoesNotMatch", "x"), targets.Unauthenticated, "", "", ""},

		{"a proxy", put, targets.Exchange{Status: 403, Headers: map[string]string{"Content-Type": "text/html"}, Body: "<html>Access Denied</html>"}, targets.Unreachable, "", "", ""},
		{"a captive portal", put, targets.Exchange{Status: 200, Headers: map[string]string{"Content-Type": "text/html"}, Body: ""}, targets.Unreachable, "", "", ""},
		{"malformed XML", put, targets.Exchange{Status: 403, Headers: map[string]string{"Content-Type": "text/xml"}, Body: "<ErrorResponse><Error><Code>AccessDenied</Code>"}, targets.Unreachable, "", "", ""},
		{"a page with entities", put, targets.Exchange{Status: 403, Headers: map[string]string{"Content-Type": "text/xml"}, Body: `<!DOCTYPE x [<!ENTITY a "b">]><Error><Code>AccessDenied</Code></Error>`}, targets.Unreachable, "", "", ""},
		{"cut", put, targets.Exchange{Status: 403, Truncated: true}, targets.Unknown, "", "", ""},
		{"no answer", put, targets.Exchange{}, targets.Unknown, "", "", ""},
		{"an empty 403", put, targets.Exchange{Status: 403}, targets.Unknown, "", "", ""},
		{"no subject", targets.Asked{Action: put.Action, Resource: put.Resource}, answer(awsQuery, 403, "AccessDenied", role+"because no identity-based policy allows the iam:PutRolePolicy action"), targets.Unknown, "", "", ""},
		{"a web identity", targets.Asked{Subject: who, Action: webIdentity, Resource: put.Resource}, answer(awsQuery, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"), targets.Denied, targets.ResourcePolicy, "", ""},
		{"a web identity's words for something else", put, answer(awsQuery, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"), targets.Unknown, "", "", ""},
		{"an expired web identity", targets.Asked{Subject: who, Action: webIdentity, Resource: put.Resource}, answer(awsQuery, 400, "ExpiredTokenException", "Token expired"), targets.Unauthenticated, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Classify(targets.Case{Asked: c.asked, Exchange: c.x})
			if got.Class != c.class || got.Layer != c.layer || got.Deny != c.deny || got.By != c.by || got.Reason == "" {
				t.Errorf("%+v, want %s %s %s %s, of %s", got, c.class, c.layer, c.deny, c.by, c.x.Body)
			}
		})
	}
}

// TestUnproven: a denial or an answer in a session that was not shown to be
// the subject's before and after counts for nothing.
func TestUnproven(t *testing.T) {
	asked := targets.Asked{Subject: who, Action: "iam:PutRolePolicy", Resource: "arn:aws:iam::111122223333:role/prod", Reached: []string{"code:MalformedPolicyDocument", "status:200"}}
	identity := func(status int, body string) targets.Exchange {
		return targets.Exchange{Sent: &targets.Sent{Body: "Action=GetCallerIdentity&Version=2011-06-15"}, Status: status, Body: body}
	}
	good := identity(200, `{"GetCallerIdentityResult":{"Arn":"`+who+`"}}`)
	denied := answer(awsQuery, 403, "AccessDenied", "User: "+who+" is not authorized to perform: iam:PutRolePolicy on resource: role prod because no identity-based policy allows the iam:PutRolePolicy action")
	for _, x := range []targets.Exchange{
		denied, answer(awsQuery, 400, "MalformedPolicyDocument", "x"), {Status: 200, Headers: map[string]string{"Content-Type": "text/xml"}},
	} {
		x.Steps, x.After = []targets.Exchange{good}, []targets.Exchange{good}
		if got := Classify(targets.Case{Asked: asked, Exchange: x}); got.Class == targets.Unauthenticated {
			t.Errorf("%+v of a proven session", got)
		}
		for _, bad := range []targets.Exchange{
			identity(403, ""), identity(200, `{"GetCallerIdentityResult":{"Arn":"`+who+`2"}}`), identity(200, ""),
		} {
			for _, after := range []bool{false, true} {
				x.Steps, x.After = []targets.Exchange{good}, []targets.Exchange{good}
				if after {
					x.After = []targets.Exchange{bad}
				} else {
					x.Steps = []targets.Exchange{bad}
				}
				if got := Classify(targets.Case{Asked: asked, Exchange: x}); got.Class != targets.Unauthenticated {
					t.Errorf("after=%t: %+v", after, got)
				}
			}
		}
	}
}

// FuzzClassify: nothing that is not AWS's sentence about the subject is ever
// denied, whatever the bytes.
func FuzzClassify(f *testing.F) {
	asked := targets.Asked{Subject: who, Action: "iam:PutRolePolicy", Resource: "arn:aws:iam::111122223333:role/prod", Reached: []string{"code:MalformedPolicyDocument"}}
	denied := answer(awsQuery, 403, "AccessDenied", "User: "+who+" is not authorized to perform: iam:PutRolePolicy on resource: role prod because no identity-based policy allows the iam:PutRolePolicy action")
	f.Add(403, "text/xml", denied.Body)
	f.Add(400, "application/x-amz-json-1.1", `{"__type":"AccessDeniedException","message":"x"}`)
	f.Add(403, "", "<Error><Code>AccessDenied</Code></Error>")
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		c := targets.Case{Asked: asked, Exchange: targets.Exchange{Status: status, Headers: map[string]string{"Content-Type": kind}, Body: body}}
		got := Classify(c)
		if again := Classify(c); got != again {
			t.Fatalf("%+v, then %+v", got, again)
		}
		if got.Class == targets.Denied && (!strings.Contains(body, "is not authorized to perform: ") || !strings.Contains(body, "sodprobe-1")) {
			t.Errorf("%+v of %q", got, body)
		}
		if got.Class == targets.Denied && got.Layer == "" || got.Class == targets.Reached && got.Layer != "" {
			t.Errorf("%+v", got)
		}
	})
}
