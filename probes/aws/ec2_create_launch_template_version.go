package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// EC2CreateLaunchTemplateVersion attempts to write a version of a launch template.
func EC2CreateLaunchTemplateVersion() probes.Probe {
	return complete(probes.Probe{
		ID: "aws.ec2.create-launch-template-version", Title: "Write a version of a launch template",
		Why:      "A developer who can write versions of a launch template chooses what the next instances run.",
		Severity: probes.High, Fix: "Take ec2:CreateLaunchTemplateVersion on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1578.005",
		Needs:    []probes.Need{id("template", "a launch template of production", "lt")},
		Baseline: standing(),
	}, probes.DryRun, attempt{
		service: "ec2", action: "ec2:CreateLaunchTemplateVersion", resource: "arn:{partition}:ec2:{region}:{account}:launch-template/{template}",
		rule:    form("CreateLaunchTemplateVersion", map[string]string{"DryRun": "true", "LaunchTemplateId": "{template}"}),
		reached: []string{"code:DryRunOperation"},
		call: func(in input) call {
			return dryRun(
				(*ec2.Client).CreateLaunchTemplateVersion,
				&ec2.CreateLaunchTemplateVersionInput{
					LaunchTemplateId:   in.of("{template}"),
					ClientToken:        in.of("{arm}"),
					LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: ec2types.InstanceTypeT3Micro},
				},
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"ec2",
					"ec2:DescribeLaunchTemplates",
					sends(
						ec2.NewFromConfig,
						(*ec2.Client).DescribeLaunchTemplates,
						&ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{*in.of("{template}")}},
					),
					true,
					"/launchTemplates/item/*/launchTemplateId",
					"/launchTemplates/item/*/latestVersionNumber",
					"/launchTemplates/item/*/defaultVersionNumber",
				),
			}
		},
	})
}
