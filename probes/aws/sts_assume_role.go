package aws

import (
	"strconv"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/template"
)

// STSAssumeRole attempts to assume the role that deploys to production.
func STSAssumeRole() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.sts.assume-role", Title: "Assume the role that deploys to production",
		Why:      "A developer who can assume the deploying role is the pipeline.",
		Severity: probes.Critical, Fix: "Take the developers out of the trust policy of the production role, and out of every policy that allows sts:AssumeRole on it.",
		Attack: "T1078.004", Controls: probes.PrivilegeControls(),
		Alters: []string{
			"sts:RoleSessionName", "sts:ExternalId", "sts:SourceIdentity", "sts:TransitiveTagKeys", "aws:RequestTag", "aws:TagKeys",
		},
		Needs:    []probes.Need{name("role", "the role that deploys to production, without a path", "prod-deploy")},
		Baseline: standing(),
		Limits:   []string{"The credentials that are given may do nothing, live 900 seconds, and are dropped."},
	}, attempt{
		service:  "sts",
		action:   "sts:AssumeRole",
		resource: "arn:{partition}:iam::{account}:role/{role}",
		rule: form(
			"AssumeRole",
			map[string]string{
				"RoleArn":         "arn:{partition}:iam::{account}:role/{role}",
				"DurationSeconds": strconv.Itoa(aws.Life),
				"Policy":          template.Literal(aws.DenyAll),
			},
		),
		reached: []string{"status:200"},
		call: func(in input) call {
			return sends(
				sts.NewFromConfig,
				(*sts.Client).AssumeRole,
				&sts.AssumeRoleInput{
					RoleArn:         in.of("arn:{partition}:iam::{account}:role/{role}"),
					RoleSessionName: in.of("{arm}"), // or the sessionName of whoever asks
					DurationSeconds: sdk.Int32(aws.Life),
					Policy:          sdk.String(aws.DenyAll),
				},
			)
		},
		state: role,
	})
}
