package aws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// What makes a request defeat itself. None can stand for a real thing.
const (
	// NoDocument is no policy document for two reasons: its version and its
	// effect are none (IAM user guide, "IAM JSON policy elements reference").
	NoDocument = `{"Version":"1999-01-01","Statement":[{"Effect":"Perhaps","Action":"*","Resource":"*"}]}`
	// NoPolicy is JSON, and no policy of a bucket and no template.
	NoPolicy = "{}"
	// NoETag is a quoted ETag that no object has.
	NoETag = `"00000000000000000000000000000000"`
	// NoDigest is the Content-MD5 of nothing that is sent.
	NoDigest = "AAAAAAAAAAAAAAAAAAAAAA=="
	// NoImage is the digest of no manifest.
	NoImage = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	// NoHash is the SHA-256 of no document of SSM.
	NoHash = "0000000000000000000000000000000000000000000000000000000000000000"
	// NoRevision is no revision of a function, and no token of an approval.
	NoRevision = "00000000-0000-0000-0000-000000000000"
	// NoVersion is a version that nothing reaches.
	NoVersion = "2147483647"
	// NoInstance is no id of an instance: they are never all zeros.
	NoInstance = "i-00000000000000000"
	// NoGroup is a group of Kubernetes that EKS lets nobody name.
	NoGroup = "system:sodprobe"
	// NoPattern is a pattern that no value fits.
	NoPattern = "^never$"
	// NoChoice is none of the words that a field may have.
	NoChoice = "SODPROBE"
	// NoParameter is a parameter that nothing declares.
	NoParameter = "sodprobe"
	// ServicePolicy is a policy that AWS attaches to the roles of its services
	// alone (PolicyNotAttachable).
	ServicePolicy = "policy/aws-service-role/AWSSupportServiceRolePolicy"
	// Anything is a body whose content is of no account.
	Anything = "sodprobe"
	// LongestSummary is how many letters the answer to an approval may have (API
	// reference of CodePipeline).
	LongestSummary = 512
	// LongestValue is how many a parameter's value may have (API reference of
	// Systems Manager).
	LongestValue = 8192
)

// TooLong is a text of one letter more than may be, which ends in a name.
func TooLong(most int, name string) string {
	return strings.Repeat("x", max(0, most+1-len(name))) + name
}

// poison is one reason why a write cannot take effect, as it stands on the
// wire: what each of its fields has to be.
type poison map[string]func(value, marker string) bool

func is(want string) func(value, marker string) bool {
	return func(value, _ string) bool { return value == want }
}

func ends(suffix string) func(value, marker string) bool {
	return func(value, _ string) bool { return strings.HasSuffix(value, suffix) }
}

// bears wants a name that ends in the run's marker, so that nothing can bear it
// already.
func bears(value, marker string) bool { return targets.EndsInMark(value, marker) }

// executed stands before the marker in the name of a change set that is executed:
// those that an arm would create have another there, so that no arm executes what
// another one made.
const executed = "x-"

// bearsAfter wants such a name with a word of its own before the marker.
func bearsAfter(word string) func(value, marker string) bool {
	return func(value, marker string) bool {
		before, _, found := strings.Cut(value, marker)
		return found && strings.HasSuffix(before, word) && bears(value, marker)
	}
}

func longer(than int) func(value, marker string) bool {
	return func(value, _ string) bool { return len(value) > than }
}

// twice wants a list in which one name appears twice.
func twice(name string) func(value, marker string) bool {
	return func(value, _ string) bool { return strings.Count(value, strconv.Quote(name)) == 2 }
}

// poisons lists the writes that cannot take effect, and the reasons, each of
// which is enough. It is independent of what the probes build: the guard holds
// every request against all of them.
func poisons() map[string][]poison {
	dryRun := []poison{{"DryRun": is("true")}} // the service's own
	return map[string][]poison{
		"iam:CreateRole":                     {{"AssumeRolePolicyDocument": is(NoDocument)}}, // and the name is taken
		"iam:PutRolePolicy":                  {{"PolicyDocument": is(NoDocument)}},
		"iam:UpdateAssumeRolePolicy":         {{"PolicyDocument": is(NoDocument)}},
		"iam:CreatePolicyVersion":            {{"PolicyDocument": is(NoDocument)}},
		"iam:SetDefaultPolicyVersion":        {{"VersionId": is("v" + NoVersion)}},
		"iam:AttachRolePolicy":               {{"PolicyArn": ends("::aws:" + ServicePolicy)}},
		"iam:CreateAccessKey":                {{"UserName": bears}},
		"iam:AddUserToGroup":                 {{"UserName": bears}},
		"iam:DeleteRolePermissionsBoundary":  {{"RoleName": bears}},
		"lambda:UpdateFunctionCode":          {{"DryRun": is("true")}, {"RevisionId": is(NoRevision)}},
		"lambda:UpdateFunctionConfiguration": {{"RevisionId": is(NoRevision)}, {"DeadLetterConfig.TargetArn": bears}},
		"ecs:UpdateService": {
			{"taskDefinition": ends(":" + NoVersion)},
			{"deploymentConfiguration.maximumPercent": is("50"), "deploymentConfiguration.minimumHealthyPercent": is("100")},
		},
		"ecs:RegisterTaskDefinition": {
			{"networkMode": is("bridge"), "requiresCompatibilities": is(`["FARGATE"]`)},
			{"containerDefinitions": twice(NoParameter)},
		},
		"codepipeline:PutApprovalResult":    {{"token": is(NoRevision)}, {"result.summary": longer(LongestSummary)}},
		"codepipeline:UpdatePipeline":       {{"pipeline.stages": is("[]")}, {"pipeline.executionMode": is(NoChoice)}},
		"codedeploy:CreateDeployment":       {{"fileExistsBehavior": is(NoChoice)}}, // and no revision is named
		"codebuild:StartBuild":              {{"timeoutInMinutesOverride": is("1")}, {"queuedTimeoutInMinutesOverride": is("1")}},
		"cloudformation:CreateChangeSet":    {{"TemplateBody": is(NoPolicy)}, {"Parameters.member.1.ParameterKey": is(NoParameter)}},
		"cloudformation:ExecuteChangeSet":   {{"ChangeSetName": bearsAfter(executed)}},
		"ecr:PutImage":                      {{"imageManifest": is(NoPolicy)}, {"imageDigest": is(NoImage)}},
		"s3:PutObject":                      {{"If-Match": is(NoETag)}, {"Content-Md5": is(NoDigest)}},
		"s3:PutBucketPolicy":                {{"body": is(NoDocument)}}, // some look at the digest before authorization: versitygw does
		"ssm:SendCommand":                   {{"Parameters." + NoParameter: is(`["true"]`)}, {"DocumentHash": is(NoHash)}},
		"ssm:StartSession":                  {{"Target": is(NoInstance)}},
		"ssm:PutParameter":                  {{"Value": longer(LongestValue)}, {"AllowedPattern": is(NoPattern)}},
		"ec2:RunInstances":                  dryRun,
		"ec2:ModifyInstanceAttribute":       dryRun,
		"ec2:AuthorizeSecurityGroupIngress": dryRun,
		"ec2:CreateLaunchTemplateVersion":   dryRun,
		"eks:CreateAccessEntry":             {{"kubernetesGroups": is(`["` + NoGroup + `"]`)}}, // and the principal has one
		"cloudtrail:StopLogging":            {{"Name": bears}},
		"kms:PutKeyPolicy":                  {{"Policy": is(NoDocument)}, {"PolicyName": is(NoChoice)}},
		"organizations:UpdatePolicy":        {{"Content": is(NoDocument)}},
	}
}

// never are the fields with which a write could take effect after all.
func never() map[string][]string {
	return map[string][]string{
		"iam:CreatePolicyVersion":        {"SetAsDefault"},
		"codedeploy:CreateDeployment":    {"revision", "revision.revisionType", "deploymentConfigName", "updateOutdatedInstancesOnly"},
		"cloudformation:CreateChangeSet": {"UsePreviousTemplate", "TemplateURL"},
		"kms:PutKeyPolicy":               {"BypassPolicyLockoutSafetyCheck"},
		"ssm:SendCommand":                {"Targets"},
		"ssm:PutParameter":               {"DataType"}, // of aws:ec2:image, which is looked at later
	}
}

// poisoned refuses a write that lacks one of its reasons, or has what would
// undo them.
func poisoned(o operation, marker string) error {
	all, known := poisons()[o.name]
	if !known {
		return fmt.Errorf("%s is not on the list of what may be sent", o.name)
	}
	for _, p := range all {
		for field, holds := range p {
			if !holds(o.fields[field], marker) {
				return fmt.Errorf("%s with %s %s could take effect", o.name, field, strconv.Quote(short(o.fields[field])))
			}
		}
	}
	for field := range o.fields {
		if slices.ContainsFunc(never()[o.name], func(no string) bool { return field == no || strings.HasPrefix(field, no+".") }) {
			return fmt.Errorf("%s with %s could take effect", o.name, field)
		}
	}
	return nil
}

// short is a text as an error shows it.
func short(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
