package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/sodprobe/sodprobe/probes"
)

// ECRInitiateLayerUpload attempts to begin to upload an image layer.
func ECRInitiateLayerUpload() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.ecr.initiate-layer-upload", Title: "Begin to upload an image layer",
		Why:    "A developer who can upload layers puts an image of their own where production pulls from.",
		Attack: "T1525",
		Needs:  []probes.Need{elsewhere(path("repository", "the repository of production", "payments/api"), "payments/dev")},
		Limits: []string{"An upload that is begun holds no bytes and is dropped by ECR."},
	}, attempt{
		service: "ecr", action: "ecr:InitiateLayerUpload", resource: "arn:{partition}:ecr:{region}:{account}:repository/{repository}",
		rule:    rpc("AmazonEC2ContainerRegistry_V20150921.InitiateLayerUpload", map[string]string{"/repositoryName": "{repository}"}),
		reached: []string{"status:200"},
		call: func(in input) call {
			return sends(ecr.NewFromConfig, (*ecr.Client).InitiateLayerUpload, &ecr.InitiateLayerUploadInput{RepositoryName: in.of("{repository}")})
		},
		state: repository,
	})
}
