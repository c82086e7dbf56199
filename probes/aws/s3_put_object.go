package aws

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// S3PutObject attempts to write an artifact of a release.
func S3PutObject() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.s3.put-object",
		Title:    "Write an artifact of a release",
		Why:      "A developer who can write artifacts has the pipeline deploy what nobody built.",
		Severity: probes.High, Fix: "Take s3:PutObject on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1565.001",
		Alters: []string{
			"s3:if-match", "s3:x-amz-acl", "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id",
			"s3:RequestObjectTag", "s3:RequestObjectTagKeys",
		},
		Needs: []probes.Need{
			elsewhere(name("bucket", "the bucket of artifacts", "prod-artifacts"), "dev-artifacts"),
			elsewhere(path("key", "an object that exists in it", "releases/payments.zip"), "sod"),
		},
		Limits: []string{"The write is conditional: a bucket policy that treats conditional writes differently may answer differently."},
	}, attempt{
		service: "s3", action: "s3:PutObject", resource: "arn:{partition}:s3:::{bucket}/{key}",
		dependents: putNeeds(),
		rule:       conditionalPut("/{bucket}/{key}"),
		reached:    []string{"code:PreconditionFailed", "code:BadDigest"},
		call: func(in input) call {
			return putCall(*in.of("{bucket}"), *in.of("{key}"))
		},
		state: func(in input) []targets.StateQuery { return []targets.StateQuery{object(in)} },
	})
}
