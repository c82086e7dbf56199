package aws

import "strings"

// service is where a service of AWS is asked, and how its requests are signed.
type service struct {
	host   string
	region string
	// signs is the name in its signatures, where it has another than its own.
	signs string
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
		out[name] = service{host: name + "." + region + "." + suffix, region: region}
	}
	out["ecr"] = service{host: "api.ecr." + region + "." + suffix, region: region}
	// These have one endpoint for a whole partition.
	global := map[string]map[string]service{
		"iam": {
			"aws":        {host: "iam.amazonaws.com", region: "us-east-1"},
			"aws-us-gov": {host: "iam.us-gov.amazonaws.com", region: "us-gov-west-1"},
			"aws-cn":     {host: "iam.cn-north-1.amazonaws.com.cn", region: "cn-north-1"},
		},
		"organizations": {
			"aws":        {host: "organizations.us-east-1.amazonaws.com", region: "us-east-1"},
			"aws-us-gov": {host: "organizations.us-gov-west-1.amazonaws.com", region: "us-gov-west-1"},
			"aws-cn":     {host: "organizations.cn-northwest-1.amazonaws.com.cn", region: "cn-northwest-1"},
		},
	}
	for name, in := range global {
		out[name] = in[partition]
	}
	// The toolbox has AWS's records of denials; IAM's own lie where IAM is signed
	// for (endpoint rules of the model iam-toolbox-2018-05-10).
	for name, in := range map[string]string{toolbox: region, globalToolbox: out["iam"].region} {
		out[name] = service{host: "iam-toolbox." + in + "." + suffix, region: in, signs: "iam"}
	}
	return out
}

const (
	toolbox       = "iam-toolbox"
	globalToolbox = "iam-toolbox of IAM"
)

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
