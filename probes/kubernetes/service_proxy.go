package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// ServiceProxy attempts to send a request to a service through the API server.
// With dryRun the server refuses after authorization and before it connects
// (kube-apiserver v1.37.2, endpoints/handlers/rest.go). Without it, the request
// would reach the application.
func ServiceProxy() probes.Probe {
	r := core("services", "Service")
	query := map[string]string{"dryRun": "All"}
	header := map[string]string{"Content-Type": jsonBody}
	p := complete(probes.Probe{
		ID: "kubernetes.service.proxy", Title: "Send requests to a production service through the API server",
		Why:      "A developer who can reach a production Service through the API server uses its administration pages, past its network policies.",
		Severity: probes.High, Fix: "Take create on services/proxy in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1609", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.Authorization},
		Needs:  []probes.Need{existing("service", "a Service that exists in both namespaces", "api")},
		Limits: []string{"Authorization only: where admission decides on such requests as well, a yes is Inconclusive."},
	}, probes.SelfDefeating)
	p.Also = verbs("get", "update", "patch", "delete")
	p.Allow = []targets.Rule{{
		Method: "POST", Path: r.path("{scope}", "{service}", "proxy"), Query: query, Header: header, Mutating: true, Keep: []string{"/kind"},
		Prepare: kubernetes.AdmissionOnConnect("services", "proxy"),
	}}
	p.Reached = []string{"text:dryRun is not supported"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		service := params.With["service"]
		return targets.Request{
			Action: "create", Resource: "services/proxy", Name: service, Scope: place.Scope,
			Method: "POST", Path: r.path(place.Scope, service, "proxy"), Query: query, Header: header, Body: object{}.bytes(),
		}
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{r.get(place.Scope, params.With["service"], true)}
	}
	return p
}
