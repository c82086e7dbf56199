package aws

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// ECSRegisterTaskDefinition attempts to register a task definition.
func ECSRegisterTaskDefinition() probes.Probe {
	return defeats(probes.Probe{
		ID: "aws.ecs.register-task-definition", Title: "Register a task definition",
		Why:      "A developer who can register task definitions prepares any workload, with any role that may be passed.",
		Attack:   "T1610",
		Needs:    []probes.Need{name("cluster", "a cluster of production, which shows that the account can be read", "prod")},
		Baseline: standing(),
		Limits:   []string{"IAM gives this action no resource: a refusal speaks of the whole region."},
	}, attempt{
		service: "ecs", action: "ecs:RegisterTaskDefinition", resource: "*",
		rule:    rpc("AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", map[string]string{"/family": "{arm}", "/cpu": "256", "/memory": "1", "/requiresCompatibilities/0": "FARGATE"}),
		reached: []string{"code:ClientException", "code:InvalidParameterException"},
		call: func(in input) call {
			return sends(ecs.NewFromConfig, (*ecs.Client).RegisterTaskDefinition, &ecs.RegisterTaskDefinitionInput{
				Family: in.of("{arm}"), Cpu: sdk.String("256"), Memory: sdk.String("1"), NetworkMode: ecstypes.NetworkModeAwsvpc,
				RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
				ContainerDefinitions:    []ecstypes.ContainerDefinition{{Name: sdk.String(aws.Anything), Image: sdk.String(aws.Anything)}},
			})
		},
		state: cluster,
	})
}
