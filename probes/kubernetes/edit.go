package kubernetes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/template"
)

// edit is a change of an existing object by dry run, whichever verb it is made
// by: what a patch and a replacement have in common.
type edit struct {
	probe probes.Probe
	// scope is the template of the namespace that the object is in, "" for the
	// cluster.
	scope string
	change
}

// change is what an edit does to one object.
type change struct {
	// resource may hold templates over the parameters.
	resource resource
	// sub is the subresource, "" for the object itself.
	sub string
	// need is the parameter that names the object.
	need string
	// in is where the object is; the zero value is the place's namespace.
	in where
	// contentType of the patch.
	contentType string
	body        func(probes.Params) object
	// pin maps a JSON pointer of the body to the value that the guard wants.
	pin map[string]string
	// fields are the JSON pointers that the patch would change.
	fields []string
	// header stands in each request besides the content type.
	header map[string]string
	// inItself says that the object is the namespace: the authorizer sees a
	// namespace as being in itself.
	inItself bool
}

// where says in which scope an object is.
type where func(targets.Place, probes.Params) string

// thePlace is the namespace of the place.
func thePlace(place targets.Place, _ probes.Params) string { return place.Scope }

// theCluster is no namespace.
func theCluster(targets.Place, probes.Params) string { return "" }

// aNamespace is the namespace that a parameter names.
func aNamespace(_ targets.Place, params probes.Params) string { return params.With["namespace"] }

// patch makes the probe that sends the change as a patch.
func (e edit) patch() probes.Probe {
	p := e.complete()
	p.Also = several(verbs("update"), e.others())
	p.Limits = append(
		slices.Clone(p.Limits),
		"Attempts PATCH. Of PUT, which has the same effect, it asks the access rules; another probe attempts it.",
	)
	rule := targets.Rule{
		Method:   "PATCH",
		Path:     e.path(),
		Query:    dryRunQuery(),
		Mutating: true,
		Header:   e.headers(e.contentType),
		Body:     e.pin,
		Prepare:  e.resource.kept(),
	}
	if e.contentType == jsonPatch {
		rule.Body, rule.Text = nil, escaped(list(e.body(holes(p))))
	}
	p.Allow = []targets.Rule{rule}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		r := e.request("patch", "PATCH", e.contentType, place, params)
		r.Body = e.body(params).bytes()
		if e.contentType == jsonPatch {
			r.Body = []byte(list(e.body(params)))
		}
		return r
	}
	return p
}

// put makes the twin that sends the change as a replacement of the object as it
// was just read, bound to its uid and resourceVersion. id, title and why are the
// twin's own.
func (e edit) put(own probes.Probe) probes.Probe {
	p := e.complete()
	p.ID, p.Title, p.Why = own.ID, own.Title, own.Why
	p.Also = several(verbs("patch"), e.others())
	p.Limits = append(
		slices.Clone(p.Limits),
		"Attempts PUT. Where the object changes between its reading and the request, the server answers with a conflict, and the outcome is Inconclusive.",
	)
	read := e.sub
	if read == "approval" || read == "ephemeralcontainers" { // these are written as the whole object
		read = ""
	}
	p.Allow = []targets.Rule{{
		Method: "PUT", Path: e.path(), Query: dryRunQuery(), Mutating: true, Header: e.headers(jsonBody), Prepare: e.resource.kept(),
		Replace: &targets.Replace{
			Path: e.resource.path(e.scope, "{"+e.need+"}", read), Name: "{" + e.need + "}",
			Set: leaves("", e.body(holes(p)), e.contentType != mergePatch),
		},
	}}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		return e.request("update", "PUT", jsonBody, place, params)
	}
	return p
}

// others are the ways to the same effect that lead through other resources.
func (e edit) others() also {
	if e.probe.Also == nil {
		return alone
	}
	return e.probe.Also
}

// complete is the probe without its request.
func (e edit) complete() probes.Probe {
	p := complete(e.probe, probes.DryRun)
	p.Reached = []string{"status:200"}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		vars := params.Vars(place)
		q := e.resource.filled(vars).get(e.in(place, params), vars[e.need], true, e.fields...)
		if e.inItself {
			q.Request.Scope = place.Scope
		}
		return []targets.StateQuery{q}
	}
	return p
}

// path is the template of the request's path.
func (e edit) path() string { return e.resource.path(e.scope, "{"+e.need+"}", e.sub) }

func (e edit) headers(contentType string) map[string]string {
	h := map[string]string{"Content-Type": contentType}
	maps.Copy(h, e.header)
	return h
}

// request is the request without its body.
func (e edit) request(verb, method, contentType string, place targets.Place, params probes.Params) targets.Request {
	vars := params.Vars(place)
	scope, r := e.in(place, params), e.resource.filled(vars)
	out := targets.Request{
		Action: verb, Resource: subresource(r, e.sub), Name: vars[e.need], Scope: scope,
		Method: method, Path: r.path(scope, vars[e.need], e.sub), Query: queryOf(params.Arm), Header: e.headers(contentType),
	}
	if e.inItself {
		out.Scope = place.Scope
	}
	return out
}

// holes are parameters that stand for themselves: a body that is built from
// them is the template of one.
func holes(p probes.Probe) probes.Params {
	params := probes.Params{With: map[string]string{}, Run: "{run}", Arm: "{arm}", Place: map[string]string{"image": "{image}"}}
	for _, n := range p.Needs {
		params.With[n.Name] = "{" + n.Name + "}"
	}
	return params
}

// escaped escapes the braces of a text, but for those of parameters.
func escaped(text string) string {
	escaped := template.Literal(text)
	var b strings.Builder
	for rest := escaped; ; {
		before, tail, found := strings.Cut(rest, `{{`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(tail, `}}`)
		if closed && isName(name) {
			b.WriteString("{" + name + "}")
			rest = after
			continue
		}
		b.WriteString(`{{`)
		rest = tail
	}
}

// isName reports whether a text can be the name of a parameter.
func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// leaves are the fields that a patch sets, as templates of JSON by pointer.
// Where lists are merged, as by a strategic patch, their elements are appended.
func leaves(at string, o object, merged bool) map[string]string {
	out := map[string]string{}
	for name, v := range o {
		pointer := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		switch v := v.(type) {
		case object:
			maps.Copy(out, leaves(pointer, v, merged))
		case []object:
			if !merged || len(v) != 1 {
				out[pointer] = escaped(encoded(v))
				continue
			}
			out[pointer+"/-"] = escaped(encoded(v[0]))
		default:
			out[pointer] = escaped(encoded(v))
		}
	}
	return out
}

func encoded(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a literal of this package cannot be encoded: %v", err))
	}
	return string(b)
}

// list is a JSON patch (RFC 6902) that appends: an object's only field names
// the list, and its only element is what is appended.
func list(o object) string {
	var ops []object
	for _, name := range slices.Sorted(maps.Keys(o)) {
		for _, v := range o[name].([]object) {
			ops = append(ops, object{"op": "add", "path": "/" + name + "/-", "value": v})
		}
	}
	return encoded(ops)
}
