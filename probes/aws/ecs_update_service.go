package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// ECSUpdateService attempts to deploy to a service.
func ECSUpdateService() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.ecs.update-service",
		Title:    "Deploy to a service",
		Why:      "A developer who can update a service runs any image in production.",
		Severity: probes.High, Fix: "Take ecs:UpdateService on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1610",
		Alters: []string{"ecs:task-definition"},
		Bears:  []string{"ecs:cluster"},
		Needs: []probes.Need{
			elsewhere(name("cluster", "the cluster", "prod"), "dev"),
			elsewhere(name("service", "the service", "payments"), "payments-dev"),
			elsewhere(name("family", "the family of its task definitions", "payments"), "payments-dev"),
		},
	}, attempt{
		service:  "ecs",
		action:   "ecs:UpdateService",
		resource: "arn:{partition}:ecs:{region}:{account}:service/{cluster}/{service}",
		rule: rpc(
			"AmazonEC2ContainerServiceV20141113.UpdateService",
			map[string]string{
				"/cluster":        "{cluster}",
				"/service":        "{service}",
				"/taskDefinition": "{family}:" + aws.NoVersion,
				"/deploymentConfiguration/maximumPercent":        "50",
				"/deploymentConfiguration/minimumHealthyPercent": "100",
			},
		),
		reached: []string{"text:TaskDefinition not found"},
		call: func(in input) call {
			return sends(ecs.NewFromConfig, (*ecs.Client).UpdateService, &ecs.UpdateServiceInput{
				Cluster: in.of("{cluster}"), Service: in.of("{service}"), TaskDefinition: in.of("{family}:" + aws.NoVersion),
				DeploymentConfiguration: &ecstypes.DeploymentConfiguration{MaximumPercent: sdk.Int32(50), MinimumHealthyPercent: sdk.Int32(100)},
			})
		},
		state: service,
	})
}
