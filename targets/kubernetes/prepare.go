package kubernetes

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// What a request's harmlessness can rest on, as reads for a probe's rules. The
// invariant asks for the facts.

// Served shows that the API server itself keeps the objects of a custom kind,
// and honors a dry run for them. An aggregated API server may ignore dryRun and
// write (cozystack #3982, #3971). group and version may be templates.
func Served(plural, group, version string) []targets.Preparation {
	kind := plural + "." + group
	another := "the answer is not the APIService of " + group + "/" + version
	return []targets.Preparation{{
		Path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + kind, Keep: []string{"/kind", "/metadata/name", "/metadata/uid"},
		Else: "no CustomResourceDefinition of " + kind + " can be read, so something else may serve it, and may not know a dry run",
		Must: []targets.Condition{
			{At: "/kind", Any: []string{"CustomResourceDefinition"}, Else: "the answer is not the CustomResourceDefinition of " + kind},
			{At: "/spec/group", Any: []string{group}, Else: "the answer is not the CustomResourceDefinition of " + kind},
			{At: "/spec/versions/*/name", Any: []string{version}, Else: "the CustomResourceDefinition of " + kind + " has no version " + version},
		},
	}, {
		Path: "/apis/apiregistration.k8s.io/v1/apiservices/" + version + "." + group, Keep: []string{"/kind", "/metadata/name", "/metadata/uid"},
		Else: "whether the API server itself serves " + group + " cannot be read",
		Must: []targets.Condition{
			{At: "/kind", Any: []string{"APIService"}, Else: another},
			{At: "/spec/group", Any: []string{group}, Else: another},
			{At: "/spec/version", Any: []string{version}, Else: another},
			{
				At:     "/spec/service",
				Absent: true,
				Else:   group + "/" + version + " is served by an aggregated API server, which may not know a dry run",
			},
		},
		Shows: served(plural, group, version),
	}}
}

func served(plural, group, version string) string {
	return plural + "." + group + " in " + version + " is kept by the API server itself"
}

// WithoutWebhooks shows that no admission webhook is called when a stream into
// a Pod is asked for. There is no dry run of that, so a webhook could act.
func WithoutWebhooks(sub string) []targets.Preparation {
	list := onConnect("pods", sub, false, "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
	list[len(list)-1].Shows = unhooked(sub)
	return list
}

func unhooked(sub string) string { return "no webhook is called on CONNECT to pods/" + sub }

// AdmissionOnConnect looks whether admission decides on connections to what a
// resource stands for. A dry run of one ends before admission (kube-apiserver v1.37.2,
// endpoints/handlers/rest.go: "dryRun is not supported"), so that where it does,
// the yes of a dry run says nothing.
func AdmissionOnConnect(resource, sub string) []targets.Preparation {
	return onConnect(resource, sub, true,
		"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
}

// onConnect reads the admission configuration of each kind: none may match
// CONNECT to the subresource (k8s.io/api/admissionregistration/v1, Rule). What
// an API server reads from files is not among it.
func onConnect(resource, sub string, soft bool, kinds ...string) []targets.Preparation {
	out := []targets.Preparation{withoutFiles(soft)}
	for _, kind := range kinds {
		at, plural := "/items/*/webhooks/*/rules/*", strings.ToLower(kind)+"s"
		versions, optional := []string{"v1"}, []string(nil)
		if policy, isPolicy := strings.CutSuffix(plural, "policys"); isPolicy {
			at, plural = "/items/*/spec/matchConstraints/resourceRules/*", policy+"policies"
		}
		if kind == "MutatingAdmissionPolicy" { // v1alpha1 since Kubernetes 1.32, v1 since 1.36
			versions, optional = []string{"v1", "v1beta1", "v1alpha1"}, unserved()
		}
		matches := targets.Condition{
			At: at, Else: "one of the " + plural + " matches CONNECT to " + resource + "/" + sub,
			NoneHaving: map[string][]string{
				"/operations/*": {"CONNECT", "*"},
				"/apiGroups/*":  {"", "*"},
				"/resources/*":  {resource + "/" + sub, resource + "/*", "*/" + sub, "*/*"},
			},
		}
		for _, version := range versions {
			out = append(out, targets.Preparation{
				Path: "/apis/admissionregistration.k8s.io/" + version + "/" + plural, Soft: soft, Optional: optional,
				Else: "whether one of the " + plural + " matches CONNECT cannot be read",
				Must: append(aWholeList(kind), matches),
			})
		}
	}
	return out
}

// unserved are the words of the API server for a path that it does not serve:
// net/http's own, and those of a Status (seen on v1.37.2). Of an object that is
// missing it names the object.
func unserved() []string {
	return []string{"404 page not found", "the server could not find the requested resource"}
}

// aWholeList says that an answer is all objects of a kind: whatever else
// answers, without items, must not show that there are none.
func aWholeList(kind string) []targets.Condition {
	not := "the answer is not the whole list of every " + kind
	return []targets.Condition{
		{At: "/kind", Any: []string{kind + "List"}, Else: not},
		{At: "/items", Fewer: math.MaxInt, Else: not},
		{At: "/metadata/continue", Absent: true, Else: not},
	}
}

// withoutFiles shows that the server is too old to read webhooks and policies
// from files, which the API would not show (KEP-5793: alpha in Kubernetes 1.36,
// on by default since 1.37), unless management states that none does.
func withoutFiles(soft bool) targets.Preparation {
	p := targets.Preparation{
		Path: "/version", Keep: []string{"/major", "/minor"}, Soft: soft, Unless: "{staticAdmission}",
		Else: "which version the server is cannot be read",
		Must: []targets.Condition{
			{
				At:   "/minor",
				Else: "since Kubernetes 1.36 an API server may read webhooks and policies from files, which the API does not show; where none does, state it in the target (staticAdmission: none)",
			},
		},
	}
	for minor := 19; minor < 36; minor++ {
		p.Must[0].Any = append(p.Must[0].Any, fmt.Sprint(minor), fmt.Sprintf("%d+", minor)) // a provider's own build
	}
	return p
}

// reader acts as the observer who reads what a request rests on.
func (c *Cluster) reader(ctx context.Context) (*Session, error) { return c.assume(ctx, c.cfg.Reader) }

// prepare makes the reads that the rules of a lease want. It answers with their
// records, and with the reason why the request must not be sent.
func (c *Cluster) prepare(ctx context.Context, lease *guard.Lease) ([]targets.Exchange, string) {
	return lease.Prepare(ctx, func(ctx context.Context, r targets.Request, keep []string) (targets.Exchange, any, string) {
		s, err := c.reader(ctx)
		if err != nil {
			return targets.Exchange{}, nil, fmt.Sprintf("the observer cannot be assumed: %v", err)
		}
		x, answer := s.document(ctx, r.Path, keep)
		switch {
		case x.Status != http.StatusOK || x.Truncated:
			return x, nil, fmt.Sprintf("read %s: %s", r.Path, Classify(targets.Case{Exchange: x}).Reason)
		case answer == nil:
			return x, nil, fmt.Sprintf("read %s: the answer is no document", r.Path)
		}
		return x, answer, ""
	})
}

// Builtin reports whether an API group is the API server's own
// (k8s.io/kubernetes pkg/controlplane/instance.go, v1.37.2).
func Builtin(group string) bool {
	switch group {
	case "", "apps", "autoscaling", "batch", "policy", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
		"authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
		"flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io",
		"scheduling.k8s.io", "storage.k8s.io":
		return true
	}
	return false
}

// reads are the observer's rights that preparations need.
func prepared(rules []targets.Rule) []targets.Request {
	var out []targets.Request
	add := func(path string) {
		at := locate(path)
		switch {
		case at.version == "": // what everybody may read
			return
		case at.resource == "": // a namespace, which the authorizer sees as being in itself
			at.resource, at.name = "namespaces", at.namespace
		}
		r := targets.Request{Action: "get", Resource: at.resource, Name: at.name, Scope: at.namespace, Path: path}
		if at.group != "" {
			r.Resource += "." + at.group
		}
		if at.sub != "" {
			r.Resource += "/" + at.sub
		}
		if at.name == "" {
			r.Action = "list"
		}
		out = append(out, r)
	}
	for _, rule := range rules {
		for _, p := range rule.Prepare {
			if !strings.ContainsAny(p.Path, "{}") {
				add(p.Path)
			}
		}
		if rule.Replace != nil {
			add(rule.Replace.Path)
		}
	}
	return out
}
