package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// EC2ModifyInstanceAttribute attempts to change what an instance runs when it starts.
func EC2ModifyInstanceAttribute() probes.Probe {
	return complete(probes.Probe{
		ID: "aws.ec2.modify-instance-attribute", Title: "Change what an instance runs when it starts",
		Why:      "A developer who can write the user data of an instance runs code on it as root.",
		Severity: probes.High, Fix: "Take ec2:ModifyInstanceAttribute on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1578.005",
		Needs:    []probes.Need{id("instance", "an instance of production", "i")},
		Baseline: standing(),
	}, probes.DryRun, attempt{
		service: "ec2", action: "ec2:ModifyInstanceAttribute", resource: "arn:{partition}:ec2:{region}:{account}:instance/{instance}",
		rule:    form("ModifyInstanceAttribute", map[string]string{"DryRun": "true", "InstanceId": "{instance}"}),
		reached: []string{"code:DryRunOperation"},
		call: func(in input) call {
			return dryRun(
				(*ec2.Client).ModifyInstanceAttribute,
				&ec2.ModifyInstanceAttributeInput{
					InstanceId: in.of("{instance}"),
					UserData:   &ec2types.SecureBlobAttributeValue{Value: []byte(aws.Anything)},
				},
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"ec2",
					"ec2:DescribeInstances",
					sends(ec2.NewFromConfig, (*ec2.Client).DescribeInstances, &ec2.DescribeInstancesInput{InstanceIds: []string{*in.of("{instance}")}}),
					true,
					"/reservationSet/item/instancesSet/item/*/instanceId",
					"/reservationSet/item/instancesSet/item/*/imageId",
				),
			}
		},
	})
}
