package aws

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// sound are the writes as they may leave, each with every reason why it cannot
// take effect, written by hand.
func sound() map[string]map[string]string {
	const ours = "prod-sodprobe-run-a1"
	type f = map[string]string
	dry := f{"DryRun": "true"}
	return map[string]map[string]string{
		"iam:CreateRole":                     {"AssumeRolePolicyDocument": NoDocument},
		"iam:PutRolePolicy":                  {"PolicyDocument": NoDocument},
		"iam:UpdateAssumeRolePolicy":         {"PolicyDocument": NoDocument},
		"iam:CreatePolicyVersion":            {"PolicyDocument": NoDocument},
		"iam:SetDefaultPolicyVersion":        {"VersionId": "v2147483647"},
		"iam:AttachRolePolicy":               {"PolicyArn": "arn:aws-us-gov:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"},
		"iam:CreateAccessKey":                {"UserName": ours},
		"iam:AddUserToGroup":                 {"UserName": ours},
		"iam:DeleteRolePermissionsBoundary":  {"RoleName": ours},
		"lambda:UpdateFunctionCode":          {"DryRun": "true", "RevisionId": NoRevision},
		"lambda:UpdateFunctionConfiguration": {"RevisionId": NoRevision, "DeadLetterConfig.TargetArn": "arn:aws:sqs:eu-west-1:111122223333:" + ours},
		"ecs:UpdateService":                  {"taskDefinition": "payments:2147483647", "deploymentConfiguration.maximumPercent": "50", "deploymentConfiguration.minimumHealthyPercent": "100"},
		"ecs:RegisterTaskDefinition":         {"networkMode": "bridge", "requiresCompatibilities": `["FARGATE"]`, "containerDefinitions": `[{"name":"sodprobe"},{"name":"sodprobe"}]`},
		"codepipeline:PutApprovalResult":     {"token": NoRevision, "result.summary": strings.Repeat("x", 513)},
		"codepipeline:UpdatePipeline":        {"pipeline.stages": "[]", "pipeline.executionMode": "SODPROBE"},
		"codedeploy:CreateDeployment":        {"fileExistsBehavior": "SODPROBE"},
		"codebuild:StartBuild":               {"timeoutInMinutesOverride": "1", "queuedTimeoutInMinutesOverride": "1"},
		"cloudformation:CreateChangeSet":     {"TemplateBody": "{}", "Parameters.member.1.ParameterKey": "sodprobe"},
		"cloudformation:ExecuteChangeSet":    {"ChangeSetName": "prod-x-sodprobe-run-a1"},
		"ecr:PutImage":                       {"imageManifest": "{}", "imageDigest": NoImage},
		"s3:PutObject":                       {"If-Match": NoETag, "Content-Md5": NoDigest},
		"s3:PutBucketPolicy":                 {"body": NoDocument},
		"ssm:SendCommand":                    {"Parameters.sodprobe": `["true"]`, "DocumentHash": NoHash},
		"ssm:StartSession":                   {"Target": NoInstance},
		"ssm:PutParameter":                   {"Value": strings.Repeat("x", 8193), "AllowedPattern": "^never$"},
		"ec2:RunInstances":                   dry, "ec2:ModifyInstanceAttribute": dry,
		"ec2:AuthorizeSecurityGroupIngress": dry, "ec2:CreateLaunchTemplateVersion": dry,
		"eks:CreateAccessEntry":      {"kubernetesGroups": `["system:sodprobe"]`},
		"cloudtrail:StopLogging":     {"Name": ours},
		"kms:PutKeyPolicy":           {"Policy": NoDocument, "PolicyName": "SODPROBE"},
		"organizations:UpdatePolicy": {"Content": NoDocument},
	}
}

// TestPoisons: a write leaves with every reason why it cannot take effect, and
// without any one of them it does not.
func TestPoisons(t *testing.T) {
	all := sound()
	if want, got := slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(poisons())); !slices.Equal(want, got) {
		t.Errorf("written by hand: %v\non the list: %v", want, got)
	}
	for name, fields := range all {
		if err := poisoned(operation{name, fields}, "sodprobe-run"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for field := range fields {
			for _, value := range []string{"", "true", fields[field] + "x", "x"} {
				if less := maps.Clone(fields); value != fields[field] && len(value) <= LongestSummary && strings.Count(value, "sodprobe\"") != 2 {
					less[field] = value
					if poisoned(operation{name, less}, "sodprobe-run") == nil {
						t.Errorf("%s leaves with %s %q", name, field, value)
					}
				}
			}
		}
		for _, field := range never()[name] {
			more := maps.Clone(fields)
			more[field] = "true"
			if poisoned(operation{name, more}, "sodprobe-run") == nil {
				t.Errorf("%s leaves with %s", name, field)
			}
		}
	}
	for _, name := range []string{"iam:CreateUser", "ecr:InitiateLayerUpload", "s3:DeleteObject", ""} {
		if poisoned(operation{name, nil}, "sodprobe-run") == nil {
			t.Errorf("%s leaves", name)
		}
	}
	for field, value := range map[string]string{"UserName": "prod-sodprobe-other-a1"} {
		if poisoned(operation{"iam:CreateAccessKey", map[string]string{field: value}}, "sodprobe-run") == nil {
			t.Error("a name of another run leaves")
		}
	}
}

// TestUseless: a session is made only under a policy that takes rights away, for
// the shortest time, under the run's name or one of the scenario's.
func TestUseless(t *testing.T) {
	good := map[string]string{"Policy": DenyAll, "DurationSeconds": "900", "RoleSessionName": "sodprobe-run"}
	for name, c := range map[string]struct {
		change map[string]string
		leaves bool
	}{
		"the run's":             {nil, true},
		"a person's":            {map[string]string{"RoleSessionName": "alice@corp.example", "SourceIdentity": "sodprobe-run"}, true},
		"somebody else's":       {map[string]string{"RoleSessionName": "mallory"}, false},
		"an hour":               {map[string]string{"DurationSeconds": "3600"}, false},
		"no policy":             {map[string]string{"Policy": ""}, false},
		"a policy that allows":  {map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`}, false},
		"a policy for one call": {map[string]string{"Policy": fence("iam:PutRolePolicy", "", nil)}, true},
	} {
		fields := maps.Clone(good)
		maps.Copy(fields, c.change)
		if err := useless(operation{"sts:AssumeRole", fields}, "sodprobe-run", []string{"alice@corp.example"}); (err == nil) != c.leaves {
			t.Errorf("%s: %v", name, err)
		}
	}
}
