package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// EKSCreateAccessEntry attempts to give a principal access to a cluster.
func EKSCreateAccessEntry() probes.Probe {
	return defeats(probes.Probe{
		ID:       "aws.eks.create-access-entry",
		Title:    "Give a principal access to a cluster",
		Why:      "A developer who can create access entries makes themselves an administrator of the cluster.",
		Severity: probes.Critical, Fix: "Take eks:CreateAccessEntry on it out of the developers' policies, and deny it by a permissions boundary or an SCP, so that no later grant opens it.",
		Attack:   "T1098.006",
		Controls: probes.PrivilegeControls(),
		Alters:   []string{"eks:kubernetesGroups", "eks:username", "aws:RequestTag", "aws:TagKeys"},
		Needs: []probes.Need{
			name("cluster", "the cluster", "prod"),
			name("role", "a role that has an access entry already, without a path", "prod-deploy"),
		},
		Baseline: standing(),
	}, attempt{
		service: "eks", action: "eks:CreateAccessEntry", resource: "arn:{partition}:eks:{region}:{account}:cluster/{cluster}",
		rule:    rest("POST", "/clusters/{cluster}/access-entries", map[string]string{"/kubernetesGroups/0": aws.NoGroup}),
		reached: []string{"code:ResourceInUseException", "text:it cannot start with system:"},
		call: func(in input) call {
			return sends(eks.NewFromConfig, (*eks.Client).CreateAccessEntry, &eks.CreateAccessEntryInput{
				ClusterName: in.of(
					"{cluster}",
				),
				PrincipalArn:       in.of("arn:{partition}:iam::{account}:role/{role}"),
				KubernetesGroups:   []string{aws.NoGroup},
				ClientRequestToken: in.of("{arm}"),
			})
		},
		state: func(in input) []targets.StateQuery {
			return []targets.StateQuery{
				reads(
					in,
					"eks",
					"eks:DescribeCluster",
					sends(eks.NewFromConfig, (*eks.Client).DescribeCluster, &eks.DescribeClusterInput{Name: in.of("{cluster}")}),
					true,
					"/cluster/arn",
					"/cluster/accessConfig",
				),
				reads(
					in,
					"eks",
					"eks:ListAccessEntries",
					sends(eks.NewFromConfig, (*eks.Client).ListAccessEntries, &eks.ListAccessEntriesInput{ClusterName: in.of("{cluster}")}),
					false,
					"/accessEntries/*",
				),
			}
		},
	})
}
