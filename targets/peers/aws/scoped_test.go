package aws

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/targets"
)

// scoped are roles whose rights hang on the name of what is written.
func scoped() map[string]string {
	return map[string]string{
		"Granted": `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":["iam:PutRolePolicy","iam:UpdateAssumeRolePolicy"],"Resource":"arn:aws:iam::*:role/prod-*"},
			{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::prod-artifacts/releases/*"}]}`,
		"Elsewhere": `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":["iam:PutRolePolicy","iam:UpdateAssumeRolePolicy"],"Resource":"arn:aws:iam::*:role/dev-*"},
			{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::prod-artifacts/drafts/*"}]}`,
		"Excepted": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
			{"Effect":"Deny","Action":["iam:PutRolePolicy","iam:UpdateAssumeRolePolicy"],"Resource":"arn:aws:iam::*:role/prod-deploy"},
			{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::prod-artifacts/releases/*"}]}`,
	}
}

// TestScoped: where a right is granted or denied by name, the request on the real
// object gets the answer that the real change would get, since it names the object
// by its own name; and the server holds what it held before.
func TestScoped(t *testing.T) {
	s := start(t)
	s.seed()
	before := s.state()
	a := s.connect(t)
	for role, class := range map[string]targets.Class{"Granted": targets.Reached, "Elsewhere": targets.Denied, "Excepted": targets.Denied} {
		for _, id := range []string{"aws.iam.put-role-policy", "aws.iam.update-assume-role-policy", "aws.s3.put-object"} {
			got, x := send(t, a, id, at(account, region), identity(role), false)
			if got.Class != class {
				t.Errorf("%s as %s: %+v, want %s\n%d %v %s", id, role, got, class, x.Status, x.Headers, x.Body)
			}
		}
	}
	if diff := cmp.Diff(before, s.state()); diff != "" {
		t.Errorf("the server holds something else:\n%s", diff)
	}
}
