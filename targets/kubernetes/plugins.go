package kubernetes

import (
	"slices"

	"github.com/sodprobe/sodprobe/targets"
)

// said is a sentence that a plugin compiled into the API server refuses with, as
// a form: %q stands for a quoted text, %s for a word, %d for a number, %v for any
// text.
type said struct {
	plugin string
	class  targets.Class
	form   string
}

// by makes the sentences of one plugin, with one meaning.
func by(plugin string, class targets.Class, forms ...string) []said {
	var out []said
	for _, f := range forms {
		out = append(out, said{plugin, class, f})
	}
	return out
}

// sentences are those of k8s.io/kubernetes v1.37.2, plugin/pkg/admission, of
// apiserver v0.37.2, pkg/admission/plugin, and of what these versions no longer
// have. A test in the peers holds the list against the source's calls of
// NewForbidden. Where a plugin could not decide, or found that something is not
// there, nobody was refused anything.
func sentences() []said {
	return slices.Concat(podSentences(), objectSentences(), nodeSentences(), unready())
}

// podSentences are those of the plugins that look at Pods.
func podSentences() []said {
	return slices.Concat(
		by("AlwaysAdmit", targets.Denied, `admission control is denying all modifications`),
		by("AlwaysPullImages", targets.Denied, `%v: Unsupported value: %v: supported values: "Always"`),
		by("ImagePolicyWebhook", targets.Denied, `image policy webhook backend denied one or more images: %v`,
			`one or more images rejected by webhook backend`),
		by("ImagePolicyWebhook", targets.ServerError, `Error contacting webhook: %d`, `Post %v`),
		by("LimitPodHardAntiAffinityTopology", targets.Denied,
			`affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey %v but only key %v is allowed`),
		by("LimitRanger", targets.Denied, limitForms()...),
		by("LimitRanger", targets.ServerError, `unable to %s %v at this time because there was an error enforcing limit ranges`),
		by("PodNodeSelector", targets.Denied, `pod node label selector conflicts with its namespace node label selector`,
			`pod node label selector labels conflict with its namespace whitelist`),
		by("PodTolerationRestriction", targets.Denied,
			`pod tolerations (possibly merged with namespace default tolerations) conflict with its %s whitelist`),
		by("PodSecurity", targets.Denied, `Not allowed by PodSecurity`), // where it has no words of its own
		by("Priority", targets.Denied, `pods with %s priorityClass is not permitted in %s namespace`, // before v1.17
			`PriorityClass %s is already marked as default. Only one default can exist`),
		by("Priority", targets.TargetMissing, `no PriorityClass with name %s was found`),
		by("Priority", targets.Invalid,
			`the integer value of priority (%d) must not be provided in %v; priority admission controller computed %d from the given PriorityClass name`,
			`the string value of PreemptionPolicy (%s) must not be provided in %v; `+
				`priority admission controller computed %s from the given PriorityClass name`,
			`priority set in the %v (%d) must match the priority computed (%d) based on the priority class set in the spec`,
			`preemptionPolicy set in the PriorityClass object (%v) must match one of the allowed values of PreemptionPolicy type in %v`),
		by("RuntimeClass", targets.TargetMissing, `pod rejected: RuntimeClass %q not found`),
		by("RuntimeClass", targets.Invalid, `pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
			`pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead`,
			`conflict: runtimeClass.scheduling.nodeSelector[%s] = %s; pod.spec.nodeSelector[%s] = %s`),
		by("ServiceAccount", targets.TargetMissing, `error looking up service account %s: serviceaccount %q not found`,
			`no service account specified for pod %s`),
		by("ServiceAccount", targets.ServerError, `error looking up service account %s: %v`),
		by("ServiceAccount", targets.Denied, `a mirror pod may not reference service accounts`, `a mirror pod may not reference secrets`,
			`a mirror pod may not use ServiceAccountToken volume projections`,
			`%v is not allowed because service account %s does not reference that secret`,
			`%v is not allowed because service account %s does not reference that imagePullSecret`),
		// Until v1.24: k8s.io/kubernetes v1.24, plugin/pkg/admission/security/podsecuritypolicy.
		by("PodSecurityPolicy", targets.Denied, `unable to validate against any pod security policy: %v`,
			`no providers available to validate pod request`),
		// OpenShift: apiserver-library-go, pkg/securitycontextconstraints/sccadmission.
		by("SecurityContextConstraint", targets.Denied, `unable to validate against any security context constraint: %v`),
	)
}

// limitForms are LimitRanger's, one or a list of them.
func limitForms() []string {
	var out []string
	for _, form := range []string{
		`minimum %s usage per %s is %v`, `maximum %s usage per %s is %v`, `%s max limit to request ratio per %s is %v`,
	} {
		out = append(out, form, `[`+form+`]`)
	}
	return out
}

// objectSentences are those of the plugins that look at other objects.
func objectSentences() []said {
	return slices.Concat(
		by("CertificateApproval", targets.Denied, `user not permitted to approve requests with signerName %q`),
		by("CertificateSigning", targets.Denied, `user not permitted to sign requests with signerName %q`),
		by("CertificateSubjectRestriction", targets.Denied, `use of %s signer with system:masters group is not allowed`),
		by("CertificateSubjectRestriction", targets.Invalid, `failed to parse CSR: %v`),
		by("ClusterTrustBundleAttest", targets.Denied, `user not permitted to attest for signerName %q`),
		by("DenyServiceExternalIPs", targets.Denied, `Use of external IPs is denied by admission control`),
		by("NamespaceLifecycle", targets.Denied, `this namespace may not be deleted`),
		by("NamespaceLifecycle", targets.TargetMissing, `unable to create new content in namespace %s because it is being terminated`),
		by("OwnerReferencesPermissionEnforcement", targets.Denied, `cannot set an ownerRef on a resource you can't delete: %v`,
			`cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: %v`),
		by("OwnerReferencesPermissionEnforcement", targets.ServerError,
			`cannot set blockOwnerDeletion in this case because cannot find RESTMapping for %v`),
		by("PersistentVolumeClaimResize", targets.Denied,
			`only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize`),
		by("PersistentVolumeClaimResize", targets.Invalid, `Only bound persistent volume claims can be expanded`),
		by("ResourceQuota", targets.ServerError, `status unknown for quota: %s, resources: %v`, `quota usage is negative for resource(s): %v`,
			`unable to get previous usage since prior version of object was not found`),
	)
}

// nodeSentences are those about nodes and by kubelets.
func nodeSentences() []said {
	return slices.Concat(
		by("NodeRestriction", targets.Denied,
			`unexpected pod subresource %q, only 'status' and 'eviction' are allowed`, `may only update PVC status`,
			`node %q can only %v`, `node %q can not create pods that reference %s`, `node %q must not set blockOwnerDeletion on an owner reference`,
			`node %q is not allowed to %v`, `node %q cannot update %v`, `node %s can only evict pods with spec.nodeName set to itself`,
			`pod does not have %q annotation, node %q can only create mirror pods`, `unexpected operation %q, node %q can only create and delete mirror pods`,
			`node %s UID mismatch: expected %s got %s`, `is not allowed to modify labels: %v`, `node requested token %v`,
			`can only access leases in the %q system namespace`, `can only access node lease with the same name as the requesting node`,
			`can only access CSINode with the same name as the requesting node`,
			`can only create ResourceSlice with the same NodeName as the requesting node`,
			`can only delete ResourceSlice with the same NodeName as the requesting node`,
			`can only create a node CSR with CN=system:node:%s`,
			`PodCertificateRequest.Spec.NodeName=%q, which is not the requesting node %q`,
			`pod %q is not running on node %q named in the PodCertificateRequest`, `pod %q is a mirror pod`,
			`PodCertificateRequest for pod %q contains %v that differs from running pod %v`),
		by("NodeRestriction", targets.ServerError,
			`could not determine node from user %q`, `error looking up node %s to verify uid: %v`,
			`error checking mirror pod for API references: %v`,
			`could not determine pod from request data`, `unable to access the object name`, `unable to parse csr: %v`,
			`while retrieving %v named in the PodCertificateRequest: %v`, `PodCertificateRequest feature gate is disabled`,
			`CSIVolumeHealth feature gate is disabled`,
			`the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated`),
		by("NodeDeclaredFeatures", targets.Denied, `pod update requires features %v which are not available on node %q`,
			`node %q does not support %s feature`, `device %q in ResourceSlice has NodeAllocatableResources but does not map to any nodes`),
		by("NodeDeclaredFeatures", targets.TargetMissing, `node %q not found`, `node %q not found for device %q`),
		by("NodeDeclaredFeatures", targets.ServerError, `failed to infer pod capability requirements: %v`, `failed to get node %q: %v`,
			`failed to match pod requirements against node %q: %v`, `failed to get node %q for device %q: %v`,
			`failed to list nodes for device %q: %v`),
		by("PodResize", targets.Denied, `pod resize is only supported on linux nodes, node %q is %q`,
			`node didn't have enough allocatable resources: %v`),
	)
}

// unready are what several plugins say, all of them of themselves.
func unready() []said {
	return by("", targets.ServerError, `not yet ready to handle request`, `admission request denied by policy`,
		`unexpected type %v`, `unexpected operation %v`,
		`unexpected subresource %v`, `expected type %s, got: %v`, `no RequestInfo found in the context`)
}
