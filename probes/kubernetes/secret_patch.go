package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// SecretPatch attempts to change a secret. The answer to a dry run holds the
// whole Secret unless its metadata alone is asked for, which the server honors
// on writes (kube-apiserver v1.37.2); the guard lets no other form leave. An
// immutable Secret lets its annotations be changed.
func SecretPatch() probes.Probe {
	p := edit{
		probes.Probe{
			ID:       "kubernetes.secret.patch",
			Title:    "Change a production secret",
			Why:      "A developer who can patch a Secret in production replaces a credential or a key that production trusts.",
			Severity: probes.High, Fix: "Take patch and update on secrets in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack:   "T1552.007",
			Controls: probes.PrivilegeControls(),
			Needs:    []probes.Need{existing("secret", "a Secret that exists in both namespaces", "api-credentials")},
			Limits: []string{
				"An annotation is changed. Of the answer only metadata is asked for, annotations too, and all but the name and uid is dropped. PUT is not attempted: the Secret would have to be read whole; the access rules are asked about it.",
			},
		},
		"{scope}",
		change{
			resource: core("secrets", "Secret"), need: "secret", in: thePlace, contentType: mergePatch,
			pin:    map[string]string{"/metadata/annotations/sodprobe-run": "{arm}"},
			fields: []string{"/metadata/annotations"},
			header: map[string]string{"Accept": metadataOnly},
			body: func(params probes.Params) object {
				return object{"metadata": object{"annotations": object{"sodprobe-run": params.Arm}}}
			},
		},
	}.patch()
	p.Limits = p.Limits[:1] // no other probe attempts PUT
	return p
}
