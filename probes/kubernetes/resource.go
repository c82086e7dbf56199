package kubernetes

import (
	"encoding/json"
	"fmt"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/template"
)

// resource is one kind of object as the API server serves it.
type resource struct {
	group, version, plural string
	kind                   string
}

// String is the resource as RBAC and error messages name it: PLURAL[.GROUP].
func (r resource) String() string {
	if r.group == "" {
		return r.plural
	}
	return r.plural + "." + r.group
}

// apiVersion is the value of an object's apiVersion.
func (r resource) apiVersion() string {
	if r.group == "" {
		return r.version
	}
	return r.group + "/" + r.version
}

// path is the URL path of the collection, or of an object or subresource.
// scope "" is the cluster.
func (r resource) path(scope, name, sub string) string {
	p := "/apis/" + r.apiVersion()
	if r.group == "" {
		p = "/api/" + r.version
	}
	if scope != "" {
		p += "/namespaces/" + scope
	}
	p += "/" + r.plural
	if name != "" {
		p += "/" + name
	}
	if sub != "" {
		p += "/" + sub
	}
	return p
}

// filled fills the templates of a resource.
func (r resource) filled(vars map[string]string) resource {
	return resource{template.Text(r.group, vars), template.Text(r.version, vars), template.Text(r.plural, vars), r.kind}
}

// kept are the reads that show that a dry run of a custom kind is one; nil for
// the API server's own kinds.
func (r resource) kept() []targets.Preparation {
	if kubernetes.Builtin(r.group) {
		return nil
	}
	return kubernetes.Served(r.plural, r.group, r.version)
}

// object is a JSON object. Its encoding is deterministic: keys are sorted.
type object map[string]any

func (o object) bytes() []byte {
	b, err := json.Marshal(o)
	if err != nil {
		panic(fmt.Sprintf("a literal of this package cannot be encoded: %v", err))
	}
	return b
}

// with adds one field.
func with(o object, key string, value any) object {
	o[key] = value
	return o
}

// named is the head of an object of this resource.
func (r resource) named(name string) object {
	return object{"apiVersion": r.apiVersion(), "kind": r.kind, "metadata": object{"name": name}}
}

// also are the other actions that have the effect of a request.
type also = func(targets.Place, targets.Request) []targets.Action

// several are all of them.
func several(list ...also) also {
	return func(place targets.Place, r targets.Request) []targets.Action {
		var out []targets.Action
		for _, other := range list {
			out = append(out, other(place, r)...)
		}
		return out
	}
}

// verbs are the same action by other verbs, on the same object.
func verbs(list ...string) also {
	return func(_ targets.Place, r targets.Request) []targets.Action {
		out := make([]targets.Action, len(list))
		for i, verb := range list {
			out[i] = targets.ActionOf(r)
			out[i].Verb = verb
		}
		return out
	}
}

// alone says that no other action has the same effect.
func alone(targets.Place, targets.Request) []targets.Action { return nil }

// through is another action that has the same effect.
func through(verb, resource string, named bool) also {
	return func(_ targets.Place, r targets.Request) []targets.Action {
		a := targets.Action{Verb: verb, Resource: resource, Scope: r.Scope}
		if named {
			a.Name = r.Name
		}
		return []targets.Action{a}
	}
}

// collectively are the same action by other verbs, on all objects of the kind.
func collectively(list ...string) also {
	return func(place targets.Place, r targets.Request) []targets.Action {
		r.Name = ""
		return verbs(list...)(place, r)
	}
}

// get is a read of state.
func (r resource) get(scope, name string, mustExist bool, fields ...string) targets.StateQuery {
	return targets.StateQuery{
		Request: targets.Request{
			Action: "get", Resource: r.String(), Name: name, Scope: scope,
			Method: "GET", Path: r.path(scope, name, ""),
		},
		Fields: fields, MustExist: mustExist,
	}
}

// theNamespace is a read of the place itself. The authorizer sees a namespace
// as being in itself.
func theNamespace(place targets.Place) targets.StateQuery {
	q := namespaces().get("", place.Scope, true)
	q.Request.Scope = place.Scope
	return q
}

func apps(plural, kind string) resource  { return resource{"apps", "v1", plural, kind} }
func batch(plural, kind string) resource { return resource{"batch", "v1", plural, kind} }
func core(plural, kind string) resource  { return resource{"", "v1", plural, kind} }
func rbac(plural, kind string) resource {
	return resource{"rbac.authorization.k8s.io", "v1", plural, kind}
}
func deployments() resource { return apps("deployments", "Deployment") }
func pods() resource        { return core("pods", "Pod") }
func namespaces() resource  { return core("namespaces", "Namespace") }

// withKind is a resource with the kind of its objects.
func withKind(r resource, kind string) resource {
	r.kind = kind
	return r
}

func admission(plural string) resource {
	return resource{"admissionregistration.k8s.io", "v1", plural, ""}
}
