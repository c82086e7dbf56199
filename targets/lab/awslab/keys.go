package awslab

import (
	"fmt"
	"slices"
	"strings"
)

// keysOf are the condition keys of a request for an action: those of every
// request, of who asks, of the resource's tags, and of what the request says. The
// names are those of the Service Authorization Reference, each under the action
// that has it there.
func (c call) keysOf(who *session, action, resource string) keys {
	general := keys{
		"aws:RequestedRegion": {regionOf(action)}, "aws:SourceIp": {"192.0.2.7"}, "aws:SecureTransport": {"true"},
		"aws:PrincipalOrgID":   {"o-exampleorg1"},
		"aws:PrincipalAccount": {Account}, "aws:PrincipalArn": {principalARN(who.role)}, "aws:userid": {"AROALAB:" + name(who.arn)},
	}
	for tag, value := range who.tags {
		general["aws:PrincipalTag/"+tag] = texts{value}
	}
	return general.with(tagsOf(action, resource)).with(c.said(action))
}

// regionOf is the Region that a request for an action goes to: IAM and
// Organizations have one endpoint for the whole partition ("AWS: Denies access to
// AWS based on the requested Region", IAM user guide).
func regionOf(action string) string {
	if strings.HasPrefix(action, "iam:") || strings.HasPrefix(action, "organizations:") {
		return "us-east-1"
	}
	return Region
}

// principalARN is the ARN of the role, or the user, that a session is of.
func principalARN(role string) string {
	if role == prober {
		return "arn:aws:iam::" + Account + ":" + prober
	}
	return RoleARN(role)
}

// tagged are the kinds of resources whose tags a policy may look at, by what
// stands before their name (Service Authorization Reference, resource types with
// aws:ResourceTag).
func tagged() []string {
	return []string{
		":instance/", ":subnet/", ":security-group/", ":launch-template/", ":function:", ":service/", ":task-definition/", ":repository/",
		":key/", ":project/", ":stack/", ":cluster/", ":parameter/", ":deploymentgroup:", ":codepipeline:", ":role/", ":policy/", ":trail/",
	}
}

// tagsOf are the tags of a resource: all of production is labelled as such, what
// is the developers' as theirs, and what does not exist has none.
func tagsOf(action, resource string) keys {
	has := func(part string) bool { return strings.Contains(resource, part) }
	if !slices.ContainsFunc(tagged(), has) || has("sodprobe-") || has("i-00000000000000000") {
		return nil
	}
	environment := "production"
	if strings.Contains(resource, "dev") && !strings.Contains(resource, "Developer") {
		environment = "development"
	}
	out := keys{"aws:ResourceTag/environment": {environment}}
	switch service, _, _ := strings.Cut(action, ":"); service {
	case "ssm", "ec2":
		out[service+":ResourceTag/environment"] = texts{environment}
	case "iam":
		out["iam:ResourceTag/environment"] = texts{environment}
	}
	return out
}

// said are the keys that a request itself says.
func (c call) said(action string) keys {
	field := func(name string) texts {
		if s := c.of(name); s != "" {
			return texts{s}
		}
		return nil
	}
	flag := func(name string) texts {
		b, _ := c.in[name].(bool)
		return texts{fmt.Sprint(b)}
	}
	of := map[string]func() keys{
		"iam:CreateRole": func() keys {
			return keys{"iam:PermissionsBoundary": field("PermissionsBoundary")}.with(c.requestTags("Tags.member"))
		},
		"iam:PutRolePolicy":                 c.ofRole,
		"iam:DeleteRolePermissionsBoundary": c.ofRole,
		"iam:AttachRolePolicy": func() keys {
			return c.ofRole().with(keys{"iam:PolicyARN": field("PolicyArn")})
		},
		"iam:PassRole": func() keys { return keys{"iam:PassedToService": {passedTo(c.operation)}} },
		"sts:AssumeRole": func() keys {
			return keys{
				"sts:RoleSessionName": field("RoleSessionName"), "sts:ExternalId": field("ExternalId"), "sts:SourceIdentity": field("SourceIdentity"),
			}.with(c.requestTags("Tags.member"))
		},
		"lambda:UpdateFunctionConfiguration": func() keys { return keys{"lambda:Layer": field("Layers"), "lambda:VpcIds": field("VpcIds")} },
		"ecs:UpdateService": func() keys {
			return keys{
				"ecs:cluster": {"arn:aws:ecs:" + here + "cluster/" + c.of("cluster")}, "ecs:task-definition": definition(c.of("taskDefinition")),
			}
		},
		"ecs:RegisterTaskDefinition": func() keys {
			return keys{"ecs:task-cpu": field("cpu"), "ecs:task-memory": field("memory"), "ecs:compute-compatibility": {"FARGATE"}}
		},
		"cloudformation:CreateChangeSet": func() keys {
			return keys{
				"cloudformation:ChangeSetName": field("ChangeSetName"), "cloudformation:RoleArn": field("RoleARN"),
				"cloudformation:TemplateUrl": field("TemplateURL"),
			}
		},
		"cloudformation:ExecuteChangeSet": func() keys { return keys{"cloudformation:ChangeSetName": field("ChangeSetName")} },
		"codebuild:StartBuild":            func() keys { return keys{"codebuild:source": field("sourceTypeOverride")} },
		"s3:PutObject":                    func() keys { return keys{"s3:if-match": field("If-Match")} },
		"ssm:PutParameter":                func() keys { return keys{"ssm:Overwrite": flag("Overwrite")} },
		"ec2:RunInstances": func() keys {
			return keys{
				"ec2:InstanceType": field("InstanceType"), "ec2:MetadataHttpTokens": field("MetadataOptions.HttpTokens"),
				"ec2:Subnet": {"arn:aws:ec2:" + here + "subnet/" + c.of("SubnetId")},
			}.with(c.requestTags("TagSpecification.1.Tag"))
		},
		"ec2:ModifyInstanceAttribute": func() keys { return keys{"ec2:Attribute": {"UserData"}} },
		"eks:CreateAccessEntry": func() keys {
			var groups texts
			for _, g := range list(c.in["kubernetesGroups"]) {
				groups = append(groups, fmt.Sprint(g))
			}
			return keys{"eks:kubernetesGroups": groups, "eks:principalArn": field("principalArn"), "eks:accessEntryType": field("type")}
		},
		"kms:PutKeyPolicy":           func() keys { return keys{"kms:BypassPolicyLockoutSafetyCheck": flag("BypassPolicyLockoutSafetyCheck")} },
		"organizations:UpdatePolicy": func() keys { return keys{"organizations:PolicyType": {"SERVICE_CONTROL_POLICY"}} },
	}[action]
	if of == nil {
		return nil
	}
	return of()
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// ofRole is the boundary of the role that a request names: of production's there
// is one, of what does not exist there is none.
func (c call) ofRole() keys {
	if _, ok := c.roles[c.of("RoleName")]; !ok {
		return nil
	}
	return keys{"iam:PermissionsBoundary": {"arn:aws:iam::" + Account + ":policy/production-boundary"}}
}

// definition is the ARN of a task definition that is named by its family.
func definition(named string) texts {
	if named == "" {
		return nil
	}
	return texts{"arn:aws:ecs:" + here + "task-definition/" + named}
}

// passedTo is the service that gets a role by an operation.
func passedTo(operation string) string {
	service, _, _ := strings.Cut(operation, ":")
	return service + ".amazonaws.com"
}

// requestTags are the tags that a request gives to what it makes, in the fields of
// a list.
func (c call) requestTags(list string) keys {
	out, names := keys{}, texts{}
	for i := 1; ; i++ {
		key := c.of(fmt.Sprintf("%s.%d.Key", list, i))
		if key == "" {
			break
		}
		out["aws:RequestTag/"+key], names = texts{c.of(fmt.Sprintf("%s.%d.Value", list, i))}, append(names, key)
	}
	out["aws:TagKeys"] = names
	return out
}
