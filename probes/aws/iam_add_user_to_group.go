package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// IAMAddUserToGroup attempts to add a user to a privileged group.
func IAMAddUserToGroup() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.add-user-to-group", Title: "Add a user to a privileged group",
		Why:      "A developer who can add users to groups gives a second user the rights that they lack.",
		Severity: probes.Critical, Fix: "Take iam:AddUserToGroup on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{name("group", "a group with rights over production", "administrators"), prefix()},
		Baseline: standing(),
	}, attempt{
		service: "iam", action: "iam:AddUserToGroup", resource: "arn:{partition}:iam::{account}:group/{group}",
		rule:    form("AddUserToGroup", map[string]string{"GroupName": "{group}", "UserName": "{prefix}{arm}"}),
		reached: []string{"code:NoSuchEntity"},
		call: func(in input) call {
			return sends(
				iam.NewFromConfig,
				(*iam.Client).AddUserToGroup,
				&iam.AddUserToGroupInput{GroupName: in.of("{group}"), UserName: in.of("{prefix}{arm}")},
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"iam",
					"iam:GetGroup",
					sends(iam.NewFromConfig, (*iam.Client).GetGroup, &iam.GetGroupInput{GroupName: in.of("{group}")}),
					true,
					"/GetGroupResult/Group/GroupId",
					"/GetGroupResult/Users/member/*/UserName",
				),
			}
		},
	})
}
