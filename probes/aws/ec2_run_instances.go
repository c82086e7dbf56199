package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sodprobe/sodprobe/probes"
)

// EC2RunInstances attempts to start an instance in the network of production.
func EC2RunInstances() probes.Probe {
	return complete(probes.Probe{
		ID: "aws.ec2.run-instances", Title: "Start an instance in the network of production",
		Why:      "A developer who can start instances runs anything beside production.",
		Severity: probes.High, Fix: "Take ec2:RunInstances on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:  "T1578.002",
		Alters:  []string{"aws:RequestTag", "aws:TagKeys", "ec2:InstanceType"},
		Carries: map[string]string{"aws:RequestTag": "tags", "aws:TagKeys": "tags", "ec2:InstanceType": "type"},
		Bears:   []string{"ec2:AvailabilityZone", "ec2:Subnet", "ec2:SubnetID", "ec2:Vpc"}, // of the subnet itself
		Needs: []probes.Need{
			id("image", "an image that exists", "ami"), id("subnet", "a subnet of production", "subnet"), tags(), instanceType(),
		},
		Baseline: standing(),
	}, probes.DryRun, attempt{
		service: "ec2", action: "ec2:RunInstances", resource: "arn:{partition}:ec2:{region}:{account}:*", // an image is nobody's account's
		asks:    "arn:{partition}:ec2:{region}:{account}:subnet/{subnet}",
		labels:  "ec2:CreateTags",
		rule:    form("RunInstances", map[string]string{"DryRun": "true", "SubnetId": "{subnet}"}),
		reached: []string{"code:DryRunOperation"},
		call: func(in input) call {
			return dryRun((*ec2.Client).RunInstances, in.instance())
		},
		state: subnet,
	})
}
