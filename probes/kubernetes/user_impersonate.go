package kubernetes

import (
	"regexp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// UserImpersonate attempts to act as somebody else: the request asks the
// server who the caller is, as the other user. The server stores no review.
// Impersonation cannot be nested, so the developer needs a credential of
// their own.
func UserImpersonate() probes.Probe {
	r := resource{"authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview"}
	headers := func(user string) map[string]string {
		return map[string]string{"Content-Type": jsonBody, "Impersonate-User": user}
	}
	p := complete(probes.Probe{
		ID: "kubernetes.user.impersonate", Title: "Act as somebody who may deploy",
		Why:    "A developer who can impersonate a release identity deploys under its name, and the audit log shows an approval that nobody gave.",
		Attack: "T1134.001", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.Authorization}, Baseline: standing(),
		RealCredential: true,
		Limits: []string{
			"Shows the right to impersonate that user at all. Constrained impersonation (on by default since Kubernetes 1.36) is refused in words that name no user; the outcome is then Inconclusive.",
		},
		Needs: []probes.Need{{
			Name: "user", Doc: "a user who may deploy", Example: "release@corp.example",
			Pattern: regexp.MustCompile(`^[A-Za-z0-9]([-_:@A-Za-z0-9]|\.[-_:@A-Za-z0-9])*$`),
		}},
	}, probes.SelfDefeating)
	p.Allow = []targets.Rule{{
		Method: "POST", Path: r.path("", "", ""), Mutating: true, Header: headers("{user}"),
		Body: map[string]string{"/kind": r.kind}, Keep: []string{"/kind"},
	}}
	p.Reached = []string{"status:201"}
	p.Request = func(_ targets.Place, params probes.Params) targets.Request {
		user := params.With["user"]
		return targets.Request{
			Action: "impersonate", Resource: "users", Name: user,
			Method: "POST", Path: r.path("", "", ""), Header: headers(user),
			Body: object{"apiVersion": r.apiVersion(), "kind": r.kind}.bytes(),
		}
	}
	p.State = func(place targets.Place, _ probes.Params) []targets.StateQuery {
		return []targets.StateQuery{theNamespace(place)}
	}
	return p
}
