package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// EC2AuthorizeSecurityGroupIngress attempts to open a security group of production.
func EC2AuthorizeSecurityGroupIngress() probes.Probe {
	return complete(probes.Probe{
		ID: "aws.ec2.authorize-security-group-ingress", Title: "Open a security group of production",
		Why:      "A developer who can open security groups reaches production from anywhere.",
		Severity: probes.High, Fix: "Take ec2:AuthorizeSecurityGroupIngress on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1562.007",
		Needs:    []probes.Need{id("group", "a security group of production", "sg")},
		Baseline: standing(),
	}, probes.DryRun, attempt{
		service: "ec2", action: "ec2:AuthorizeSecurityGroupIngress", resource: "arn:{partition}:ec2:{region}:{account}:security-group/{group}",
		rule:    form("AuthorizeSecurityGroupIngress", map[string]string{"DryRun": "true", "GroupId": "{group}"}),
		reached: []string{"code:DryRunOperation"},
		call: func(in input) call {
			return dryRun(
				(*ec2.Client).AuthorizeSecurityGroupIngress,
				&ec2.AuthorizeSecurityGroupIngressInput{
					GroupId:    in.of("{group}"),
					IpProtocol: sdk.String("tcp"),
					FromPort:   sdk.Int32(443),
					ToPort:     sdk.Int32(443),
					CidrIp:     sdk.String("192.0.2.1/32"),
				},
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"ec2",
					"ec2:DescribeSecurityGroups",
					sends(
						ec2.NewFromConfig,
						(*ec2.Client).DescribeSecurityGroups,
						&ec2.DescribeSecurityGroupsInput{GroupIds: []string{*in.of("{group}")}},
					),
					true,
					"/securityGroupInfo/item/*/groupId",
					"/securityGroupInfo/item/*/ipPermissions",
				),
			}
		},
	})
}
