package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// SystemConfigPatch attempts to change a ConfigMap that the cluster is configured by.
func SystemConfigPatch() probes.Probe { return systemConfigPatch().patch() }

// systemConfigPatch is the change, by whichever verb.
func systemConfigPatch() edit {
	return edit{
		probes.Probe{
			ID:       "kubernetes.systemconfig.patch",
			Title:    "Change the configuration of the cluster itself",
			Why:      "A developer who can patch a ConfigMap of the control plane (aws-auth, argocd-rbac-cm, coredns) changes who may do what, or where names lead.",
			Severity: probes.Critical, Fix: "Take patch and update on configmaps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack:   "T1098",
			Controls: probes.PrivilegeControls(),
			Needs: []probes.Need{
				existing("configmap", "the object that configures the cluster, as aws-auth, argocd-rbac-cm or coredns do", "coredns"),
				fallback("namespace", "the namespace that it is in", "kube-system"),
			},
			Baseline: standing(),
			Limits:   []string{"On EKS with access entries alone, aws-auth has no effect."},
		},
		"{namespace}",
		change{
			resource: core("configmaps", "ConfigMap"), need: "configmap", in: aNamespace, contentType: mergePatch,
			pin:    map[string]string{"/data/sodprobe": "{run}"},
			fields: []string{"/data"},
			body: func(params probes.Params) object {
				return object{"data": object{"sodprobe": params.Run}}
			},
		},
	}
}
