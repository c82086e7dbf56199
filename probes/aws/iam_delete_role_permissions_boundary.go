package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// IAMDeleteRolePermissionsBoundary attempts to take the boundary of a role away.
func IAMDeleteRolePermissionsBoundary() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.iam.delete-role-permissions-boundary", Title: "Take the boundary of a role away",
		Why:      "A developer who can take permissions boundaries away lifts the ceiling that was set for them.",
		Severity: probes.Critical, Fix: "Take iam:DeleteRolePermissionsBoundary on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1562", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{prefix(), name("role", "a role with a boundary, which must keep it", "prod-deploy")},
		Baseline: standing(),
		Limits:   []string{"What it names does not exist: a right that is granted for some names only may not show."},
	}, attempt{
		service: "iam", action: "iam:DeleteRolePermissionsBoundary", resource: "arn:{partition}:iam::{account}:role/{prefix}{arm}",
		rule:    form("DeleteRolePermissionsBoundary", map[string]string{"RoleName": "{prefix}{arm}"}),
		reached: []string{"code:NoSuchEntity"},
		real:    "arn:{partition}:iam::{account}:role/{role}",
		call: func(in input) call {
			return sends(
				iam.NewFromConfig,
				(*iam.Client).DeleteRolePermissionsBoundary,
				&iam.DeleteRolePermissionsBoundaryInput{RoleName: in.of("{prefix}{arm}")},
			)
		},
		state: func(in input) []targets.StateQuery { return []targets.StateQuery{theRole(in)} },
	})
}
