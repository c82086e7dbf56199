package awslab

import (
	"fmt"
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

func writes(action, resource string, do func(call) reply) operation {
	return operation{needs: []need{{action, resource}}, do: do}
}

// roleName is the ARN of what an operation of IAM names.
const roleName = "arn:aws:iam::" + Account + ":role/{RoleName}"

func identityWrites() map[string]operation {
	missing := func(what, field string) reply {
		return fail(404, "NoSuchEntity", fmt.Sprintf("The %s with name %s cannot be found.", what, field))
	}
	malformed := func(c call, field string) (reply, bool) {
		_, ok := parsePolicy(c.of(field))
		return fail(400, "MalformedPolicyDocument", "The policy failed legacy parsing"), ok
	}
	// onRole is an operation on a role with a policy.
	onRole := func(action string) operation {
		return writes(action, roleName, func(c call) reply {
			if _, ok := c.roles[c.of("RoleName")]; !ok {
				return missing("role", c.of("RoleName"))
			}
			if wrong, ok := malformed(c, "PolicyDocument"); !ok {
				return wrong
			}
			return c.done()
		})
	}
	ghost := func(action, resource, what, field string) operation {
		return writes(action, resource, func(c call) reply {
			if strings.Contains(c.of(field), "sodprobe-") {
				return missing(what, c.of(field))
			}
			return c.done()
		})
	}
	return map[string]operation{
		"iam:CreateRole": writes("iam:CreateRole", roleName, func(c call) reply {
			if _, ok := c.roles[c.of("RoleName")]; ok {
				return fail(409, "EntityAlreadyExists", "Role with name "+c.of("RoleName")+" already exists.")
			}
			if wrong, ok := malformed(c, "AssumeRolePolicyDocument"); !ok {
				return wrong
			}
			return c.done()
		}),
		"iam:PutRolePolicy":          onRole("iam:PutRolePolicy"),
		"iam:UpdateAssumeRolePolicy": onRole("iam:UpdateAssumeRolePolicy"),
		"iam:AttachRolePolicy":       ghost("iam:AttachRolePolicy", roleName, "policy", "PolicyArn"),
		"iam:CreatePolicyVersion": writes("iam:CreatePolicyVersion", "{PolicyArn}", func(c call) reply {
			if wrong, ok := malformed(c, "PolicyDocument"); !ok {
				return wrong
			}
			return c.done()
		}),
		"iam:SetDefaultPolicyVersion": writes("iam:SetDefaultPolicyVersion", "{PolicyArn}", func(c call) reply {
			if c.of("VersionId") == "v1" {
				return c.done()
			}
			return missing("version", c.of("VersionId"))
		}),
		"iam:CreateAccessKey":               ghost("iam:CreateAccessKey", "arn:aws:iam::"+Account+":user/{UserName}", "user", "UserName"),
		"iam:AddUserToGroup":                ghost("iam:AddUserToGroup", "arn:aws:iam::"+Account+":group/{GroupName}", "user", "UserName"),
		"iam:DeleteRolePermissionsBoundary": ghost("iam:DeleteRolePermissionsBoundary", roleName, "role", "RoleName"),
		"sts:AssumeRole":                    writes("sts:AssumeRole", "{RoleArn}", func(c call) reply { return c.assume() }),
		"organizations:AttachPolicy": writes("organizations:AttachPolicy", "arn:aws:organizations::999988887777:account/o-lab/{TargetId}", func(c call) reply {
			if c.of("PolicyId") == "p-FullAWSAccess" {
				return c.done()
			}
			return fail(400, "PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
		}),
		"kms:PutKeyPolicy": writes("kms:PutKeyPolicy", "arn:aws:kms:"+here+"key/{KeyId}", func(c call) reply {
			if _, ok := parsePolicy(c.of("Policy")); !ok {
				return fail(400, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")
			}
			return c.done()
		}),
		"cloudtrail:StopLogging": writes("cloudtrail:StopLogging", "{Name}", func(c call) reply {
			if strings.Contains(c.of("Name"), "sodprobe-") {
				return fail(400, "TrailNotFoundException", "Unknown trail: "+c.of("Name"))
			}
			return c.done()
		}),
	}
}

// done is a request that took effect.
func (c call) done() reply {
	c.change("%s %s", c.operation, encode(c.in))
	if c.protocol == "awsQuery" || c.protocol == "ec2query" {
		return ok("<Done>true</Done>")
	}
	return ok("{}")
}

func deployments() map[string]operation {
	return map[string]operation{
		"codepipeline:PutApprovalResult": writes("codepipeline:PutApprovalResult", "arn:aws:codepipeline:"+here+"{pipelineName}/{stageName}/{actionName}", func(c call) reply {
			if c.of("token") != "valid" {
				return fail(400, "InvalidApprovalTokenException", "Approval token does not match")
			}
			return c.done()
		}),
		"codepipeline:UpdatePipeline": {needs: []need{{"codepipeline:UpdatePipeline", "arn:aws:codepipeline:" + here + "{pipeline.name}"}}, do: func(c call) reply {
			pipeline, _ := c.in["pipeline"].(map[string]any)
			if stages, _ := pipeline["stages"].([]any); len(stages) < 2 {
				return fail(400, "InvalidStructureException", "Pipeline should start with a stage that only contains source actions")
			}
			return c.done()
		}},
		"codedeploy:CreateDeployment": writes("codedeploy:CreateDeployment", "arn:aws:codedeploy:"+here+"deploymentgroup:{applicationName}/{deploymentGroupName}", func(c call) reply {
			if strings.Contains(c.of("deploymentConfigName"), "sodprobe-") {
				return fail(400, "DeploymentConfigDoesNotExistException", "No deployment configuration found for name: "+c.of("deploymentConfigName"))
			}
			return c.done()
		}),
		"codebuild:StartBuild": writes("codebuild:StartBuild", "arn:aws:codebuild:"+here+"project/{projectName}", func(c call) reply {
			if strings.Contains(c.of("projectName"), "sodprobe-") {
				return fail(400, "ResourceNotFoundException", "Project cannot be found: "+c.of("projectName"))
			}
			return c.done()
		}),
		"cloudformation:CreateChangeSet": writes("cloudformation:CreateChangeSet", "arn:aws:cloudformation:"+here+"stack/{StackName}/1", func(c call) reply {
			if !strings.Contains(c.of("TemplateBody"), "Resources") {
				return fail(400, "ValidationError", "Template format error: At least one Resources member must be defined.")
			}
			return c.done()
		}),
		"cloudformation:ExecuteChangeSet": writes("cloudformation:ExecuteChangeSet", "arn:aws:cloudformation:"+here+"stack/{StackName}/1", func(c call) reply {
			return fail(404, "ChangeSetNotFound", "ChangeSet ["+c.of("ChangeSetName")+"] does not exist")
		}),
		"ecs:UpdateService": writes("ecs:UpdateService", "arn:aws:ecs:"+here+"service/{cluster}/{service}", func(c call) reply {
			if strings.Contains(c.of("taskDefinition"), "sodprobe-") {
				return fail(400, "ClientException", "Unable to describe task definition.")
			}
			return c.done()
		}),
		"ecs:RegisterTaskDefinition": writes("ecs:RegisterTaskDefinition", "*", func(c call) reply {
			if c.of("memory") == "1" {
				return fail(400, "ClientException", "No Fargate configuration exists for given values.")
			}
			return c.done()
		}),
		"ecr:InitiateLayerUpload": writes("ecr:InitiateLayerUpload", "arn:aws:ecr:"+here+"repository/{repositoryName}", func(c call) reply {
			return ok(encode(map[string]any{"uploadId": c.id, "partSize": 20971520}))
		}),
		"ecr:PutImage": writes("ecr:PutImage", "arn:aws:ecr:"+here+"repository/{repositoryName}", func(c call) reply {
			if !strings.Contains(c.of("imageManifest"), "schemaVersion") {
				return fail(400, "InvalidParameterException", "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'")
			}
			return c.done()
		}),
		"lambda:UpdateFunctionCode": writes("lambda:UpdateFunctionCode", "arn:aws:lambda:"+here+"function:{FunctionName}", func(c call) reply {
			if dry, _ := c.in["DryRun"].(bool); !dry {
				return c.done()
			}
			return ok(c.theFunction())
		}),
		"lambda:UpdateFunctionConfiguration": writes("lambda:UpdateFunctionConfiguration", "arn:aws:lambda:"+here+"function:{FunctionName}", func(c call) reply {
			if c.of("RevisionId") != "11111111-1111-1111-1111-111111111111" {
				return fail(412, "PreconditionFailedException", "The RevisionId provided does not match the latest RevisionId.")
			}
			return c.done()
		}),
		"eks:CreateAccessEntry": writes("eks:CreateAccessEntry", "arn:aws:eks:"+here+"cluster/{cluster}", func(call) reply {
			return fail(409, "ResourceInUseException", "The specified access entry resource is already in use on this cluster.")
		}),
	}
}

func (c call) theFunction() string {
	return encode(map[string]string{
		"FunctionName": c.of("FunctionName"), "FunctionArn": "arn:aws:lambda:" + here + "function:" + c.of("FunctionName"),
		"CodeSha256": "lab", "RevisionId": "11111111-1111-1111-1111-111111111111",
	})
}

func computing() map[string]operation {
	dryRun := func(needs ...need) operation {
		return operation{needs: needs, do: func(c call) reply {
			if c.of("DryRun") == "true" {
				return fail(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
			}
			return c.done()
		}}
	}
	ec2 := "arn:aws:ec2:" + here
	return map[string]operation{
		// The profile of production holds the role of the same name.
		"ec2:RunInstances": dryRun(need{"ec2:RunInstances", ec2 + "subnet/{SubnetId}"},
			need{"iam:PassRole", "arn:aws:iam::" + Account + ":role/{IamInstanceProfile.Name}"}),
		"ec2:ModifyInstanceAttribute":       dryRun(need{"ec2:ModifyInstanceAttribute", ec2 + "instance/{InstanceId}"}),
		"ec2:AuthorizeSecurityGroupIngress": dryRun(need{"ec2:AuthorizeSecurityGroupIngress", ec2 + "security-group/{GroupId}"}),
		"ec2:CreateLaunchTemplateVersion":   dryRun(need{"ec2:CreateLaunchTemplateVersion", ec2 + "launch-template/{LaunchTemplateId}"}),
		"ssm:SendCommand": writes("ssm:SendCommand", "arn:aws:ssm:"+Region+"::document/{DocumentName}", func(c call) reply {
			if ids, _ := c.in["InstanceIds"].([]any); len(ids) == 1 && ids[0] == "i-00000000000000000" {
				return fail(400, "InvalidInstanceId", "Instances [[i-00000000000000000]] not in a valid state for account "+Account)
			}
			return c.done()
		}),
		"ssm:StartSession": writes("ssm:StartSession", ec2+"instance/{Target}", func(c call) reply {
			if c.of("Target") == "i-00000000000000000" {
				return fail(400, "TargetNotConnected", "i-00000000000000000 is not connected.")
			}
			return c.done()
		}),
		"ssm:PutParameter": writes("ssm:PutParameter", "arn:aws:ssm:"+here+"parameter{Name}", func(c call) reply {
			if overwrite, _ := c.in["Overwrite"].(bool); !overwrite {
				return fail(400, "ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
			}
			return c.done()
		}),
	}
}

func storing() map[string]operation {
	return map[string]operation{
		"s3:PutObject": writes("s3:PutObject", "arn:aws:s3:::{Bucket}/{Key}", func(c call) reply {
			if c.of("If-Match") == "" {
				return c.done()
			}
			return fail(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
		}),
		"s3:PutBucketPolicy": writes("s3:PutBucketPolicy", "arn:aws:s3:::{Bucket}", func(c call) reply {
			if _, ok := parsePolicy(c.of("body")); !ok {
				return fail(400, "MalformedPolicy", "Missing required field Statement")
			}
			return c.done()
		}),
	}
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
			return ok("<Role><RoleId>AROALAB</RoleId><RoleName>" + c.of("RoleName") + "</RoleName><AssumeRolePolicyDocument>lab</AssumeRolePolicyDocument></Role>")
		}},
		"iam:ListRolePolicies":         fixed("iam:ListRolePolicies", "<PolicyNames>"+members("$", "deploy")+"</PolicyNames>"),
		"iam:ListAttachedRolePolicies": fixed("iam:ListAttachedRolePolicies", "<AttachedPolicies>"+members("<PolicyArn>$</PolicyArn>", "arn:aws:iam::aws:policy/ReadOnlyAccess")+"</AttachedPolicies>"),
		"iam:GetPolicy":                fixed("iam:GetPolicy", "<Policy><PolicyId>ANPALAB</PolicyId><DefaultVersionId>v2</DefaultVersionId></Policy>"),
		"iam:ListPolicyVersions":       fixed("iam:ListPolicyVersions", "<Versions>"+members("<VersionId>$</VersionId><IsDefaultVersion>true</IsDefaultVersion>", "v2")+"</Versions>"),
		"iam:GetGroup":                 fixed("iam:GetGroup", "<Group><GroupId>AGPALAB</GroupId></Group><Users/>"),
		"iam:SimulatePrincipalPolicy":  query("iam:SimulatePrincipalPolicy", func(c call) string { return c.simulate() }),
		"cloudformation:DescribeStacks": fixed("cloudformation:DescribeStacks",
			"<Stacks>"+members("<StackId>$</StackId>", "arn:aws:cloudformation:"+here+"stack/payments/1")+"</Stacks>"),
		"ec2:DescribeInstances":         fixed("ec2:DescribeInstances", "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></item></reservationSet>"),
		"ec2:DescribeSecurityGroups":    fixed("ec2:DescribeSecurityGroups", "<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>"),
		"ec2:DescribeSubnets":           fixed("ec2:DescribeSubnets", "<subnetSet><item><subnetId>subnet-1</subnetId></item></subnetSet>"),
		"ec2:DescribeLaunchTemplates":   fixed("ec2:DescribeLaunchTemplates", "<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId><latestVersionNumber>3</latestVersionNumber></item></launchTemplates>"),
		"cloudtrail:GetTrailStatus":     object("cloudtrail:GetTrailStatus", o{"IsLogging": true}),
		"codebuild:BatchGetProjects":    object("codebuild:BatchGetProjects", o{"projects": []o{{"arn": "arn:aws:codebuild:" + here + "project/payments-deploy"}}}),
		"codedeploy:GetDeploymentGroup": object("codedeploy:GetDeploymentGroup", o{"deploymentGroupInfo": o{"deploymentGroupId": "1"}}),
		"codepipeline:GetPipeline":      object("codepipeline:GetPipeline", o{"pipeline": o{"name": "payments", "version": 4}}),
		"ecr:DescribeRepositories":      object("ecr:DescribeRepositories", o{"repositories": []o{{"repositoryArn": "arn:aws:ecr:" + here + "repository/payments/api"}}}),
		"ecs:DescribeClusters":          object("ecs:DescribeClusters", o{"clusters": []o{{"clusterArn": "arn:aws:ecs:" + here + "cluster/prod"}}}),
		"ecs:DescribeServices":          object("ecs:DescribeServices", o{"services": []o{{"serviceArn": "arn:aws:ecs:" + here + "service/prod/payments", "taskDefinition": "payments:7"}}}),
		"eks:DescribeCluster":           object("eks:DescribeCluster", o{"cluster": o{"arn": "arn:aws:eks:" + here + "cluster/prod"}}),
		"eks:ListAccessEntries":         object("eks:ListAccessEntries", o{"accessEntries": []string{RoleARN(prod)}}),
		"kms:GetKeyPolicy":              object("kms:GetKeyPolicy", o{"Policy": "lab", "PolicyName": "default"}),
		"lambda:GetFunctionConfiguration": query("lambda:GetFunctionConfiguration", func(c call) string {
			return c.theFunction()
		}),
		"organizations:DescribeOrganization": object("organizations:DescribeOrganization", o{"Organization": o{"Id": "o-lab"}}),
		"ssm:DescribeDocument":               object("ssm:DescribeDocument", o{"Document": o{"Name": "AWS-RunShellScript", "Hash": "lab"}}),
		"ssm:DescribeParameters":             object("ssm:DescribeParameters", o{"Parameters": []o{{"Name": "/prod/payments/image", "Version": 2}}}),
		"s3:HeadObject":                      head("s3:GetObject"),
		"s3:HeadBucket":                      head("s3:ListBucket"),
		"s3:GetBucketPolicy":                 object("s3:GetBucketPolicy", o{"Version": "2012-10-17", "Statement": []o{}}),
		"cloudtrail:LookupEvents":            query("cloudtrail:LookupEvents", func(c call) string { return c.lookup() }),
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
	decision := "implicitDeny"
	switch v := c.decide(&session{role: name(c.of("PolicySourceArn"))}, c.of("ActionNames.member.1"), resource); {
	case v.allowed:
		decision = "allowed"
	case v.explicit:
		decision = "explicitDeny"
	}
	return "<EvaluationResults>" + members("<EvalActionName>$</EvalActionName><EvalDecision>"+decision+"</EvalDecision>", c.of("ActionNames.member.1")) + "</EvaluationResults>"
}
