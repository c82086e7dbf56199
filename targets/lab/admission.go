package lab

import (
	"fmt"
	"net/http"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The lab's two admission controls, both of production.
const (
	policyName  = "release-only"
	webhookName = "config.policy.corp.example"
)

// admit asks the admission controls: a policy that keeps workloads for
// release managers, a webhook that keeps configuration for them, and the
// check of certificate approvers.
func (k *Kubernetes) admit(u user, i info, o object) *metav1.Status {
	if i.resource == "certificatesigningrequests" && i.sub == "approval" {
		signer := text(o, "spec", "signerName")
		if !k.allowed(u, info{verb: "approve", group: "certificates.k8s.io", resource: "signers", name: signer}) {
			return forbidden(i, fmt.Sprintf("user not permitted to approve requests with signerName %q", signer))
		}
	}
	if i.namespace != Production || k.cfg.Posture != Enforced || slices.Contains(u.groups, "release-managers") {
		return nil
	}
	switch {
	case i.group == "apps":
		message := fmt.Sprintf(
			"%s %q is forbidden: ValidatingAdmissionPolicy '%s' with binding '%s' denied request: only release managers change workloads in %s",
			i.qualified(),
			i.name,
			policyName,
			policyName,
			Production,
		)
		return failure(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, message, &metav1.StatusDetails{
			Name: i.name, Group: i.group, Kind: i.resource, Causes: []metav1.StatusCause{{Message: message}},
		})
	case i.resource == "configmaps":
		return failure(http.StatusForbidden, metav1.StatusReasonForbidden,
			fmt.Sprintf("admission webhook %q denied the request: only release managers change configuration in %s", webhookName, Production), nil)
	default:
		return nil
	}
}
