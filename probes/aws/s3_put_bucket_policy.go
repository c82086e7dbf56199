package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// S3PutBucketPolicy attempts to write the policy of a bucket.
func S3PutBucketPolicy() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.s3.put-bucket-policy", Title: "Write the policy of a bucket",
		Why:      "A developer who can write the bucket's policy opens the artifacts to themselves.",
		Severity: probes.High, Fix: "Take s3:PutBucketPolicy on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1098", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{name("bucket", "the bucket of artifacts", "prod-artifacts")},
		Baseline: standing(),
	}, attempt{
		service:  "s3",
		action:   "s3:PutBucketPolicy",
		resource: "arn:{partition}:s3:::{bucket}",
		rule: targets.Rule{
			Method: "PUT",
			Path:   "/{bucket}",
			Query:  map[string]string{"policy": ""},
			Header: map[string]string{"Content-Type": "text/plain"},
			Text:   noDocument(),
		},
		reached: []string{"code:MalformedPolicy"},
		call: func(in input) call {
			return sends(
				s3.NewFromConfig,
				(*s3.Client).PutBucketPolicy,
				&s3.PutBucketPolicyInput{Bucket: in.of("{bucket}"), Policy: sdk.String(aws.NoDocument)},
				pathStyle,
			)
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"s3",
					"s3:ListBucket",
					sends(s3.NewFromConfig, (*s3.Client).HeadBucket, &s3.HeadBucketInput{Bucket: in.of("{bucket}")}, pathStyle),
					true,
				),
				reads(
					in,
					"s3",
					"s3:GetBucketPolicy",
					sends(s3.NewFromConfig, (*s3.Client).GetBucketPolicy, &s3.GetBucketPolicyInput{Bucket: in.of("{bucket}")}, pathStyle),
					false,
					"/Statement",
				),
			}
		},
	})
}
