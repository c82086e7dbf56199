package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// CSRApprove attempts to approve a certificate request.
func CSRApprove() probes.Probe { return csrApprove().patch() }

// csrApprove is the change, by whichever verb.
func csrApprove() edit {
	return edit{
		probes.Probe{
			ID:       "kubernetes.certificatesigningrequest.approve",
			Title:    "Approve a certificate signing request",
			Why:      "A developer who can approve a certificate request obtains a certificate for any user or node that the signer signs for.",
			Severity: probes.Critical, Fix: "Take patch and update on certificatesigningrequests.certificates.k8s.io/approval in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack:   "T1649",
			Controls: probes.PrivilegeControls(),
			Needs: []probes.Need{
				{Name: "csr", Doc: "a pending CertificateSigningRequest made for the test", Example: "sodprobe", Pattern: pathSegment()},
			},
			Expect:   []targets.Layer{targets.Authorization, targets.AdmissionPlugin, targets.AdmissionPolicy, targets.AdmissionWebhook},
			Baseline: standing(),
		},
		"",
		change{
			resource: resource{
				"certificates.k8s.io",
				"v1",
				"certificatesigningrequests",
				"CertificateSigningRequest",
			},
			sub:         "approval",
			need:        "csr",
			in:          theCluster,
			contentType: mergePatch,
			pin:         map[string]string{"/status/conditions/0/message": "{run}"},
			fields:      []string{"/status/conditions"},
			body: func(params probes.Params) object {
				return object{"status": object{"conditions": []object{{
					"type": "Approved", "status": "True", "reason": "sodprobe", "message": params.Run,
				}}}}
			},
		},
	}
}
