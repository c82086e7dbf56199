package aws

import (
	"strconv"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/template"
)

// STSAssumeRoleWithWebIdentity attempts to assume the deploying role with the token of a developer's pipeline.
func STSAssumeRoleWithWebIdentity() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.sts.assume-role-with-web-identity", Title: "Assume the deploying role with the token of a developer's pipeline",
		Why:      "A developer who can take the deploying role from a branch of their own deploys without review.",
		Severity: probes.Critical, Fix: "Let the trust policy of the production role name the protected branch or environment in its condition on the subject (sub).",
		Attack: "T1078.004", Controls: probes.PrivilegeControls(),
		Alters:   []string{"sts:RoleSessionName"},
		Needs:    []probes.Need{name("role", "the role that deploys to production, without a path", "prod-deploy")},
		Baseline: standing(),
		Requires: targets.Requirements{aws.WithWebIdentity()},
		Limits:   []string{"The request bears a token and no session: its negative arm is a token that nobody trusts."},
	}, attempt{
		service:  "sts",
		action:   "sts:AssumeRoleWithWebIdentity",
		resource: "arn:{partition}:iam::{account}:role/{role}",
		rule: form(
			"AssumeRoleWithWebIdentity",
			map[string]string{
				"RoleArn":         "arn:{partition}:iam::{account}:role/{role}",
				"RoleSessionName": "{arm}",
				"DurationSeconds": strconv.Itoa(aws.Life),
				"Policy":          template.Literal(aws.DenyAll),
			},
		),
		reached: []string{"status:200"},
		call: func(in input) call {
			return sends(
				sts.NewFromConfig,
				(*sts.Client).AssumeRoleWithWebIdentity,
				&sts.AssumeRoleWithWebIdentityInput{
					RoleArn:          in.of("arn:{partition}:iam::{account}:role/{role}"),
					RoleSessionName:  in.of("{arm}"),
					WebIdentityToken: sdk.String(aws.TokenHere),
					DurationSeconds:  sdk.Int32(aws.Life),
					Policy:           sdk.String(aws.DenyAll),
				},
			)
		},
		state: role,
	})
}
