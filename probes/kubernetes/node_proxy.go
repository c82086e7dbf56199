package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// NodeProxy attempts to reach the kubelet through the API server. With
// dryRun the server refuses after authorization and before it connects
// (kube-apiserver v1.37.2, endpoints/handlers/rest.go). Without it, the
// request would reach the kubelet.
func NodeProxy() probes.Probe {
	r := core("nodes", "Node")
	query := map[string]string{"dryRun": "All"}
	p := complete(probes.Probe{
		ID: "kubernetes.node.proxy", Title: "Reach the kubelet of a node",
		Why:      "A developer who can reach the kubelet runs commands in every Pod of the node, past admission and the audit log.",
		Severity: probes.Critical, Fix: "Take get on nodes/proxy in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1609", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.Authorization}, Baseline: standing(),
		Needs:  []probes.Need{existing("node", "a Node that exists", "node-1")},
		Limits: []string{"Authorization only: where admission decides on such requests as well, a yes is Inconclusive."},
	}, probes.SelfDefeating)
	p.Allow = []targets.Rule{
		{
			Method:  "GET",
			Path:    r.path("", "{node}", "proxy"),
			Query:   query,
			Keep:    []string{"/kind"},
			Prepare: kubernetes.AdmissionOnConnect("nodes", "proxy"),
		},
	}
	p.Also = verbs("create", "update", "patch", "delete")
	p.Reached = []string{"text:dryRun is not supported"}
	p.Request = func(_ targets.Place, params probes.Params) targets.Request {
		node := params.With["node"]
		return targets.Request{
			Action: "get", Resource: "nodes/proxy", Name: node,
			Method: "GET", Path: r.path("", node, "proxy"), Query: query,
		}
	}
	p.State = func(_ targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{r.get("", params.With["node"], true)}
	}
	return p
}
