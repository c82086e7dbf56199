package kubernetes

import (
	"maps"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// connects completes a probe that opens a stream into a pod. With dryRun the
// server refuses after authorization, before admission and before it connects
// (kube-apiserver v1.37.2, endpoints/handlers/rest.go): no webhook is called.
// Whether admission would have decided is read beforehand.
func connects(p probes.Probe, sub string, query map[string]string) probes.Probe {
	p = stream(p)
	p.Also = verbs("get")
	p.Limits = append(
		p.Limits,
		"Attempts POST, which needs the verb create, and exercises authorization alone: where admission decides on such requests as well, a yes is Inconclusive. Before Kubernetes 1.35 the verb get alone opens the same stream; another probe attempts it.",
	)
	query = maps.Clone(query)
	query["dryRun"] = "All"
	header := map[string]string{"Content-Type": jsonBody}
	p.Allow = []targets.Rule{{
		Method: "POST", Path: pods().path("{scope}", "{pod}", sub), Query: query, Mutating: true, Header: header,
		Prepare: kubernetes.AdmissionOnConnect("pods", sub),
	}}
	p.Reached = []string{"text:dryRun is not supported"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		r := streamRequest(sub, place, params)
		r.Action, r.Method, r.Query, r.Header, r.Body = "create", "POST", query, header, object{}.bytes()
		return r
	}
	return p
}

// connectsByGet completes the twin that asks by GET. It carries no Upgrade
// header, so the server decides in full and then has no stream to open: "Upgrade
// request required" (apimachinery/pkg/util/proxy/upgradeaware.go). Since 1.35 it
// demands the verb create there as well, which a dry run would not reach. No
// admission webhook may match, since without a dry run it could act.
func connectsByGet(p probes.Probe, sub string, query map[string]string) probes.Probe {
	p = stream(p)
	p.Also = verbs("create")
	p.Limits = append(p.Limits, "Nothing is sent where an admission webhook is called on such requests: there is no dry run of them.")
	p.Allow = []targets.Rule{{
		Method: "GET", Path: pods().path("{scope}", "{pod}", sub), Query: query, Prepare: kubernetes.WithoutWebhooks(sub),
	}}
	p.Reached = []string{"text:Upgrade request required", "text:does not have a host assigned"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		r := streamRequest(sub, place, params)
		r.Action, r.Method, r.Query, r.Besides = "get", "GET", query, []string{"create"}
		return r
	}
	return p
}

// stream is what the probes of streams share.
func stream(p probes.Probe) probes.Probe {
	p = complete(p, probes.SelfDefeating)
	p.Needs = []probes.Need{existing("pod", "a running Pod; name another for the allowed namespace under permitted", "api-0")}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{pods().get(place.Scope, params.With["pod"], true, "/spec")}
	}
	return p
}

func streamRequest(sub string, place targets.Place, params probes.Params) targets.Request {
	pod := params.With["pod"]
	return targets.Request{Resource: subresource(pods(), sub), Name: pod, Scope: place.Scope, Path: pods().path(place.Scope, pod, sub)}
}
