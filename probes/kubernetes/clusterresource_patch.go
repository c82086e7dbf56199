package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ClusterResourcePatch attempts to change a custom resource of the whole
// cluster: a policy, a class of nodes, an issuer of certificates.
func ClusterResourcePatch() probes.Probe { return clusterResource().patch() }

// clusterResource is the change, by whichever verb.
func clusterResource() edit {
	return edit{probes.Probe{
		ID: "kubernetes.clusterresource.patch", Title: "Change a custom resource of the whole cluster",
		Why:      "A developer who can patch a cluster-scoped custom resource changes the policy or the machinery that production depends on.",
		Severity: probes.High, Fix: "Take patch and update on clusterpolicies.kyverno.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(),
		Needs:    append(customKind("kyverno.io", "v1", "clusterpolicies"), existing("name", "an object that exists", "require-signed-images")),
		Baseline: standing(),
		Limits:   []string{"An annotation is changed: a rule that guards single fields of the resource is not tested."},
	}, "", annotated("name", theCluster)}
}
