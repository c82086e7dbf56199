package lab

import "strings"

// aggregatedGroup is served by an API server of its own, behind an APIService,
// which does not know a dry run: it stores what it is sent.
const aggregatedGroup = "aggregated.corp.example"

// populateCustom makes the custom kinds that the probes' examples name, and one
// of each.
func (k *Kubernetes) populateCustom() {
	for _, kind := range []struct{ group, version, plural string }{
		{"argoproj.io", "v1alpha1", "applications"},
		{"argoproj.io", "v1alpha1", "appprojects"},
		{"argoproj.io", "v1alpha1", "rollouts"},
		{"kustomize.toolkit.fluxcd.io", "v1", "kustomizations"},
		{"helm.toolkit.fluxcd.io", "v2", "helmreleases"},
		{"source.toolkit.fluxcd.io", "v1", "gitrepositories"},
		{"kyverno.io", "v1", "clusterpolicies"},
		{"kyverno.io", "v2", "policyexceptions"},
		{"gateway.networking.k8s.io", "v1", "httproutes"},
	} {
		k.define(kind.group, kind.version, kind.plural)
		k.register(kind.group, kind.version, object{})
	}
	k.define(aggregatedGroup, "v1", "widgets") // left over from before
	k.register(aggregatedGroup, "v1", object{"service": object{"namespace": "kube-system", "name": "widgets"}})
	for _, ns := range []string{Production, Permitted} {
		k.add(aggregatedGroup+"/v1", "Widget", "widgets", ns, "api", object{"spec": object{}})
	}
	k.add(
		"argoproj.io/v1alpha1",
		"AppProject",
		"appprojects",
		"argocd",
		"payments",
		object{"spec": object{"sourceRepos": []any{"https://git.corp.example/payments"}}},
	)
	k.add("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helmreleases", "flux-system", "payments", object{"spec": object{"values": object{}}})
	k.add(
		"source.toolkit.fluxcd.io/v1",
		"GitRepository",
		"gitrepositories",
		"flux-system",
		"payments",
		object{"spec": object{"ref": object{"branch": "main"}}},
	)
	k.add("kyverno.io/v1", "ClusterPolicy", "clusterpolicies", "", "require-signed-images", object{"spec": object{}})
}

// define makes the CustomResourceDefinition of a kind.
func (k *Kubernetes) define(group, version, plural string) {
	k.add("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", "", plural+"."+group, object{
		"spec": object{
			"group":    group,
			"names":    object{"plural": plural},
			"versions": []any{object{"name": version, "served": true, "storage": true}},
		},
	})
}

// register makes the APIService of a group's version.
func (k *Kubernetes) register(group, version string, spec object) {
	spec["group"], spec["version"] = group, version
	k.add("apiregistration.k8s.io/v1", "APIService", "apiservices", "", version+"."+group, object{"spec": spec})
}

// connectHook is the name of the webhook of ConnectWebhook.
const connectHook = "stream.policy.corp.example"

// addConnectWebhook makes a webhook that is called on CONNECT.
func (k *Kubernetes) addConnectWebhook() {
	k.add("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "", connectHook, object{
		"webhooks": []any{object{
			"name": connectHook, "sideEffects": "NoneOnDryRun",
			"rules": []any{object{
				"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CONNECT"},
				"resources": []any{"pods/exec", "pods/attach", "pods/portforward"},
			}},
		}},
	})
}

// hook calls the webhook on CONNECT, if there is one: it removes the Pod, as a
// controller does that evicts whatever somebody has looked into.
func (k *Kubernetes) hook(i info) {
	if _, ok := k.find(key{"validatingwebhookconfigurations.admissionregistration.k8s.io", "", connectHook}); !ok || i.resource != "pods" {
		return
	}
	k.mu.Lock()
	k.hooked = append(k.hooked, strings.Join([]string{i.resource, i.namespace, i.name, i.sub}, "/"))
	k.mu.Unlock()
	pod := i
	pod.sub = ""
	k.remove(pod.key())
}

// Hooked lists the connections that the webhook of ConnectWebhook was called
// for, as pods/NAMESPACE/NAME/SUBRESOURCE.
func (k *Kubernetes) Hooked() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.hooked...)
}
