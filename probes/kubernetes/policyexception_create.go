package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PolicyExceptionCreate attempts to except oneself from a policy of Kyverno's.
func PolicyExceptionCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.policyexception.create", Title: "Except production from a policy",
		Why:      "A developer who can create a PolicyException in production lifts the policies that its workloads have to pass.",
		Severity: probes.Critical, Fix: "Take create on policyexceptions.kyverno.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{
			existing("policy", "a policy of Kyverno's", "require-signed-images"),
			{Name: "rule", Doc: "a rule of the policy", Example: "check-signature", Pattern: pathSegment()},
		},
		Limits: []string{"In which namespaces exceptions count is set in Kyverno itself: that one can be created does not show that it counts."},
	}, resource{"kyverno.io", "v2", "policyexceptions", "PolicyException"}, func(params probes.Params) object {
		return object{"spec": object{
			"exceptions": []object{{"policyName": params.With["policy"], "ruleNames": []string{params.With["rule"]}}},
			"match":      object{"any": []object{{"resources": object{"kinds": []string{"Pod"}, "names": []string{params.Run}}}}},
		}}
	})
}
