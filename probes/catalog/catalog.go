package catalog

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/kubernetes"
)

// All returns every probe, sorted by ID.
func All() probes.Set {
	return probes.Set{
		kubernetes.ApplicationPatch(),
		kubernetes.CSRApprove(),
		kubernetes.ClusterRoleCreate(),
		kubernetes.ClusterRoleBindingCreate(),
		kubernetes.ConfigMapPatch(),
		kubernetes.CronJobCreate(),
		kubernetes.CronJobPatch(),
		kubernetes.CustomResourcePatch(),
		kubernetes.DaemonSetCreate(),
		kubernetes.DeploymentCreate(),
		kubernetes.DeploymentDelete(),
		kubernetes.DeploymentPatch(),
		kubernetes.DeploymentRestart(),
		kubernetes.DeploymentScale(),
		kubernetes.IngressCreate(),
		kubernetes.JobCreate(),
		kubernetes.KustomizationPatch(),
		kubernetes.NamespaceLabel(),
		kubernetes.NetworkPolicyDelete(),
		kubernetes.NodeCordon(),
		kubernetes.NodeProxy(),
		kubernetes.PodAttach(),
		kubernetes.PodCreate(),
		kubernetes.PodDebug(),
		kubernetes.PodDelete(),
		kubernetes.PodEvict(),
		kubernetes.PodExec(),
		kubernetes.PodPortForward(),
		kubernetes.ResourceQuotaPatch(),
		kubernetes.RoleCreate(),
		kubernetes.RolePatch(),
		kubernetes.RoleBindingCreate(),
		kubernetes.SecretGet(),
		kubernetes.SecretList(),
		kubernetes.ServicePatch(),
		kubernetes.ServiceAccountPatch(),
		kubernetes.ServiceAccountToken(),
		kubernetes.StatefulSetPatch(),
		kubernetes.UserImpersonate(),
		kubernetes.PolicyBindingDelete(),
		kubernetes.ValidatingWebhookDelete(),
	}
}
