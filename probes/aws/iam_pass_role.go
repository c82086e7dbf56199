package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// IAMPassRole attempts to pass a role of production to an instance.
func IAMPassRole() probes.Probe {
	return complete(probes.Probe{
		ID:       "aws.iam.pass-role",
		Title:    "Pass a role of production to an instance",
		Why:      "A developer who can pass the role of production has whatever they start act with it.",
		Severity: probes.Critical, Fix: "Take iam:PassRole on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1548.005",
		Controls: probes.PrivilegeControls(),
		Alters:   []string{"aws:RequestTag", "aws:TagKeys", "ec2:InstanceType"},
		Carries:  map[string]string{"aws:RequestTag": "tags", "aws:TagKeys": "tags", "ec2:InstanceType": "type"},
		Needs: []probes.Need{
			id("image", "an image that exists", "ami"),
			usable(id("subnet", "a subnet in which the developers may start instances", "subnet")),
			name("profile", "the instance profile of production", "prod-app"),
			name("role", "the role in it, without a path", "prod-app"), tags(), instanceType(),
		},
		Baseline: standing(),
		Limits: []string{
			"Where starting instances is refused itself, the passing of the role is not decided, and the attempt is Inconclusive.",
		},
	}, probes.DryRun, attempt{
		service: "ec2", action: "iam:PassRole", resource: "arn:{partition}:iam::{account}:role/{role}",
		dependents: []string{"ec2:RunInstances"},
		labels:     "ec2:CreateTags",
		rule:       form("RunInstances", map[string]string{"DryRun": "true", "SubnetId": "{subnet}", "IamInstanceProfile.Name": "{profile}"}),
		reached:    []string{"code:DryRunOperation"},
		call: func(in input) call {
			instance := in.instance()
			instance.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: in.of("{profile}")}
			return dryRun((*ec2.Client).RunInstances, instance)
		},
		state: func(in input) []targets.StateQuery { return append(subnet(in), theRole(in)) },
	})
}
