package lab

import "strings"

// The users of the simulated cluster.
const (
	Prober  = "prober"
	Alice   = "alice@corp.example"
	Bob     = "bob@corp.example"
	Release = "release@corp.example"
	Nobody  = "nobody@corp.example"
	Reader  = "reader@corp.example"
)

// The namespaces of the experiment.
const (
	Production = "payments"
	Permitted  = "payments-dev"
)

// populate fills the cluster: the same objects in production and where
// developers may work, and the rights of everybody.
func (k *Kubernetes) populate() error {
	for _, ns := range []string{"kube-system", Production, Permitted, "argocd", "flux-system"} {
		k.add("v1", "Namespace", "namespaces", "", ns, object{})
	}
	for _, ns := range []string{Production, Permitted} {
		k.populateNamespace(ns)
	}
	k.add("v1", "Node", "nodes", "", "node-1", object{"spec": object{}})
	k.populateCustom()
	k.add("v1", "ConfigMap", "configmaps", "kube-system", "coredns", object{"data": object{"Corefile": ".:53 {}"}})
	k.add(rbacGroup+"/v1", "ClusterRole", "clusterroles", "", "report-reader", object{"rules": []any{rule("get", "", "configmaps")}})
	k.add(
		"argoproj.io/v1alpha1",
		"Application",
		"applications",
		"argocd",
		"payments",
		object{"spec": object{"source": object{"targetRevision": "v1"}}},
	)
	k.add(
		"kustomize.toolkit.fluxcd.io/v1",
		"Kustomization",
		"kustomizations",
		"flux-system",
		"payments",
		object{"spec": object{"path": "./prod"}},
	)
	k.add(
		"certificates.k8s.io/v1",
		"CertificateSigningRequest",
		"certificatesigningrequests",
		"",
		"sodprobe",
		object{"spec": object{"signerName": "kubernetes.io/kube-apiserver-client"}},
	)
	k.add("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "", "policy", object{})
	k.add("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", "", "registry", object{})
	if k.cfg.ConnectWebhook {
		k.addConnectWebhook()
	}
	return k.grantAll()
}

// populateNamespace makes what the probes' examples name.
func (k *Kubernetes) populateNamespace(ns string) {
	labels := object{"app": "api"}
	pod := object{"containers": []any{object{"name": "api", "image": "registry.corp.example/api:1"}}, "nodeName": "node-1"}
	workload := object{
		"replicas": 2,
		"selector": object{"matchLabels": labels},
		"template": object{"metadata": object{"labels": labels}, "spec": pod},
	}
	k.add("apps/v1", "Deployment", "deployments", ns, "api", object{"spec": workload})
	k.add("apps/v1", "StatefulSet", "statefulsets", ns, "db", object{"spec": workload})
	k.add("v1", "Pod", "pods", ns, "api-0", object{"spec": pod})
	k.add("batch/v1", "CronJob", "cronjobs", ns, "report", object{"spec": object{"schedule": "0 3 * * *"}})
	k.add("v1", "ConfigMap", "configmaps", ns, "api-config", object{"data": object{"level": "info"}})
	k.add("v1", "Secret", "secrets", ns, "api-credentials", object{"type": "Opaque", "data": object{"password": "bGFi"}})
	k.add("v1", "Service", "services", ns, "api", object{"spec": object{"selector": labels}})
	k.add("v1", "ServiceAccount", "serviceaccounts", ns, "api", object{})
	k.add("v1", "ResourceQuota", "resourcequotas", ns, "compute", object{"spec": object{"hard": object{"pods": "50"}}})
	k.add("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", ns, "default-deny", object{"spec": object{"podSelector": object{}}})
	k.add("argoproj.io/v1alpha1", "Rollout", "rollouts", ns, "api", object{"spec": object{"replicas": 2}})
	k.add(
		"networking.k8s.io/v1",
		"Ingress",
		"ingresses",
		ns,
		"api",
		object{"spec": object{"defaultBackend": object{"service": object{"name": "api", "port": object{"number": 80}}}}},
	)
	k.add("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", ns, "api", object{"spec": object{"hostnames": []any{"api.corp.example"}}})
	k.add("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", ns, "api", object{
		"roleRef":  object{"apiGroup": rbacGroup, "kind": "Role", "name": "api"},
		"subjects": []any{object{"kind": "User", "name": "operator@corp.example"}},
	})
	k.add("rbac.authorization.k8s.io/v1", "Role", "roles", ns, "api", object{"rules": []any{rule("get", "", "services")}})
}

// add stores one object.
func (k *Kubernetes) add(apiVersion, kind, resource, namespace, name string, o object) {
	if group, _, ok := strings.Cut(apiVersion, "/"); ok {
		resource += "." + group
	}
	o = clone(o)
	o["apiVersion"], o["kind"] = apiVersion, kind
	m := object{"name": name, "uid": k.newUID()}
	if namespace != "" {
		m["namespace"] = namespace
	}
	o["metadata"] = m
	k.put(key{resource, namespace, name}, o)
}

func rule(verb, group, resource string) object {
	return object{"verbs": []any{verb}, "apiGroups": []any{group}, "resources": []any{resource}}
}

// grantAll says who may what.
func (k *Kubernetes) grantAll() error {
	k.clusterRole("everything", rule("*", "*", "*"))
	k.clusterRole("view", rule("get", "", "configmaps"))
	k.clusterRole("read-everything", rule("get", "*", "*"), rule("list", "admissionregistration.k8s.io", "*"))
	k.clusterRole(
		"impersonator",
		rule("impersonate", "", "users"),
		rule("impersonate", "", "groups"),
		rule("impersonate", "", "serviceaccounts"),
		rule("impersonate", "authentication.k8s.io", "uids"),
		rule("get", "", "namespaces"),
	)
	k.clusterRole("basic-user", rule("create", "authentication.k8s.io", "selfsubjectreviews"),
		rule("create", "authorization.k8s.io", "selfsubjectaccessreviews"), rule("create", "authorization.k8s.io", "selfsubjectrulesreviews"))
	k.bind("", "basic-user", "basic-user", "Group", authenticated)
	k.bind("", "prober", "impersonator", "User", Prober)
	k.bind("", "reader", "read-everything", "User", Reader)
	k.bind("", "release", "everything", "Group", "release-managers")
	k.bind(Permitted, "developers", "everything", "Group", "developers")
	switch k.cfg.Posture {
	case Permissive:
		k.bind("", "developers", "everything", "Group", "developers")
		return nil
	case Scoped:
		return k.grantScoped()
	case Enforced:
	}
	// Bob kept rights from an earlier time; admission is what stops him.
	k.clusterRole("legacy-deployer", rule("*", "apps", "*"), rule("patch", "", "configmaps"))
	k.bind(Production, "legacy-deployer", "legacy-deployer", "User", Bob)
	for _, gap := range k.cfg.Gaps {
		if gap == ForgottenRoleBinding {
			k.clusterRole("report-maintainer", rule("patch", "batch", "cronjobs"))
			k.bind(Production, "report-maintainer", "report-maintainer", "User", Alice)
		}
	}
	return nil
}

func (k *Kubernetes) clusterRole(name string, rules ...object) {
	list := make([]any, len(rules))
	for i, r := range rules {
		list[i] = r
	}
	k.add(rbacGroup+"/v1", "ClusterRole", "clusterroles", "", name, object{"rules": list})
}

// bind binds a ClusterRole in a namespace, or everywhere where it is "".
func (k *Kubernetes) bind(namespace, name, role, kind, subject string) {
	o := object{
		"roleRef":  object{"apiGroup": rbacGroup, "kind": "ClusterRole", "name": role},
		"subjects": []any{object{"kind": kind, "name": subject}},
	}
	if namespace == "" {
		k.add(rbacGroup+"/v1", "ClusterRoleBinding", "clusterrolebindings", "", name, o)
		return
	}
	k.add(rbacGroup+"/v1", "RoleBinding", "rolebindings", namespace, name, o)
}
