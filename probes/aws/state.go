package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// reads is one read of state.
func reads(in input, service, action string, c call, exists bool, fields ...string) targets.StateQuery {
	r := aws.Wire(service, in.Scope, c)
	r.Action, r.Scope = action, in.Scope
	return targets.StateQuery{Request: r, Fields: fields, MustExist: exists}
}

// role reads a role and what is attached to it.
func role(in input) []targets.StateQuery {
	const list = "/ListRolePoliciesResult/PolicyNames/member/*"
	return []targets.StateQuery{
		theRole(in),
		reads(
			in,
			"iam",
			"iam:ListRolePolicies",
			sends(iam.NewFromConfig, (*iam.Client).ListRolePolicies, &iam.ListRolePoliciesInput{RoleName: in.of("{role}")}),
			false,
			list,
		),
		reads(
			in,
			"iam",
			"iam:ListAttachedRolePolicies",
			sends(iam.NewFromConfig, (*iam.Client).ListAttachedRolePolicies, &iam.ListAttachedRolePoliciesInput{RoleName: in.of("{role}")}),
			false,
			"/ListAttachedRolePoliciesResult/AttachedPolicies/member/*/PolicyArn",
		),
	}
}

// theRole reads a role alone, which has to have the ARN that the rules are asked
// about: a name alone leaves the path out.
func theRole(in input) targets.StateQuery {
	const at = "/GetRoleResult/Role/"
	q := reads(in, "iam", "iam:GetRole", sends(iam.NewFromConfig, (*iam.Client).GetRole, &iam.GetRoleInput{RoleName: in.of("{role}")}),
		true, at+"RoleId", at+"AssumeRolePolicyDocument", at+"PermissionsBoundary/PermissionsBoundaryArn", at+"MaxSessionDuration")
	q.Whose = map[string]string{at + "Arn": *in.of("arn:{partition}:iam::{account}:role/{role}")}
	return q
}

// theUser reads a user, who has to have the ARN that the rules are asked about: a
// name alone leaves the path out.
func theUser(in input) targets.StateQuery {
	const at = "/GetUserResult/User/"
	q := reads(in, "iam", "iam:GetUser", sends(iam.NewFromConfig, (*iam.Client).GetUser, &iam.GetUserInput{UserName: in.of("{user}")}),
		true, at+"UserId", at+"PermissionsBoundary/PermissionsBoundaryArn")
	q.Whose = map[string]string{at + "Arn": *in.of("arn:{partition}:iam::{account}:user/{user}")}
	return q
}

// managedPolicy reads a customer's policy and its versions.
func managedPolicy(in input) []targets.StateQuery {
	arn := in.of("arn:{partition}:iam::{account}:policy/{policy}")
	const at, list = "/GetPolicyResult/Policy/", "/ListPolicyVersionsResult/Versions/member/*/"
	return []targets.StateQuery{
		reads(
			in,
			"iam",
			"iam:GetPolicy",
			sends(iam.NewFromConfig, (*iam.Client).GetPolicy, &iam.GetPolicyInput{PolicyArn: arn}),
			true,
			at+"PolicyId",
			at+"DefaultVersionId",
		),
		reads(
			in,
			"iam",
			"iam:ListPolicyVersions",
			sends(iam.NewFromConfig, (*iam.Client).ListPolicyVersions, &iam.ListPolicyVersionsInput{PolicyArn: arn}),
			false,
			list+"VersionId",
			list+"IsDefaultVersion",
		),
	}
}

// object reads the version of an object, as its headers say it.
func object(in input) targets.StateQuery { return theObject(in, in.of("{bucket}"), in.of("{key}")) }

func theObject(in input, bucket, key *string) targets.StateQuery {
	return reads(
		in,
		"s3",
		"s3:GetObject",
		sends(s3.NewFromConfig, (*s3.Client).HeadObject, &s3.HeadObjectInput{Bucket: bucket, Key: key}, pathStyle),
		true,
		"/Etag",
		"/X-Amz-Version-Id",
	)
}

// function reads a function of Lambda.
func function(in input) []targets.StateQuery {
	return []targets.StateQuery{
		reads(in, "lambda", "lambda:GetFunctionConfiguration", sends(lambda.NewFromConfig, (*lambda.Client).GetFunctionConfiguration,
			&lambda.GetFunctionConfigurationInput{FunctionName: in.of("{function}")}), true, "/FunctionArn", "/CodeSha256", "/RevisionId"),
	}
}

// service reads a service of ECS, which has to run the family that the request
// names: of another, a condition on the task definition would decide otherwise.
func service(in input) []targets.StateQuery {
	const at = "/services/*/"
	q := reads(in, "ecs", "ecs:DescribeServices", sends(
		ecs.NewFromConfig,
		(*ecs.Client).DescribeServices,
		&ecs.DescribeServicesInput{
			Cluster:  in.of("{cluster}"),
			Services: []string{*in.of("{service}")},
		},
	), true, at+"serviceArn", at+"taskDefinition", at+"desiredCount")
	q.Whose = map[string]string{
		at + "taskDefinition": *in.of("arn:{partition}:ecs:{region}:{account}:task-definition/{family}:*"),
	}
	return append(cluster(in), q)
}

// cluster reads a cluster of ECS.
func cluster(in input) []targets.StateQuery {
	return []targets.StateQuery{reads(in, "ecs", "ecs:DescribeClusters", sends(ecs.NewFromConfig, (*ecs.Client).DescribeClusters,
		&ecs.DescribeClustersInput{Clusters: []string{*in.of("{cluster}")}}), true, "/clusters/*/clusterArn")}
}

// ownPipeline reads a pipeline that has the role which the request names: with
// another, iam:PassRole would decide in its place.
func ownPipeline(in input) []targets.StateQuery {
	all := pipeline(in)
	all[0].Whose = map[string]string{"/pipeline/roleArn": *in.of("arn:{partition}:iam::{account}:role/{role}")}
	return all
}

// pipeline reads a pipeline; its version counts its changes.
func pipeline(in input) []targets.StateQuery {
	return []targets.StateQuery{
		reads(in, "codepipeline", "codepipeline:GetPipeline", sends(codepipeline.NewFromConfig, (*codepipeline.Client).GetPipeline,
			&codepipeline.GetPipelineInput{Name: in.of("{pipeline}")}), true, "/pipeline/name", "/pipeline/version", "/metadata/updated"),
	}
}

// stack reads a stack; the id of its last change set follows it.
func stack(in input) []targets.StateQuery {
	const at = "/DescribeStacksResult/Stacks/member/*/"
	return []targets.StateQuery{
		reads(in, "cloudformation", "cloudformation:DescribeStacks", sends(cloudformation.NewFromConfig, (*cloudformation.Client).DescribeStacks,
			&cloudformation.DescribeStacksInput{StackName: in.of("{stack}")}), true, at+"StackId", at+"ChangeSetId", at+"LastUpdatedTime"),
	}
}

// repository reads a repository of images.
func repository(in input) []targets.StateQuery {
	return []targets.StateQuery{reads(in, "ecr", "ecr:DescribeRepositories", sends(
		ecr.NewFromConfig,
		(*ecr.Client).DescribeRepositories,
		&ecr.DescribeRepositoriesInput{
			RepositoryNames: []string{*in.of("{repository}")},
		},
	), true, "/repositories/*/repositoryArn", "/repositories/*/imageTagMutability")}
}

// document reads a document of SSM.
func document(in input) []targets.StateQuery {
	return []targets.StateQuery{reads(in, "ssm", "ssm:DescribeDocument", sends(ssm.NewFromConfig, (*ssm.Client).DescribeDocument,
		&ssm.DescribeDocumentInput{Name: in.of("{document}")}), true, "/Document/Name", "/Document/Hash")}
}

// parameter reads a parameter's version, and not its value.
func parameter(in input) []targets.StateQuery {
	return []targets.StateQuery{reads(in, "ssm", "ssm:DescribeParameters", sends(
		ssm.NewFromConfig,
		(*ssm.Client).DescribeParameters,
		&ssm.DescribeParametersInput{
			ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: sdk.String("Name"), Values: []string{*in.of("/{parameter}")}}},
		},
	),
		true, "/Parameters/*/Name", "/Parameters/*/Version", "/Parameters/*/LastModifiedDate")}
}

// theInstance reads an instance.
func theInstance(in input) targets.StateQuery {
	return reads(
		in,
		"ec2",
		"ec2:DescribeInstances",
		sends(ec2.NewFromConfig, (*ec2.Client).DescribeInstances, &ec2.DescribeInstancesInput{InstanceIds: []string{*in.of("{instance}")}}),
		true,
		"/reservationSet/item/instancesSet/item/*/instanceId",
		"/reservationSet/item/instancesSet/item/*/imageId",
	)
}

// subnet reads a subnet.
func subnet(in input) []targets.StateQuery {
	return []targets.StateQuery{reads(in, "ec2", "ec2:DescribeSubnets", sends(ec2.NewFromConfig, (*ec2.Client).DescribeSubnets,
		&ec2.DescribeSubnetsInput{SubnetIds: []string{*in.of("{subnet}")}}), true, "/subnetSet/item/*/subnetId")}
}
