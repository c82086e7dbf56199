package lab

// scopedRights are what developers hold in production under the posture
// Scoped: rights on some names, and on some verbs that are not the usual ones.
// A real cluster is seldom all or nothing.
func (k *Kubernetes) scopedRights() {
	role := func(name, namespace string, rules ...object) {
		k.clusterRole(name, rules...)
		k.bind(namespace, name, name, "Group", "developers")
	}
	role("scoped", Production,
		named("update", "apps", "deployments"), // what kubectl replace and apply need, and no patch
		named("patch", "apps", "statefulsets", "another-db"),
		named("patch", "", "configmaps", "api-config"),
		named("deletecollection", "networking.k8s.io", "networkpolicies"),
		named("get", "", "pods/exec"), // before Kubernetes 1.35, this opens a stream
		named("create", "", "pods/attach", "another-0"),
		named("create", "", "pods/portforward", "api-0"),
		named("list", "", "secrets"),
		named("update", "", "resourcequotas"),
		named("patch", "batch", "cronjobs", "report"),
		named("create", "batch", "jobs", "sodprobe"), // a name restricts no create: it grants none
		named("delete", "", "pods", "api-0"),
		named("create", "", "pods/eviction", "another-0"),
		named("create", "", "serviceaccounts/token", "api"),
		named("patch", "", "services", "web"),
		named("update", "", "serviceaccounts"),
		named("update", "argoproj.io", "rollouts"),
		named("update", rbacGroup, "roles"),
		named("update", "", "namespaces"),
		named("update", "", "pods/ephemeralcontainers"),
		named("update", "apps", "daemonsets"),
		named("create", "", "pods"),
	)
	role("scoped-argocd", "argocd", named("update", "argoproj.io", "applications"))
	role("scoped-flux", "flux-system", named("patch", "kustomize.toolkit.fluxcd.io", "kustomizations", "another"))
	role("scoped-cluster", "",
		named("update", "certificates.k8s.io", "certificatesigningrequests/approval"),
		named("patch", "", "nodes", "node-2"),
		named("get", "", "nodes/proxy", "node-2"),
		named("delete", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "another"),
		named("deletecollection", "admissionregistration.k8s.io", "validatingadmissionpolicybindings"),
		named("create", rbacGroup, "clusterroles", "sodprobe"),
	)
}

// named is a rule on objects of those names, on all where there are none.
func named(verb, group, resource string, names ...string) object {
	o := rule(verb, group, resource)
	if len(names) == 0 {
		return o
	}
	list := make([]any, len(names))
	for i, n := range names {
		list[i] = n
	}
	o["resourceNames"] = list
	return o
}
