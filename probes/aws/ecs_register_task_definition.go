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
		ID:       "aws.ecs.register-task-definition",
		Title:    "Register a task definition",
		Why:      "A developer who can register task definitions prepares any workload, with any role that may be passed.",
		Severity: probes.High, Fix: "Take ecs:RegisterTaskDefinition on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack: "T1610",
		Alters: []string{"ecs:task-cpu", "ecs:task-memory", "ecs:compute-compatibility", "aws:RequestTag", "aws:TagKeys"},
		Needs: []probes.Need{
			name("cluster", "a cluster of production, which shows that the account can be read", "prod"),
			name("family", "a family of task definitions of production", "payments"),
		},
		Baseline: standing(),
	}, attempt{
		service: "ecs", action: "ecs:RegisterTaskDefinition", resource: "arn:{partition}:ecs:{region}:{account}:task-definition/{family}:*",
		asks: "arn:{partition}:ecs:{region}:{account}:task-definition/{family}:1", // rights are given for all revisions
		rule: rpc("AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", map[string]string{
			"/family": "{family}", "/networkMode": "bridge", "/requiresCompatibilities/0": "FARGATE",
			"/containerDefinitions/0/name": aws.NoParameter, "/containerDefinitions/1/name": aws.NoParameter,
		}),
		reached: []string{"text:Fargate only supports network mode"},
		call: func(in input) call {
			same := ecstypes.ContainerDefinition{Name: sdk.String(aws.NoParameter), Image: sdk.String("scratch")}
			return sends(ecs.NewFromConfig, (*ecs.Client).RegisterTaskDefinition, &ecs.RegisterTaskDefinitionInput{
				Family: in.of("{family}"), Cpu: sdk.String("256"), Memory: sdk.String("512"), NetworkMode: ecstypes.NetworkModeBridge,
				RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
				ContainerDefinitions:    []ecstypes.ContainerDefinition{same, same},
			})
		},
		state: cluster,
	})
}
