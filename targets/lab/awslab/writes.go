package awslab

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Codes, words and their order are those of AWS's API references, of public
// threads, and of the snapshots of LocalStack's tests, which were recorded against
// AWS. Where no recorded words are known for the second reason of a refusal, the
// lab says it in its own, and no probe takes these for a sign: they show only that
// nothing was changed (TestLookAlikes). Where an order is not known, what needs no
// look at the resource comes last.

// where stops a request of which something holds.
func where(holds func(call) bool, status int, code, message string) check {
	return func(c call) reply {
		if holds(c) {
			return fail(status, code, message)
		}
		return reply{}
	}
}

func equals(field, value string) func(call) bool {
	return func(c call) bool { return c.of(field) == value }
}

func differs(field, value string) func(call) bool {
	return func(c call) bool { return c.of(field) != value }
}

func longer(field string, than int) func(call) bool {
	return func(c call) bool { return len(c.of(field)) > than }
}

// strange wants a name that nobody but this program gives.
func strange(field string) func(call) bool {
	return func(c call) bool { return strings.Contains(c.of(field), "sodprobe-") }
}

// malformed stops a policy document: IAM looks at its version, and at the
// effects of its statements (IAM user guide, "Grammar of the IAM JSON policy
// language").
func malformed(field, code string) []check {
	read := func(c call) (d struct {
		Version   string
		Statement []struct{ Effect string }
	}, ok bool,
	) {
		ok = json.Unmarshal([]byte(c.of(field)), &d) == nil && len(d.Statement) > 0
		return d, ok
	}
	return []check{
		where(func(c call) bool {
			d, ok := read(c)
			return !ok || d.Version != "2012-10-17" && d.Version != "2008-10-17"
		}, 400, code, "The policy failed legacy parsing"),
		where(func(c call) bool {
			d, ok := read(c)
			return !ok || d.Statement[0].Effect != "Allow" && d.Statement[0].Effect != "Deny"
		}, 400, code, "Syntax errors in policy."),
	}
}

func missing(what, field string) check {
	return func(c call) reply {
		return fail(404, "NoSuchEntity", fmt.Sprintf("The %s with name %s cannot be found.", what, c.of(field)))
	}
}

func identityWrites() map[string]operation {
	const iam = "arn:aws:iam::" + Account + ":"
	unknownRole := func(c call) reply {
		if _, ok := c.roles[c.of("RoleName")]; ok {
			return reply{}
		}
		return missing("role", "RoleName")(c)
	}
	ghost := func(action, resource, what, field string) operation {
		return writes(action, resource, func(c call) reply {
			if !strange(field)(c) {
				return reply{}
			}
			return missing(what, field)(c)
		})
	}
	onRole := func(action string) operation {
		return writes(action, roleName, append([]check{unknownRole}, malformed("PolicyDocument", "MalformedPolicyDocument")...)...)
	}
	return map[string]operation{
		"iam:CreateRole": writes("iam:CreateRole", roleName, append([]check{func(c call) reply {
			if unknownRole(c).code != "" {
				return reply{}
			}
			return fail(409, "EntityAlreadyExists", "Role with name "+c.of("RoleName")+" already exists.")
		}}, malformed("AssumeRolePolicyDocument", "MalformedPolicyDocument")...)...),
		"iam:PutRolePolicy":          onRole("iam:PutRolePolicy"),
		"iam:UpdateAssumeRolePolicy": onRole("iam:UpdateAssumeRolePolicy"),
		"iam:AttachRolePolicy": writes(
			"iam:AttachRolePolicy",
			roleName,
			unknownRole,
			where(
				func(c call) bool { return strings.Contains(c.of("PolicyArn"), ":policy/aws-service-role/") },
				400,
				"PolicyNotAttachable",
				"Cannot attach a Service Role Policy to a Customer Role.",
			),
		),
		"iam:CreatePolicyVersion": writes("iam:CreatePolicyVersion", "{PolicyArn}", malformed("PolicyDocument", "MalformedPolicyDocument")...),
		"iam:SetDefaultPolicyVersion": writes("iam:SetDefaultPolicyVersion", "{PolicyArn}", func(c call) reply {
			if c.of("VersionId") == "v1" {
				return reply{}
			}
			return missing("version", "VersionId")(c)
		}),
		"iam:CreateAccessKey":               ghost("iam:CreateAccessKey", iam+"user/{UserName}", "user", "UserName"),
		"iam:AddUserToGroup":                ghost("iam:AddUserToGroup", iam+"group/{GroupName}", "user", "UserName"),
		"iam:DeleteRolePermissionsBoundary": ghost("iam:DeleteRolePermissionsBoundary", roleName, "role", "RoleName"),
		"sts:AssumeRole":                    {needs: []need{{"sts:AssumeRole", "{RoleArn}"}}, do: func(c call) reply { return c.assume() }},
		"organizations:UpdatePolicy": writes(
			"organizations:UpdatePolicy",
			"arn:aws:organizations::999988887777:policy/o-exampleorg1/service_control_policy/{PolicyId}",
			malformed("Content", "MalformedPolicyDocumentException")...),
		"kms:PutKeyPolicy": writes(
			"kms:PutKeyPolicy",
			"arn:aws:kms:"+here+"key/{KeyId}",
			append(
				malformed("Policy", "MalformedPolicyDocumentException"),
				where(differs("PolicyName", "default"), 400, "NotFoundException", "The only valid value is default"),
			)...),
		"cloudtrail:StopLogging": writes("cloudtrail:StopLogging", "{Name}", func(c call) reply {
			if !strange("Name")(c) {
				return reply{}
			}
			return fail(400, "TrailNotFoundException", "Unknown trail: "+c.of("Name"))
		}),
	}
}

func deployments() map[string]operation {
	all := map[string]operation{}
	for name, op := range pipelines() {
		all[name] = op
	}
	lambda := "arn:aws:lambda:" + here + "function:{FunctionName}"
	revision := where(
		differs("RevisionId", "11111111-1111-1111-1111-111111111111"),
		412,
		"PreconditionFailedException",
		"The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
	)
	for name, op := range map[string]operation{
		"ecs:UpdateService": writes("ecs:UpdateService", "arn:aws:ecs:"+here+"service/{cluster}/{service}",
			where(func(c call) bool {
				return strings.HasSuffix(c.of("taskDefinition"), ":2147483647")
			}, 400, "ClientException", "TaskDefinition not found."),
			where(func(c call) bool {
				return strings.Contains(encode(c.in["deploymentConfiguration"]), `"maximumPercent":50`)
			}, 400, "InvalidParameterException", "maximumPercent must not be below minimumHealthyPercent")),
		"ecs:RegisterTaskDefinition": writes("ecs:RegisterTaskDefinition", "arn:aws:ecs:"+here+"task-definition/{family}:8",
			where(equals("networkMode", "bridge"), 400, "ClientException", "Fargate only supports network mode ‘awsvpc’."),
			where(func(c call) bool {
				return strings.Count(encode(c.in["containerDefinitions"]), `"name":"sodprobe"`) > 1
			}, 400, "ClientException", "Container names must be unique within a task definition.")),
		"ecr:PutImage": writes("ecr:PutImage", "arn:aws:ecr:"+here+"repository/{repositoryName}",
			where(func(c call) bool {
				return !strings.Contains(c.of("imageManifest"), "schemaVersion")
			}, 400, "InvalidParameterException", "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"),
			where(func(c call) bool {
				return c.of("imageDigest") != ""
			}, 400, "ImageDigestDoesNotMatchException", "The specified image digest does not match the image's")),
		"lambda:UpdateFunctionCode": writes("lambda:UpdateFunctionCode", lambda, revision, func(c call) reply {
			if dry, _ := c.in["DryRun"].(bool); dry {
				return ok(c.theFunction())
			}
			return reply{}
		}),
		"lambda:UpdateFunctionConfiguration": writes("lambda:UpdateFunctionConfiguration", lambda, revision, func(c call) reply {
			if strings.Contains(encode(c.in["DeadLetterConfig"]), "sodprobe-") {
				return fail(400, "InvalidParameterValueException", "The target of the dead letter queue does not exist.")
			}
			return reply{}
		}),
		"eks:CreateAccessEntry": writes("eks:CreateAccessEntry", "arn:aws:eks:"+here+"cluster/{cluster}",
			where(func(call) bool {
				return true
			}, 409, "ResourceInUseException", "The specified access entry resource is already in use on this cluster."),
			where(func(c call) bool {
				return strings.Contains(encode(c.in["kubernetesGroups"]), "system:")
			}, 400, "InvalidParameterException", "The kubernetes group name system:sodprobe is invalid, it cannot start with system:")),
	} {
		all[name] = op
	}
	return all
}

// pipelines are the writes of CodePipeline, CodeDeploy, CodeBuild and
// CloudFormation.
func pipelines() map[string]operation {
	inPipeline := func(field string) func(call) any {
		return func(c call) any {
			pipeline, _ := c.in["pipeline"].(map[string]any)
			return pipeline[field]
		}
	}
	stack := "arn:aws:cloudformation:" + here + "stack/{StackName}/1"
	return map[string]operation{
		"codepipeline:PutApprovalResult": writes(
			"codepipeline:PutApprovalResult",
			"arn:aws:codepipeline:"+here+"{pipelineName}/{stageName}/{actionName}",
			where(differs("token", "valid"), 400, "InvalidApprovalTokenException", "Approval token does not match"),
			where(
				longer("result.summary", 512),
				400,
				"ValidationException",
				"1 validation error detected: Value at 'result.summary' failed to satisfy constraint: "+
					"Member must have length less than or equal to 512",
			),
		),
		"codepipeline:UpdatePipeline": writes(
			"codepipeline:UpdatePipeline",
			"arn:aws:codepipeline:"+here+"{pipeline.name}",
			where(
				func(c call) bool { stages, _ := inPipeline("stages")(c).([]any); return len(stages) < 2 },
				400,
				"InvalidStructureException",
				"Pipeline should start with a stage that only contains source actions",
			),
			where(
				func(c call) bool { return inPipeline("executionMode")(c) == "SODPROBE" },
				400,
				"ValidationException",
				"Value 'SODPROBE' at 'pipeline.executionMode' failed to satisfy constraint",
			),
		),
		"codedeploy:CreateDeployment": writes(
			"codedeploy:CreateDeployment",
			"arn:aws:codedeploy:"+here+"deploymentgroup:{applicationName}/{deploymentGroupName}",
			where(func(c call) bool { return c.in["revision"] == nil }, 400, "RevisionRequiredException", "RevisionLocation must be specified"),
			where(
				equals("fileExistsBehavior", "SODPROBE"),
				400,
				"InvalidFileExistsBehaviorException",
				"An invalid fileExistsBehavior option was specified",
			),
		),
		"codebuild:StartBuild": writes(
			"codebuild:StartBuild",
			"arn:aws:codebuild:"+here+"project/{projectName}",
			where(
				equals("timeoutInMinutesOverride", "1"),
				400,
				"InvalidInputException",
				"Invalid timeout: timeout must be between 5 and 2160 minutes",
			),
			where(
				equals("queuedTimeoutInMinutesOverride", "1"),
				400,
				"InvalidInputException",
				"Invalid queued timeout: it must be between 5 and 480 minutes",
			),
		),
		"cloudformation:CreateChangeSet": writes(
			"cloudformation:CreateChangeSet",
			stack,
			where(
				func(c call) bool { return !strings.Contains(c.of("TemplateBody"), "Resources") },
				400,
				"ValidationError",
				"Template format error: At least one Resources member must be defined.",
			),
			where(
				equals("Parameters.member.1.ParameterKey", "sodprobe"),
				400,
				"ValidationError",
				"Parameters: [sodprobe] do not exist in the template",
			),
		),
		"cloudformation:ExecuteChangeSet": writes("cloudformation:ExecuteChangeSet", stack, func(c call) reply {
			return fail(404, "ChangeSetNotFound", "ChangeSet ["+c.of("ChangeSetName")+"] does not exist")
		}),
	}
}

func computing() map[string]operation {
	dryRun := where(equals("DryRun", "true"), 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	ec2 := "arn:aws:ec2:" + here
	run := writes("ec2:RunInstances", ec2+"subnet/{SubnetId}", dryRun)
	// The profile of production holds the role of the same name.
	run.needs = append(run.needs, need{"iam:PassRole", "arn:aws:iam::" + Account + ":role/{IamInstanceProfile.Name}"})
	return map[string]operation{
		"ec2:RunInstances":                  run,
		"ec2:ModifyInstanceAttribute":       writes("ec2:ModifyInstanceAttribute", ec2+"instance/{InstanceId}", dryRun),
		"ec2:AuthorizeSecurityGroupIngress": writes("ec2:AuthorizeSecurityGroupIngress", ec2+"security-group/{GroupId}", dryRun),
		"ec2:CreateLaunchTemplateVersion":   writes("ec2:CreateLaunchTemplateVersion", ec2+"launch-template/{LaunchTemplateId}", dryRun),
		"ssm:SendCommand": writes(
			"ssm:SendCommand",
			ec2+"instance/i-0a1b2c3d4e5f60718",
			where(
				func(c call) bool { return strings.Contains(encode(c.in["Parameters"]), `"sodprobe"`) },
				400,
				"InvalidParameters",
				"document AWS-RunShellScript does not support parameters",
			),
			where(func(c call) bool { return c.of("DocumentHash") != "lab" }, 400, "InvalidDocument", "The hash of the document does not match"),
		),
		"ssm:StartSession": writes("ssm:StartSession", ec2+"instance/{Target}",
			where(equals("Target", "i-00000000000000000"), 400, "TargetNotConnected", "i-00000000000000000 is not connected.")),
		"ssm:PutParameter": writes(
			"ssm:PutParameter",
			"arn:aws:ssm:"+here+"parameter{Name}",
			where(
				equals("AllowedPattern", "^never$"),
				400,
				"ParameterPatternMismatchException",
				"Parameter value, cannot be validated against allowedPattern: ^never$",
			),
			where(
				longer("Value", 8192),
				400,
				"ValidationException",
				"Advanced tier parameters support a maximum parameter value of 8192 characters.",
			),
		),
	}
}

func storing() map[string]operation {
	digest := where(
		func(c call) bool { return c.of("Content-Md5") == "AAAAAAAAAAAAAAAAAAAAAA==" },
		400,
		"BadDigest",
		"The Content-MD5 you specified did not match what we received.",
	)
	return map[string]operation{
		"s3:PutObject": writes(
			"s3:PutObject",
			"arn:aws:s3:::{Bucket}/{Key}",
			digest,
			where(
				func(c call) bool { return c.of("If-Match") != "" },
				412,
				"PreconditionFailed",
				"At least one of the pre-conditions you specified did not hold",
			),
		),
		"s3:PutBucketPolicy": writes("s3:PutBucketPolicy", "arn:aws:s3:::{Bucket}", malformed("body", "MalformedPolicy")...),
	}
}
