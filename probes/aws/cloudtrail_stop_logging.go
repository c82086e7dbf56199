package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// CloudTrailStopLogging attempts to stop the log of the account.
func CloudTrailStopLogging() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.cloudtrail.stop-logging", Title: "Stop the log of the account",
		Why:      "A developer who can stop the log hides what they do afterwards.",
		Severity: probes.Critical, Fix: "Take cloudtrail:StopLogging on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1562.008", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{prefix(), name("trail", "the trail that must go on", "organization")},
		Baseline: standing(),
		Limits:   []string{"What it names does not exist: a right that is granted for some names only may not show."},
	}, attempt{
		service:  "cloudtrail",
		action:   "cloudtrail:StopLogging",
		resource: "arn:{partition}:cloudtrail:{region}:{account}:trail/{prefix}{arm}",
		rule: rpc(
			"CloudTrail_20131101.StopLogging",
			map[string]string{"/Name": "arn:{partition}:cloudtrail:{region}:{account}:trail/{prefix}{arm}"},
		),
		reached: []string{"code:TrailNotFoundException"},
		real:    "arn:{partition}:cloudtrail:{region}:{account}:trail/{trail}",
		call: func(in input) call {
			return sends(
				cloudtrail.NewFromConfig,
				(*cloudtrail.Client).StopLogging,
				&cloudtrail.StopLoggingInput{Name: in.of("arn:{partition}:cloudtrail:{region}:{account}:trail/{prefix}{arm}")},
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(in, "cloudtrail", "cloudtrail:GetTrailStatus", sends(cloudtrail.NewFromConfig, (*cloudtrail.Client).GetTrailStatus,
					&cloudtrail.GetTrailStatusInput{Name: in.of("arn:{partition}:cloudtrail:{region}:{account}:trail/{trail}")}), true, "/IsLogging"),
			}
		},
	})
}
