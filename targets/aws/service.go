package aws

import "strings"

// service is where a service of AWS is asked, and how its requests are signed.
type service struct {
	host   string
	region string
}

// services returns every service that a probe asks, by the name in
// signatures. The hosts are those of the public endpoints; a test compares
// them with the SDK's own resolution.
func services(partition, region string) map[string]service {
	suffix := map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}[partition]
	out := map[string]service{}
	for _, name := range []string{
		"cloudformation", "cloudtrail", "codebuild", "codedeploy", "codepipeline", "ec2", "ecs", "eks", "kms", "lambda", "s3", "ssm", "sts",
	} {
		out[name] = service{name + "." + region + "." + suffix, region}
	}
	out["ecr"] = service{"api.ecr." + region + "." + suffix, region}
	// These have one endpoint for a whole partition.
	global := map[string]map[string]service{
		"iam": {
			"aws": {"iam.amazonaws.com", "us-east-1"}, "aws-us-gov": {"iam.us-gov.amazonaws.com", "us-gov-west-1"},
			"aws-cn": {"iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		},
		"organizations": {
			"aws": {
				"organizations.us-east-1.amazonaws.com",
				"us-east-1",
			},
			"aws-us-gov": {"organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
			"aws-cn":     {"organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
		},
	}
	for name, in := range global {
		out[name] = in[partition]
	}
	return out
}

// hosts are the authorities of the services; an endpoint of the scenario
// stands for all of them.
func hosts(all map[string]service, endpoint string) map[string]string {
	out := map[string]string{}
	for name, s := range all {
		out[name] = s.host
		if endpoint != "" {
			out[name] = strings.TrimPrefix(endpoint, "https://")
		}
	}
	return out
}
