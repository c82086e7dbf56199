package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// IAMCreateAccessKey attempts to create an access key for a user.
func IAMCreateAccessKey() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.iam.create-access-key",
		Title:    "Create an access key for a user",
		Why:      "A developer who can create access keys acts as other users.",
		Severity: probes.Critical, Fix: "Take iam:CreateAccessKey on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1098.001",
		Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{
			prefix(),
			name("user", "a user with rights over production, without a path, of whom the rules are asked", "prod-operator"),
		},
		Baseline: standing(),
		Limits:   []string{"What it names does not exist: a right that is granted for some names only may not show."},
	}, attempt{
		service: "iam", action: "iam:CreateAccessKey", resource: "arn:{partition}:iam::{account}:user/{prefix}{arm}",
		rule:    form("CreateAccessKey", map[string]string{"UserName": "{prefix}{arm}"}),
		reached: []string{"code:NoSuchEntity"},
		real:    "arn:{partition}:iam::{account}:user/{user}",
		call: func(in input) call {
			return sends(iam.NewFromConfig, (*iam.Client).CreateAccessKey, &iam.CreateAccessKeyInput{UserName: in.of("{prefix}{arm}")})
		},
		state: func(in input) []targets.StateQuery { return []targets.StateQuery{theUser(in)} },
	})
}
