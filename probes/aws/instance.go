package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sodprobe/sodprobe/probes"
)

// instanceType is the size of an instance that is asked for: rights are often
// granted for some alone.
func instanceType() probes.Need {
	n := name("type", "the type of instance that the right to this demands", "m7i.large")
	n.Default = string(ec2types.InstanceTypeT3Micro)
	return n
}

// instance is the request for one instance, with all that rights to start some
// commonly demand: version 2 of the metadata service, a type, tags.
func (in input) instance() *ec2.RunInstancesInput {
	out := &ec2.RunInstancesInput{
		ImageId: in.of("{image}"), SubnetId: in.of("{subnet}"), InstanceType: ec2types.InstanceType(*in.of("{type}")),
		MinCount: sdk.Int32(1), MaxCount: sdk.Int32(1), ClientToken: in.of("{arm}"),
		MetadataOptions: &ec2types.InstanceMetadataOptionsRequest{HttpTokens: ec2types.HttpTokensStateRequired},
	}
	if labels := in.labels(); labels != nil {
		spec := ec2types.TagSpecification{ResourceType: ec2types.ResourceTypeInstance}
		for _, l := range labels {
			spec.Tags = append(spec.Tags, ec2types.Tag{Key: &l[0], Value: &l[1]})
		}
		out.TagSpecifications = []ec2types.TagSpecification{spec}
	}
	return out
}
