package kubernetes

import (
	"encoding/json"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// SecretCreateToken attempts to have a long-lived token of a ServiceAccount
// made, by a Secret of the type that asks for one. It is not stored, so that
// nobody makes the token.
func SecretCreateToken() probes.Probe {
	r := core("secrets", "Secret")
	p := creates(probes.Probe{
		ID: "kubernetes.secret.create-token", Title: "Have a long-lived token of a ServiceAccount made",
		Why:      "A developer who can create Secrets in production obtains a token of any of its ServiceAccounts, without expiry.",
		Severity: probes.Critical, Fix: "Take create on secrets in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1528", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{existing("serviceaccount", "a ServiceAccount that exists in both namespaces", "api")},
	}, r, func(params probes.Params) object {
		return object{
			"type":     "kubernetes.io/service-account-token",
			"metadata": object{"name": params.Run, "annotations": object{"kubernetes.io/service-account.name": params.With["serviceaccount"]}},
		}
	})
	p.Also = func(_ targets.Place, r targets.Request) []targets.Action {
		return []targets.Action{{Verb: "create", Resource: "serviceaccounts/token", Name: accountOf(r.Body), Scope: r.Scope}}
	}
	p.Allow[0].Header["Accept"] = metadataOnly
	p.Allow[0].Body["/type"] = "kubernetes.io/service-account-token"
	build := p.Request
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		q := build(place, params)
		q.Header["Accept"] = metadataOnly
		return q
	}
	state := p.State
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return append(state(place, params), core("serviceaccounts", "ServiceAccount").get(place.Scope, params.With["serviceaccount"], true))
	}
	return p
}

// accountOf is the ServiceAccount that a Secret asks a token of.
func accountOf(body []byte) string {
	var secret struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if json.Unmarshal(body, &secret) != nil {
		return "" // then any is asked about
	}
	return secret.Metadata.Annotations["kubernetes.io/service-account.name"]
}
