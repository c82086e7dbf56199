package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// MutatingWebhookCreate attempts to plant a webhook that changes what others
// deploy. It matches a group that does not exist, and its failures would be
// ignored.
func MutatingWebhookCreate() probes.Probe {
	p := creates(probes.Probe{
		ID: "kubernetes.mutatingwebhookconfiguration.create", Title: "Plant a webhook that changes what others deploy",
		Why:      "A developer who can create a webhook configuration has a server of their own change every object that is deployed.",
		Severity: probes.Critical, Fix: "Take create on mutatingwebhookconfigurations.admissionregistration.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1546", Controls: probes.PrivilegeControls(), Baseline: standing(),
		Limits: []string{"The server exempts this kind from admission policies and webhooks: only authorization guards it."},
	}, withKind(admission("mutatingwebhookconfigurations"), "MutatingWebhookConfiguration"), func(params probes.Params) object {
		return object{"webhooks": []object{{
			"name": params.Run + ".sodprobe.invalid", "failurePolicy": "Ignore", "sideEffects": "None", "admissionReviewVersions": []string{"v1"},
			"clientConfig": object{"url": "https://sodprobe.invalid/"},
			"rules": []object{
				{
					"apiGroups": []string{
						"sodprobe.invalid",
					},
					"apiVersions": []string{"v1"},
					"operations":  []string{"CREATE"},
					"resources":   []string{"nothing"},
				},
			},
		}}}
	})
	p.Allow[0].Body["/webhooks/0/failurePolicy"] = "Ignore"
	p.Allow[0].Body["/webhooks/0/rules/0/apiGroups"] = `["sodprobe.invalid"]`
	return p
}
