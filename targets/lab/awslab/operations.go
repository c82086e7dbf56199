package awslab

import (
	"fmt"
	"slices"
	"strings"
)

// need is one action that an operation asks the policies about, on a resource
// in which {Field} stands for an input.
type need struct{ action, resource string }

// operation is what a service does when everybody agrees.
type operation struct {
	needs []need
	reads bool
	do    func(call) reply
}

// here is the region's part of an ARN.
const here = Region + ":" + Account + ":"

// operations are all that the lab knows, by SERVICE:OPERATION.
func operations() map[string]operation {
	all := map[string]operation{}
	for _, group := range []map[string]operation{identityWrites(), deployments(), computing(), storing(), reading()} {
		for name, op := range group {
			all[name] = op
		}
	}
	return all
}

// check is one reason for which a service takes no request: what it says, with
// no status where it takes it.
type check func(call) reply

// writes is an operation that takes effect where none of its checks stops it;
// they stand in the service's order. A look-alike leaves one out.
func writes(action, resource string, checks ...check) operation {
	return operation{needs: []need{{action, resource}}, do: func(c call) reply { return c.unless(checks...) }}
}

func (c call) unless(checks ...check) reply {
	for i, stops := range checks {
		if said := stops(c); said.status != 0 && !c.leavesOut(i) {
			return said
		}
	}
	return c.done()
}

// roleName is the ARN of what an operation of IAM names.
const roleName = "arn:aws:iam::" + Account + ":role/{RoleName}"

// done is a request that took effect.
func (c call) done() reply {
	c.change("%s %s", c.operation, encode(c.in))
	if c.protocol == "awsQuery" || c.protocol == "ec2query" {
		return ok("<Done>true</Done>")
	}
	return ok("{}")
}

func (c call) theFunction() string {
	return encode(map[string]string{
		"FunctionName": c.of("FunctionName"), "FunctionArn": "arn:aws:lambda:" + here + "function:" + c.of("FunctionName"),
		"CodeSha256": "lab", "RevisionId": "11111111-1111-1111-1111-111111111111",
	})
}

// members are texts as XML lists them.
func members(element string, names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString("<member>" + strings.ReplaceAll(element, "$", n) + "</member>")
	}
	return b.String()
}

func reading() map[string]operation {
	query := func(action string, body func(call) string) operation {
		return operation{needs: []need{{action, "*"}}, reads: true, do: func(c call) reply { return ok(body(c)) }}
	}
	fixed := func(action, body string) operation { return query(action, func(call) string { return body }) }
	object := func(action string, v any) operation { return fixed(action, encode(v)) }
	type o = map[string]any
	head := func(action string) operation {
		return operation{needs: []need{{action, "*"}}, reads: true, do: func(call) reply {
			return reply{status: 200, headers: map[string]string{"Etag": `"lab"`}}
		}}
	}
	all := map[string]operation{
		"iam:GetRole": {needs: []need{{"iam:GetRole", roleName}}, reads: true, do: func(c call) reply {
			if _, found := c.roles[c.of("RoleName")]; !found && c.of("RoleName") != "prod-app" {
				return fail(404, "NoSuchEntity", "The role with name "+c.of("RoleName")+" cannot be found.")
			}
			return ok(
				"<Role><RoleId>AROALAB</RoleId><Arn>" + RoleARN(c.of("RoleName")) + "</Arn><RoleName>" + c.of("RoleName") + "</RoleName><AssumeRolePolicyDocument>lab</AssumeRolePolicyDocument></Role>",
			)
		}},
		"iam:GetUser": {needs: []need{{"iam:GetUser", "arn:aws:iam::" + Account + ":user/{UserName}"}}, reads: true, do: func(c call) reply {
			if c.of("UserName") != "prod-operator" {
				return fail(404, "NoSuchEntity", "The user with name "+c.of("UserName")+" cannot be found.")
			}
			const user = "<UserId>AIDALAB</UserId><Arn>arn:aws:iam::" + Account + ":user/prod-operator</Arn><UserName>prod-operator</UserName>"
			return ok("<User>" + user + "</User>")
		}},
		"iam:ListRolePolicies": fixed("iam:ListRolePolicies", "<PolicyNames>"+members("$", "deploy")+"</PolicyNames>"),
		"iam:ListAttachedRolePolicies": fixed(
			"iam:ListAttachedRolePolicies",
			"<AttachedPolicies>"+members("<PolicyArn>$</PolicyArn>", "arn:aws:iam::aws:policy/ReadOnlyAccess")+"</AttachedPolicies>",
		),
		"iam:GetPolicy": fixed(
			"iam:GetPolicy",
			"<Policy><PolicyId>ANPALAB</PolicyId><DefaultVersionId>v2</DefaultVersionId></Policy>",
		),
		"iam:ListPolicyVersions": fixed(
			"iam:ListPolicyVersions",
			"<Versions>"+members("<VersionId>$</VersionId><IsDefaultVersion>true</IsDefaultVersion>", "v2")+"</Versions>",
		),
		"iam:GetGroup": fixed("iam:GetGroup", "<Group><GroupId>AGPALAB</GroupId></Group><Users/>"),
		"iam:GetRequestAuthorizationDetails": {
			needs: []need{{"iam:GetRequestAuthorizationDetails", "*"}}, reads: true, do: func(c call) reply { return c.details() },
		},
		"iam:GetContextKeysForPrincipalPolicy": query("iam:GetContextKeysForPrincipalPolicy", func(c call) string { return c.keysUsed() }),
		"iam:SimulatePrincipalPolicy":          query("iam:SimulatePrincipalPolicy", func(c call) string { return c.simulate() }),
		"cloudformation:DescribeStacks": fixed("cloudformation:DescribeStacks",
			"<Stacks>"+members("<StackId>$</StackId>", "arn:aws:cloudformation:"+here+"stack/payments/1")+"</Stacks>"),
		"ec2:DescribeInstances": query("ec2:DescribeInstances", func(c call) string {
			if c.of("InstanceId.1") == "i-0123456789abcdef0" { // well formed, and nobody's
				return "<reservationSet/>"
			}
			one := "<item><instanceId>" + c.of("InstanceId.1") + "</instanceId></item>"
			return "<reservationSet><item><instancesSet>" + one + "</instancesSet></item></reservationSet>"
		}),
		"ec2:DescribeSecurityGroups": fixed(
			"ec2:DescribeSecurityGroups",
			"<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>",
		),
		"ec2:DescribeSubnets": fixed("ec2:DescribeSubnets", "<subnetSet><item><subnetId>subnet-1</subnetId></item></subnetSet>"),
		"ec2:DescribeLaunchTemplates": fixed(
			"ec2:DescribeLaunchTemplates",
			"<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId><latestVersionNumber>3</latestVersionNumber></item></launchTemplates>",
		),
		"cloudtrail:GetTrailStatus": object("cloudtrail:GetTrailStatus", o{"IsLogging": true}),
		"codebuild:BatchGetProjects": object(
			"codebuild:BatchGetProjects",
			o{"projects": []o{{"arn": "arn:aws:codebuild:" + here + "project/payments-deploy"}}},
		),
		"codedeploy:GetDeploymentGroup": object("codedeploy:GetDeploymentGroup", o{"deploymentGroupInfo": o{"deploymentGroupId": "1"}}),
		"codepipeline:GetPipeline": object("codepipeline:GetPipeline", o{"pipeline": o{
			"name": "payments", "version": 4, "roleArn": RoleARN("payments-pipeline"),
		}}),
		"ecr:DescribeRepositories": object(
			"ecr:DescribeRepositories",
			o{"repositories": []o{{"repositoryArn": "arn:aws:ecr:" + here + "repository/payments/api"}}},
		),
		"ecs:DescribeClusters": object(
			"ecs:DescribeClusters",
			o{"clusters": []o{{"clusterArn": "arn:aws:ecs:" + here + "cluster/prod"}}},
		),
		"ecs:DescribeServices": query("ecs:DescribeServices", func(c call) string {
			asked, _ := c.in["services"].([]any)
			var found []o
			for _, service := range asked {
				at := "arn:aws:ecs:" + here
				found = append(found, o{
					"serviceArn":     fmt.Sprintf("%sservice/%s/%v", at, c.of("cluster"), service),
					"taskDefinition": fmt.Sprintf("%stask-definition/%v:7", at, service),
				})
			}
			return encode(o{"services": found})
		}),
		"eks:DescribeCluster":   object("eks:DescribeCluster", o{"cluster": o{"arn": "arn:aws:eks:" + here + "cluster/prod"}}),
		"eks:ListAccessEntries": object("eks:ListAccessEntries", o{"accessEntries": []string{RoleARN(prod)}}),
		"kms:GetKeyPolicy":      object("kms:GetKeyPolicy", o{"Policy": "lab", "PolicyName": "default"}),
		"lambda:GetFunctionConfiguration": query("lambda:GetFunctionConfiguration", func(c call) string {
			return c.theFunction()
		}),
		"organizations:DescribeOrganization": object("organizations:DescribeOrganization", o{"Organization": o{"Id": "o-exampleorg1"}}),
		"organizations:DescribePolicy": query("organizations:DescribePolicy", func(c call) string {
			const at = "arn:aws:organizations::999988887777:policy/o-exampleorg1/service_control_policy/"
			return encode(o{"Policy": o{"Content": "lab", "PolicySummary": o{"Arn": at + c.of("PolicyId")}}})
		}),
		"ssm:DescribeDocument": object("ssm:DescribeDocument", o{"Document": o{"Name": "AWS-RunShellScript", "Hash": "lab"}}),
		"ssm:DescribeParameters": object(
			"ssm:DescribeParameters",
			o{"Parameters": []o{{"Name": "/prod/payments/image", "Version": 2}}},
		),
		"s3:HeadObject":           head("s3:GetObject"),
		"s3:HeadBucket":           head("s3:ListBucket"),
		"s3:GetBucketPolicy":      object("s3:GetBucketPolicy", o{"Version": "2012-10-17", "Statement": []o{}}),
		"cloudtrail:LookupEvents": query("cloudtrail:LookupEvents", func(c call) string { return c.lookup() }),
	}
	return all
}

// simulate is the simulator's opinion of one action by a role, without session
// policies.
func (c call) simulate() string {
	resource := c.of("ResourceArns.member.1")
	if resource == "" {
		resource = "*"
	}
	decision, organization := "implicitDeny", "true"
	who, action, of := &session{role: name(c.of("PolicySourceArn"))}, c.of("ActionNames.member.1"), keys{}
	for i := 1; c.of(fmt.Sprintf("ContextEntries.member.%d.ContextKeyName", i)) != ""; i++ {
		at := fmt.Sprintf("ContextEntries.member.%d.ContextKey", i)
		of[strings.ToLower(c.of(at+"Name"))] = texts{c.of(at + "Values.member.1")}
	}
	v := c.decide(who, action, resource, of)
	switch {
	case v.allowed:
		decision = "allowed"
	case v.explicit:
		decision = "explicitDeny"
	}
	if v.kind == "service control policy" {
		organization = "false"
	}
	return "<EvaluationResults>" + members(
		"<EvalActionName>$</EvalActionName><EvalResourceName>"+resource+"</EvalResourceName><EvalDecision>"+decision+
			"</EvalDecision><MissingContextValues></MissingContextValues><ResourceSpecificResults>"+members(
			"<EvalResourceName>"+resource+"</EvalResourceName><EvalResourceDecision>"+decision+"</EvalResourceDecision><MissingContextValues>"+
				members("$", c.unsaid(who.role, action, resource, of)...)+"</MissingContextValues>", "")+
			"</ResourceSpecificResults><OrganizationsDecisionDetail><AllowedByOrganizations>"+organization+
			"</AllowedByOrganizations></OrganizationsDecisionDetail>",
		action,
	) + "</EvaluationResults>"
}

// unsaid are the keys that the policies of a role look at for an action, and that
// nobody gave. The simulator does not tell those of the organization.
func (c call) unsaid(role, action, resource string, given keys) []string {
	var out []string
	for _, d := range []document{c.roles[role].policy, c.roles[role].boundary} {
		for _, s := range d.Statement {
			for _, key := range s.Condition.used() {
				if s.names(action, resource) && given[strings.ToLower(key)] == nil && !slices.Contains(out, key) {
					out = append(out, key)
				}
			}
		}
	}
	return out
}

// keysUsed are all keys that a role's policies look at.
func (c call) keysUsed() string {
	var out []string
	r := c.roles[name(c.of("PolicySourceArn"))]
	for _, s := range slices.Concat(r.policy.Statement, r.boundary.Statement) {
		out = append(out, s.Condition.used()...)
	}
	return "<ContextKeyNames>" + members("$", out...) + "</ContextKeyNames>"
}
