package awslab

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

// Permitted is the object that developers may write.
const Permitted = "arn:aws:s3:::dev-artifacts/sod"

// role is a role with its policies.
type role struct {
	policy   document
	boundary document
	trusts   texts // roles, users and tokens that may assume it
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
				Effect:   "Deny",
				Action:   texts{"cloudtrail:StopLogging", "organizations:AttachPolicy", "kms:PutKeyPolicy"},
				Resource: texts{"*"},
				Except:   texts{Release},
			},
		},
	}
	token := texts{Trusted}
	if permissive {
		developer, scp, trusts = role{policy: everything}, everything, texts{Release, Developer}
		token = texts{Trusted, Branch}
	}
	roles := map[string]role{
		Developer: developer, Release: {policy: everything}, Reader: {policy: everything},
		Branch: {policy: developer.policy}, Trusted: {policy: everything}, Stranger: {}, prod: {policy: everything},
	}
	for name, r := range roles {
		r.trusts = texts{prober, "token:" + name}
		if name == prod {
			r.trusts = trusts
			for _, t := range token {
				r.trusts = append(r.trusts, "token:"+t)
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
