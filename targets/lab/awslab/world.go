package awslab

import (
	"errors"
	"slices"
)

// The account.
const (
	Account = "111122223333"
	Region  = "eu-west-1"
)

// The roles that people and pipelines have.
const (
	Developer = "Developer"
	Release   = "Release"
	Reader    = "Reader"
	Branch    = "DeveloperBranch" // what the token of a developer's branch may assume
	Trusted   = "ReleaseBranch"   // what the token of the release branch may assume
	Stranger  = "Stranger"        // what the token of a foreign repository may assume
	prod      = "prod-deploy"
)

// RoleARN is the ARN of a role.
func RoleARN(role string) string { return "arn:aws:iam::" + Account + ":role/" + role }

// Allowed is the object that developers may write.
const Allowed = "arn:aws:s3:::dev-artifacts/sod"

// role is a role with its policies.
type role struct {
	policy   document
	boundary document
	trusts   []trust
}

// trust is a statement of a role's trust policy: who may do what of the actions
// that it takes to assume it. A principal is a role, a user, or the token of a
// web identity.
type trust struct {
	principals texts
	actions    texts
	condition  conditions
}

// entries are all that a trust policy lets do who makes a session as in life.
func entries() texts {
	return texts{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"}
}

// letsIn reports whether a role's trust policy lets somebody do one of them.
func (r role) letsIn(who, action string, of keys) bool {
	return slices.ContainsFunc(r.trusts, func(t trust) bool {
		return slices.Contains(t.principals, who) && slices.Contains(t.actions, action) && t.condition.hold(of)
	})
}

// world is the account's roles and its service control policy.
func world(permissive bool) (map[string]role, document) {
	everything := document{[]statement{allow(texts{"*"}, "*")}}
	developer, trusts := role{policy: document{[]statement{
		allow(texts{"s3:PutObject", "s3:GetObject"}, "arn:aws:s3:::dev-artifacts/*"),
		allow(texts{"lambda:*"}, "arn:aws:lambda:*:function:payments-dev"),
		allow(texts{"ecs:UpdateService"}, "arn:aws:ecs:*:service/dev/*"),
		allow(texts{"ecr:*"}, "arn:aws:ecr:*:repository/payments/dev"),
		allow(texts{"ssm:PutParameter"}, "arn:aws:ssm:*:parameter/dev/*"),
		allow(texts{"ec2:RunInstances"}, "arn:aws:ec2:*:subnet/"+devSubnet),
		// These are granted, and stopped by what stands above: the boundary and
		// the organization.
		allow(texts{"iam:*Role*", "cloudtrail:*", "organizations:*", "kms:*"}, "*"),
	}}, boundary: document{[]statement{{Effect: "Allow", NotAction: texts{"iam:*"}, Resource: texts{"*"}}}}}, texts{Release}
	scp := document{
		[]statement{
			allow(texts{"*"}, "*"),
			{
				Effect: "Deny",
				Action: texts{
					"cloudtrail:StopLogging", "kms:PutKeyPolicy",
					"organizations:UpdatePolicy", "organizations:AttachPolicy", "organizations:DetachPolicy",
				},
				Resource:  texts{"*"},
				Condition: conditions{"ArnNotEquals": {"aws:PrincipalArn": {RoleARN(Release)}}},
			},
		},
	}
	token := texts{"token:" + Trusted}
	if permissive {
		developer, scp, trusts = role{policy: everything}, everything, texts{Release, Developer}
		token = append(token, "token:"+Branch)
	}
	roles := map[string]role{
		Developer: developer, Release: {policy: everything}, Reader: {policy: everything},
		Branch: {policy: developer.policy}, Trusted: {policy: everything}, Stranger: {}, prod: {policy: everything},
	}
	for name, r := range roles {
		r.trusts = []trust{{principals: texts{prober, "token:" + name}, actions: entries()}}
		if name == prod { // as in life it lets nobody name whom a session is of
			r.trusts = []trust{
				{principals: trusts, actions: texts{"sts:AssumeRole"}},
				{principals: token, actions: texts{"sts:AssumeRoleWithWebIdentity"}},
			}
		}
		roles[name] = r
	}
	return roles, scp
}

// prober is the user that sodprobe itself is.
const prober = "user/sodprobe"

// devSubnet is the subnet in which developers may start instances.
const devSubnet = "subnet-0d1e2f3a4b5c6d7e8"

// scope gives developers a policy of their own, and their role a trust policy that
// asks who they are.
func (a *AWS) scope(policy string) error {
	d, ok := parsePolicy(policy)
	if !ok {
		return errors.New("the policy of developers is none")
	}
	r := a.roles[Developer]
	r.policy = d
	r.trusts[0].condition = conditions{
		"StringEquals": {"sts:RoleSessionName": {"alice@corp.example"}, "aws:RequestTag/team": {"payments"}},
	}
	a.roles[Developer] = r
	if a.cfg.Unreviewed {
		r = a.roles[Reader]
		review := texts{"iam:SimulatePrincipalPolicy", "iam:GetContextKeysForPrincipalPolicy"}
		r.policy = document{[]statement{allow(texts{"*"}, "*"), {Effect: "Deny", Action: review, Resource: texts{"*"}}}}
		a.roles[Reader] = r
	}
	if a.cfg.Named {
		r = a.roles[prod]
		r.trusts = append(r.trusts, trust{
			principals: texts{Developer}, actions: texts{"sts:AssumeRole"},
			condition: conditions{"StringEquals": {"sts:RoleSessionName": {"alice@corp.example"}}},
		})
		a.roles[prod] = r
	}
	return nil
}
