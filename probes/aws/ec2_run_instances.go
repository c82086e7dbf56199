package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sodprobe/sodprobe/probes"
)

// EC2RunInstances attempts to start an instance in the network of production.
func EC2RunInstances() probes.Probe {
	return complete(probes.Probe{
		ID: "aws.ec2.run-instances", Title: "Start an instance in the network of production",
		Why:      "A developer who can start instances runs anything beside production.",
		Attack:   "T1578.002",
		Alters:   []string{"aws:RequestTag", "ec2:InstanceType", "ec2:MetadataHttpTokens"},
		Needs:    []probes.Need{id("image", "an image that exists", "ami"), id("subnet", "a subnet of production", "subnet")},
		Baseline: standing(),
	}, probes.DryRun, attempt{
		service: "ec2", action: "ec2:RunInstances", resource: "arn:{partition}:ec2:*",
		rule:    form("RunInstances", map[string]string{"DryRun": "true", "SubnetId": "{subnet}"}),
		reached: []string{"code:DryRunOperation"},
		call: func(in input) call {
			return dryRun((*ec2.Client).RunInstances, &ec2.RunInstancesInput{
				ImageId: in.of(
					"{image}",
				),
				SubnetId:     in.of("{subnet}"),
				InstanceType: ec2types.InstanceTypeT3Micro,
				MinCount:     sdk.Int32(1),
				MaxCount:     sdk.Int32(1),
				ClientToken:  in.of("{arm}"),
			})
		},
		state: subnet,
	})
}
