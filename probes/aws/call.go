package aws

import (
	"context"
	"errors"
	"reflect"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/template"
)

// input is what a request is made of: the place and the parameters.
type input struct {
	targets.Place
	vars map[string]string
}

func inputOf(place targets.Place, params probes.Params) input {
	return input{place, params.Vars(place)}
}

// of returns a parameter, or a text with parameters in it.
func (in input) of(text string) *string {
	return sdk.String(template.Text(text, in.vars))
}

// call is one call of the SDK.
type call = func(sdk.Config) error

// sends is the call of one operation by a service's client.
func sends[C, I, O, F any](
	connect func(sdk.Config, ...F) *C,
	operation func(*C, context.Context, *I, ...F) (*O, error),
	in *I,
	options ...F,
) call {
	return func(cfg sdk.Config) error {
		_, err := operation(connect(cfg, options...), context.Background(), in) // nothing is sent
		return err
	}
}

// dryRun is the call of one operation of EC2 as its own dry run. An input
// without that field gives no request at all.
func dryRun[I, O any](operation func(*ec2.Client, context.Context, *I, ...func(*ec2.Options)) (*O, error), in *I) call {
	field := reflect.ValueOf(in).Elem().FieldByName("DryRun")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*bool]() {
		return func(sdk.Config) error { return errors.New("the operation has no dry run") }
	}
	field.Set(reflect.ValueOf(sdk.Bool(true)))
	return sends(ec2.NewFromConfig, operation, in)
}

// attempt is a request to a service of AWS that cannot take effect.
type attempt struct {
	service string
	// action is IAM's name for it, and resource a template of its ARN, or "*"
	// where the action has none.
	action, resource string
	dependents       []string
	// labels is the action that it takes besides to give tags, where the scenario
	// gives some.
	labels  string
	rule    targets.Rule
	reached []string
	call    func(input) call
	// asks is a template of the one resource that the rules are asked about, where
	// the request is about several.
	asks string
	// real is a template of what the request would be about, where it has to
	// name what does not exist.
	real  string
	state func(input) []targets.StateQuery
}

// complete makes a probe of an attempt.
func complete(p probes.Probe, t probes.Technique, a attempt) probes.Probe {
	p.System, p.Technique, p.Null = aws.Name, t, !p.Requires.Has(aws.NeedsWebIdentity)
	a.rule.Service, a.rule.Mutating = a.service, true
	if a.rule.Keep == nil {
		a.rule.Keep = []string{}
	}
	p.Allow, p.Reached = []targets.Rule{a.rule}, a.reached
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		in := inputOf(place, params)
		r := aws.Wire(a.service, place.Scope, a.call(in))
		r.Action, r.Resource, r.Scope, r.Dependents = a.action, *in.of(a.resource), place.Scope, a.dependents
		if a.labels != "" && in.labels() != nil {
			r.Dependents = append(slices.Clone(r.Dependents), a.labels)
		}
		return r
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return a.state(inputOf(place, params))
	}
	about := func(text string) func(targets.Place, probes.Params) targets.Action {
		return func(place targets.Place, params probes.Params) targets.Action {
			return targets.Action{Verb: a.action, Resource: *inputOf(place, params).of(text), Scope: place.Scope}
		}
	}
	if a.real != "" {
		p.Ghost = about(a.real)
	}
	if a.asks != "" {
		p.Asks = about(a.asks)
	}
	if p.Expect == nil {
		p.Expect = layers()
	}
	if p.Controls == nil {
		p.Controls = probes.ChangeControls()
	}
	return p
}

// defeats completes a probe whose request defeats itself.
func defeats(p probes.Probe, a attempt) probes.Probe { return complete(p, probes.SelfDefeating, a) }

// layers are the policies that may refuse a developer.
func layers() []targets.Layer {
	return []targets.Layer{targets.IdentityPolicy, targets.PermissionsBoundary, targets.SCP, targets.RCP, targets.ResourcePolicy}
}

// The rules of the protocols: which operation, and the fields that make it
// harmless. Values are templates.

func form(operation string, pins map[string]string) targets.Rule {
	body := map[string]string{"/Action": operation}
	for k, v := range pins {
		body["/"+k] = v
	}
	return targets.Rule{Method: "POST", Path: "/", Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, Body: body}
}

func rpc(target string, pins map[string]string) targets.Rule {
	return targets.Rule{
		Method: "POST",
		Path:   "/",
		Header: map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target},
		Body:   pins,
	}
}

func rest(method, path string, pins map[string]string) targets.Rule {
	return targets.Rule{Method: method, Path: path, Header: map[string]string{"Content-Type": "application/json"}, Body: pins}
}

// nothing is what is no policy of a bucket and no template, as rules have it.
func nothing() string { return template.Literal(aws.NoPolicy) }

// noDocument is a policy document that is none, as rules have it.
func noDocument() string { return template.Literal(aws.NoDocument) }
