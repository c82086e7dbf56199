package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// ECRPutImage attempts to put an image under a tag.
func ECRPutImage() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.ecr.put-image", Title: "Put an image under a tag",
		Why:      "A developer who can put images moves the tag that production runs.",
		Severity: probes.High, Fix: "Take ecr:PutImage on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1525",
		Needs:    []probes.Need{path("repository", "the repository of production", "payments/api")},
		Baseline: standing(),
	}, attempt{
		service:  "ecr",
		action:   "ecr:PutImage",
		resource: "arn:{partition}:ecr:{region}:{account}:repository/{repository}",
		rule: rpc(
			"AmazonEC2ContainerRegistry_V20150921.PutImage",
			map[string]string{"/repositoryName": "{repository}", "/imageManifest": nothing(), "/imageDigest": aws.NoImage},
		),
		reached: []string{"code:InvalidParameterException", "code:ImageDigestDoesNotMatchException"},
		call: func(in input) call {
			return sends(
				ecr.NewFromConfig,
				(*ecr.Client).PutImage,
				&ecr.PutImageInput{
					RepositoryName: in.of("{repository}"),
					ImageManifest:  sdk.String(aws.NoPolicy),
					ImageDigest:    sdk.String(aws.NoImage),
					ImageTag:       in.of("{arm}"),
				},
			)
		},
		state: repository,
	})
}
