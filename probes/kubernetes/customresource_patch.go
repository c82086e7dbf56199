package kubernetes

import (
	"regexp"

	"github.com/sodprobe/sodprobe/probes"
)

// CustomResourcePatch attempts to change a custom resource that an operator
// turns into a deployment.
func CustomResourcePatch() probes.Probe { return customResource().patch() }

// customResource is the change, by whichever verb.
func customResource() edit {
	return edit{probes.Probe{
		ID: "kubernetes.customresource.patch", Title: "Change a custom resource that an operator deploys from",
		Why:      "A developer who can patch the custom resource of an operator makes the operator change production for them.",
		Severity: probes.High, Fix: "Take patch and update on rollouts.argoproj.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1072", Controls: probes.ChangeControls(),
		Needs:  append(customKind("argoproj.io", "v1alpha1", "rollouts"), existing("name", "an object that exists in both namespaces", "api")),
		Limits: []string{"An annotation is changed: a rule that guards single fields of the resource is not tested."},
	}, "{scope}", annotated("name", thePlace)}
}

// customKind are the parameters that name a kind of custom resource.
func customKind(group, version, plural string) []probes.Need {
	return []probes.Need{
		{Name: "group", Doc: "the API group", Example: group, Pattern: subdomain()},
		{Name: "version", Doc: "the API version", Example: version, Pattern: regexp.MustCompile(`^v[0-9]+((alpha|beta)[0-9]+)?$`)},
		{Name: "plural", Doc: "the plural name of the resource", Example: plural, Pattern: regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)},
	}
}

// annotated is the change of an annotation, of an object of any kind.
func annotated(need string, in where) change {
	return change{
		resource: resource{"{group}", "{version}", "{plural}", ""}, need: need, in: in, contentType: mergePatch,
		pin:    map[string]string{"/metadata/annotations/sodprobe-run": "{arm}"},
		fields: []string{"/metadata/annotations"},
		body: func(params probes.Params) object {
			return object{"metadata": object{"annotations": object{"sodprobe-run": params.Arm}}}
		},
	}
}
