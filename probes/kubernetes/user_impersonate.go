package kubernetes

import (
	"regexp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/template"
)

// UserImpersonate attempts to act as somebody else.
func UserImpersonate() probes.Probe {
	p := impersonates(probes.Probe{
		ID:       "kubernetes.user.impersonate",
		Title:    "Act as somebody who may deploy",
		Why:      "A developer who can impersonate a release identity deploys under its name, and the audit log shows an approval that nobody gave.",
		Severity: probes.Critical, Fix: "Bind impersonate on users to nobody but the prober and the operators of the cluster.",
		Attack:   "T1134.001",
		Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{{
			Name: "user", Doc: "a user who may deploy", Example: "release@corp.example",
			Pattern: regexp.MustCompile(`^[A-Za-z0-9]([-_:@A-Za-z0-9]|\.[-_:@A-Za-z0-9])*$`),
		}},
	}, "{user}")
	p.Also = func(place targets.Place, _ targets.Request) []targets.Action { // a ServiceAccount's right counts in its own namespace
		return []targets.Action{
			{Verb: "impersonate", Resource: "groups"},
			{Verb: "impersonate", Resource: "serviceaccounts"},
			{Verb: "impersonate", Resource: "serviceaccounts", Scope: place.Scope},
		}
	}
	build := p.Request
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		r := build(place, params)
		r.Resource, r.Name = "users", params.With["user"]
		return r
	}
	p.State = func(place targets.Place, _ probes.Params) []targets.StateQuery {
		return []targets.StateQuery{theNamespace(place)}
	}
	return p
}

// impersonates completes a probe that asks the server who the caller is, as
// somebody else. The server stores no review. Impersonation cannot be nested,
// so the developer needs a credential of their own. who is a template.
func impersonates(p probes.Probe, who string) probes.Probe {
	review := resource{"authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview"}
	headers := func(user string) map[string]string {
		return map[string]string{"Content-Type": jsonBody, "Impersonate-User": user}
	}
	p.Expect, p.Baseline = []targets.Layer{targets.Authorization}, standing()
	p.Requires = targets.Requirements{kubernetes.OwnCredential()}
	p.Limits = []string{
		"Shows the right to impersonate that one at all. Constrained impersonation (on by default since Kubernetes 1.36) is refused in words that name nobody: a refusal is then Inconclusive, and so is a yes, beside which nobody's no stands.",
	}
	p = complete(p, probes.SelfDefeating)
	p.Allow = []targets.Rule{{
		Method: "POST", Path: review.path("", "", ""), Mutating: true, Header: headers(who),
		Body: map[string]string{"/kind": review.kind}, Keep: []string{"/kind"},
	}}
	p.Reached = []string{"status:201"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		return targets.Request{
			Action: "impersonate", Method: "POST", Path: review.path("", "", ""), Header: headers(template.Text(who, params.Vars(place))),
			Body: object{"apiVersion": review.apiVersion(), "kind": review.kind}.bytes(),
		}
	}
	return p
}
