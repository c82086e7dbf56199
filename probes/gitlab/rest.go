package gitlab

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/template"
)

const jsonBody = "application/json"

// nobody is gitlab.NoID as a number: no account has it.
const nobody = 2147483647

// object is a JSON body.
type object map[string]any

func (o object) bytes() []byte {
	b, err := json.Marshal(o)
	if err != nil {
		return nil // strings and numbers always encode
	}
	return b
}

// write is a request to the REST API that cannot take effect.
type write struct {
	// route is GitLab's name for it, as in POST /projects/:id/members.
	route string
	// path is the template below the project.
	path string
	// resource is the kind of object, and name a template of which one, where a
	// prediction asks.
	resource, name string
	body           func(targets.Place, probes.Params) object
	// pin maps a JSON pointer of the body to the value that makes the request
	// defeat itself.
	pin map[string]string
	// reached is what an authorized caller gets.
	reached []string
	// keep are the fields of a success that are recorded.
	keep []string
	// prepare are the reads that its harmlessness rests on.
	prepare []targets.Preparation
	// real names what the request would be about, where it has to name what does
	// not exist; a template over the place.
	real string
	// shown says that what is prepared exists only where the probe's Tier does.
	shown bool
	// before says what versions older than the probe's Since do.
	before string
	// header are the request's headers beside the content type.
	header map[string]string
	state  func(targets.Place, probes.Params) []targets.StateQuery
}

// complete fills in what all probes of this package share.
func complete(p probes.Probe, t probes.Technique) probes.Probe {
	p.System, p.Technique = gitlab.Name, t
	return p
}

// writes completes a probe that sends one self-defeating write.
func writes(p probes.Probe, w write) probes.Probe {
	p = complete(p, probes.SelfDefeating)
	method, _, _ := strings.Cut(w.route, " ")
	prepare := w.prepare
	since := p.Requires.Value(gitlab.NeedsVersion)
	licensed := p.Requires.Has(gitlab.NeedsEdition) && !w.shown // a missing licence answers in the words of a missing right
	if licensed || since != "" {
		prepare = slices.Concat(gitlab.Instance(since, w.before, licensed), prepare)
	}
	path, keep := projectPath+w.path, w.keep
	if keep == nil {
		keep = []string{}
	}
	header := map[string]string{"Content-Type": jsonBody}
	maps.Copy(header, w.header)
	p.Allow = []targets.Rule{{
		Method: method, Path: path, Header: header,
		Body: w.pin, Mutating: true, Keep: keep, Prepare: prepare,
	}}
	p.Reached = w.reached
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		body := object{}
		if w.body != nil {
			body = w.body(place, params)
		}
		return targets.Request{
			Action: w.route, Resource: w.resource, Name: template.Text(w.name, params.Vars(place)), Scope: place.Scope,
			Method: method, Path: template.Text(path, params.Vars(place)),
			Header: header, Body: body.bytes(),
		}
	}
	if w.real != "" {
		p.Ghost = func(place targets.Place, params probes.Params) targets.Action {
			return targets.Action{Verb: w.route, Resource: w.resource, Name: template.Text(w.real, params.Vars(place)), Scope: place.Scope}
		}
	}
	p.State = w.state
	return p
}
