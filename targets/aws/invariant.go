package aws

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// What makes a request defeat itself. None can stand for a real thing.
const (
	// NoPolicy is JSON, and no policy document and no template of any service.
	NoPolicy = "{}"
	// NoETag is a quoted ETag that no object has.
	NoETag = `"00000000000000000000000000000000"`
	// NoRevision is no revision of a function, and no token of an approval.
	NoRevision = "00000000-0000-0000-0000-000000000000"
	// NoVersion is a version that nothing reaches.
	NoVersion = "2147483647"
	// NoInstance is no id of an instance: they are never all zeros.
	NoInstance = "i-00000000000000000"
	// NoGroup is a group of Kubernetes that EKS lets nobody name.
	NoGroup = "system:sodprobe"
	// NoPolicyID is no policy of an organization.
	NoPolicyID = "p-sodprobe0"
	// NoValue is a value that never fits NoPattern.
	NoValue = "sodprobe"
	// NoPattern is the pattern that NoValue does not fit.
	NoPattern = "^never$"
	// Anything is a body whose content is of no account.
	Anything = "sodprobe"
)

// Invariant is the adapter's last word to the guard, for a run's marker:
// whatever a rule allows, a request that could take effect does not leave.
// Reads on a closed list may; of writes, only the forms listed here.
func Invariant(marker string) func(r *http.Request, body []byte, _ []string) error {
	return func(r *http.Request, body []byte, _ []string) error {
		o, err := operationOf(r, body)
		if err != nil {
			return err
		}
		if slices.Contains(readOperations(), o.name) {
			return nil
		}
		if o.name == "sts:AssumeRole" || o.name == webIdentity {
			return useless(o, marker)
		}
		wants, ok := harmless()[o.name]
		if !ok {
			return fmt.Errorf("%s is not on the list of what may be sent", o.name)
		}
		for field, want := range wants {
			got := o.fields[field]
			if want == ours && !targets.EndsInMark(got, marker) || want != ours && got != want {
				return fmt.Errorf("%s with %s %s could take effect", o.name, field, strconv.Quote(got))
			}
		}
		return nil
	}
}

// useless lets a session be made only for a short time, under the run's name,
// and under a policy that takes rights away.
func useless(o operation, marker string) error {
	policy := o.fields["Policy"]
	narrow := policy == DenyAll || policy == readOnly() ||
		strings.HasPrefix(policy, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["`) && strings.Contains(policy, `{"Effect":"Deny","NotAction":["`)
	if !narrow || o.fields["DurationSeconds"] != strconv.Itoa(Life) || !targets.IsMark(o.fields["RoleSessionName"], marker) {
		return fmt.Errorf("%s would make a session that can do something", o.name)
	}
	return nil
}

// ours stands for a name that ends in the run's marker, so that nothing can
// bear it already.
const ours = "\x00"

// harmless lists the writes that cannot take effect, and what makes each of
// them fail: the fields and the values that they must have.
func harmless() map[string]map[string]string {
	dryRun := map[string]string{"DryRun": "true"}
	return map[string]map[string]string{
		"iam:CreateRole":                     {"AssumeRolePolicyDocument": NoPolicy},
		"iam:PutRolePolicy":                  {"PolicyDocument": NoPolicy},
		"iam:UpdateAssumeRolePolicy":         {"PolicyDocument": NoPolicy},
		"iam:CreatePolicyVersion":            {"PolicyDocument": NoPolicy, "SetAsDefault": ""},
		"iam:SetDefaultPolicyVersion":        {"VersionId": "v" + NoVersion},
		"iam:AttachRolePolicy":               {"PolicyArn": ours},
		"iam:CreateAccessKey":                {"UserName": ours},
		"iam:AddUserToGroup":                 {"UserName": ours},
		"iam:DeleteRolePermissionsBoundary":  {"RoleName": ours},
		"lambda:UpdateFunctionCode":          {"DryRun": "true"},
		"lambda:UpdateFunctionConfiguration": {"RevisionId": NoRevision},
		"ecs:UpdateService":                  {"taskDefinition": ours},
		"ecs:RegisterTaskDefinition":         {"family": ours, "cpu": "256", "memory": "1", "requiresCompatibilities": `["FARGATE"]`},
		"codepipeline:PutApprovalResult":     {"token": NoRevision, "result.status": "Rejected"},
		"codepipeline:UpdatePipeline":        {"pipeline.stages": "[]"},
		"codedeploy:CreateDeployment":        {"deploymentConfigName": ours},
		"codebuild:StartBuild":               {"projectName": ours},
		"cloudformation:CreateChangeSet":     {"ChangeSetName": ours, "TemplateBody": NoPolicy, "ChangeSetType": "UPDATE"},
		"cloudformation:ExecuteChangeSet":    {"ChangeSetName": ours},
		"ecr:InitiateLayerUpload":            {},
		"ecr:PutImage":                       {"imageManifest": NoPolicy},
		"s3:PutObject":                       {"If-Match": NoETag},
		"s3:PutBucketPolicy":                 {"body": NoPolicy},
		"ssm:SendCommand":                    {"InstanceIds": `["` + NoInstance + `"]`, "Targets": ""},
		"ssm:StartSession":                   {"Target": NoInstance},
		"ssm:PutParameter":                   {"Overwrite": "false", "Value": NoValue, "AllowedPattern": NoPattern},
		"ec2:RunInstances":                   dryRun,
		"ec2:ModifyInstanceAttribute":        dryRun,
		"ec2:AuthorizeSecurityGroupIngress":  dryRun,
		"ec2:CreateLaunchTemplateVersion":    dryRun,
		"eks:CreateAccessEntry":              {"kubernetesGroups": `["` + NoGroup + `"]`},
		"cloudtrail:StopLogging":             {"Name": ours},
		"kms:PutKeyPolicy":                   {"Policy": NoPolicy},
		"organizations:AttachPolicy":         {"PolicyId": NoPolicyID},
	}
}

// reads are the actions of IAM that state reads need.
func reads() []string {
	return []string{
		"cloudformation:DescribeStacks", "cloudtrail:GetTrailStatus", "codebuild:BatchGetProjects", "codedeploy:GetDeploymentGroup", "codepipeline:GetPipeline",
		"ec2:DescribeInstances", "ec2:DescribeLaunchTemplates", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ecr:DescribeRepositories", "ecs:DescribeServices",
		"ecs:DescribeClusters", "eks:DescribeCluster", "eks:ListAccessEntries", "iam:GetGroup", "iam:GetPolicy", "iam:GetRole", "iam:ListAttachedRolePolicies",
		"iam:ListPolicyVersions", "iam:ListRolePolicies", "kms:GetKeyPolicy", "lambda:GetFunctionConfiguration",
		"organizations:DescribeOrganization", "s3:GetBucketPolicy", "s3:GetObject", "s3:ListBucket", "ssm:DescribeDocument", "ssm:DescribeParameters",
	}
}

// readOperations are the operations that change nothing and mint nothing, by
// the names of the interfaces.
func readOperations() []string {
	out := []string{"sts:GetCallerIdentity", "s3:HeadBucket", "s3:HeadObject"}
	for _, action := range reads() {
		if action != "s3:GetObject" && action != "s3:ListBucket" { // HEAD needs these, and they read
			out = append(out, action)
		}
	}
	return out
}
