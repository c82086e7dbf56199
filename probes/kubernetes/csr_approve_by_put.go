package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// CSRApproveByPut attempts by PUT what csrApprove's probe attempts by PATCH.
func CSRApproveByPut() probes.Probe {
	return csrApprove().put(probes.Probe{
		ID:       "kubernetes.certificatesigningrequest.approve-by-put",
		Title:    "Approve a certificate signing request by replacing it",
		Severity: probes.Critical, Fix: "Take update on certificatesigningrequests.certificates.k8s.io/approval in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the approval of certificate requests, as the documented role of an approver may, obtains a certificate for any user or node.",
	})
}
