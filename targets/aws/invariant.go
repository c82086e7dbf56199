package aws

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Invariant is the adapter's last word to the guard, for a run's marker:
// whatever a rule allows, a request that could take effect does not leave.
// Reads on a closed list may; of writes, only the forms listed here.
func Invariant(marker string, sessions ...string) func(r *http.Request, body []byte, _ []string) error {
	return func(r *http.Request, body []byte, _ []string) error {
		o, err := operationOf(r, body)
		if err != nil {
			return err
		}
		if slices.Contains(readOperations(), o.name) {
			return nil
		}
		if o.name == "sts:AssumeRole" || o.name == webIdentity {
			return useless(o, marker, sessions)
		}
		return poisoned(o, marker)
	}
}

// useless lets a session be made only for a short time, under the run's name or
// one that the scenario says, and under a policy that takes rights away.
func useless(o operation, marker string, sessions []string) error {
	policy := o.fields["Policy"]
	narrow := policy == DenyAll || policy == readOnly() ||
		strings.HasPrefix(policy, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["`) &&
			strings.Contains(policy, `{"Effect":"Deny","NotAction":["`)
	if !narrow || o.fields["DurationSeconds"] != strconv.Itoa(Life) ||
		!targets.IsMark(o.fields["RoleSessionName"], marker) && !slices.Contains(sessions, o.fields["RoleSessionName"]) {
		return fmt.Errorf("%s would make a session that can do something", o.name)
	}
	return nil
}

// reads are the actions of IAM that state reads need.
func reads() []string {
	return []string{
		"cloudformation:DescribeStacks",
		"cloudtrail:GetTrailStatus",
		"codebuild:BatchGetProjects",
		"codedeploy:GetDeploymentGroup",
		"codepipeline:GetPipeline",
		"ec2:DescribeInstances",
		"ec2:DescribeLaunchTemplates",
		"ec2:DescribeSecurityGroups",
		"ec2:DescribeSubnets",
		"ecr:DescribeRepositories",
		"ecs:DescribeServices",
		"ecs:DescribeClusters",
		"eks:DescribeCluster",
		"eks:ListAccessEntries",
		"iam:GetContextKeysForPrincipalPolicy",
		"iam:GetGroup",
		"iam:GetPolicy",
		recordOperation,
		"iam:GetRole",
		"iam:GetUser",
		"iam:ListAttachedRolePolicies",
		"iam:ListPolicyVersions",
		"iam:ListRolePolicies",
		"iam:SimulatePrincipalPolicy",
		"kms:GetKeyPolicy",
		"lambda:GetFunctionConfiguration",
		"organizations:DescribeOrganization",
		"organizations:DescribePolicy",
		"s3:GetBucketPolicy",
		"s3:GetObject",
		"s3:ListBucket",
		"ssm:DescribeDocument",
		"ssm:DescribeParameters",
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
