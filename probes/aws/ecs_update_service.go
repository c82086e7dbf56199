package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/sodprobe/sodprobe/probes"
)

// ECSUpdateService attempts to deploy to a service.
func ECSUpdateService() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.ecs.update-service", Title: "Deploy to a service",
		Why:    "A developer who can update a service runs any image in production.",
		Attack: "T1610",
		Needs:  []probes.Need{elsewhere(name("cluster", "the cluster", "prod"), "dev"), elsewhere(name("service", "the service", "payments"), "payments-dev")},
	}, attempt{
		service: "ecs", action: "ecs:UpdateService", resource: "arn:{partition}:ecs:{region}:{account}:service/{cluster}/{service}",
		rule:    rpc("AmazonEC2ContainerServiceV20141113.UpdateService", map[string]string{"/cluster": "{cluster}", "/service": "{service}", "/taskDefinition": "{arm}"}),
		reached: []string{"code:ClientException", "code:InvalidParameterException"},
		call: func(in input) call {
			return sends(ecs.NewFromConfig, (*ecs.Client).UpdateService, &ecs.UpdateServiceInput{Cluster: in.of("{cluster}"), Service: in.of("{service}"), TaskDefinition: in.of("{arm}")})
		},
		state: service,
	})
}
