package targets

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sodprobe/sodprobe/targets/template"
)

// Preparation is one read that has to come before a request, since the request
// is harmless only if the target is in a certain state. The guard makes the
// reads of a rule in their order, records them, and lets the request leave only
// if every one says what it must.
//
// Path, and the values of Query, Any, None, Else and Shows, may hold {name}
// templates as a rule's do, also over what earlier reads took.
type Preparation struct {
	// Service is the one of AWS that is asked; "" means the only host.
	Service string            `json:"service,omitempty"`
	Path    string            `json:"path"` // of a GET
	Query   map[string]string `json:"query,omitempty"`
	// Keep lists JSON pointers of the answer that the record keeps.
	Keep []string `json:"keep,omitempty"`
	// Must lists what the answer has to say.
	Must []Condition `json:"must,omitempty"`
	// Take names values of the answer for the reads that follow: a JSON pointer
	// by name. They stand in paths, so that only numbers and plain names do.
	Take map[string]string `json:"take,omitempty"`
	// Shows is the fact that the read establishes, for an adapter's invariant
	// to ask for; "" where none does.
	Shows string `json:"shows,omitempty"`
	// Else says what it means that nothing can be read.
	Else string `json:"else,omitempty"`
	// Soft lets the request leave all the same where this does not hold. Then a
	// yes says nothing: the request leaves a control out, and the record says
	// which. A no still counts.
	Soft bool `json:"soft,omitempty"`
	// Unless is a template: the read is left out where it fills to anything.
	Unless string `json:"unless,omitempty"`
	// Optional are the texts of a 404, whole or as its message, that show what the
	// read is for: the server does not know the kind of object.
	Optional []string `json:"optional,omitempty"`
}

// Condition is what the answer to a read has to say at one place. At most one
// of Any, None, NoneHaving, Fewer, AtLeast and Absent is set; with none of them,
// something other than null has to be there.
type Condition struct {
	// At is a JSON pointer, in which * stands for every element of a list; ""
	// is the whole answer.
	At string `json:"at"`
	// Any demands that one of the values there is one of these, in its JSON
	// text without quotes for strings.
	Any []string `json:"any,omitempty"`
	// None demands that there is no such value.
	None []string `json:"none,omitempty"`
	// NoneHaving demands that no value there is an object in which each of these
	// JSON pointers leads to one of these texts.
	NoneHaving map[string][]string `json:"noneHaving,omitempty"`
	// Fewer demands a list of fewer elements: one that may go on elsewhere
	// cannot show that something is not there.
	Fewer int `json:"fewer,omitempty"`
	// AtLeast demands a version that is this one, as in 17.11, or a later one.
	AtLeast string `json:"atLeast,omitempty"`
	// Absent demands that nothing is there.
	Absent bool `json:"absent,omitempty"`
	// Else says, in words, what it means where this does not hold.
	Else string `json:"else"`
}

// fillPreparations fills the templates of preparations. Names that a read will
// take stay as they are: the guard fills them in.
func fillPreparations(list []Preparation, vars map[string]string) ([]Preparation, error) {
	vars = maps.Clone(vars)
	out := make([]Preparation, len(list))
	for i, p := range list {
		filled, err := p.Fill(vars)
		if err != nil {
			return nil, fmt.Errorf("preparation %d: %w", i+1, err)
		}
		for name := range p.Take {
			vars[name] = "{" + name + "}"
		}
		out[i] = filled
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// Fill fills the templates of a preparation.
func (p Preparation) Fill(vars map[string]string) (Preparation, error) {
	var err error
	text := func(unfilled string) string {
		filled, wrong := template.Fill(unfilled, vars)
		if err == nil {
			err = wrong
		}
		return filled
	}
	texts := func(list []string) []string {
		out := slices.Clone(list)
		for i := range out {
			out[i] = text(out[i])
		}
		return out
	}
	p.Path, p.Shows, p.Else, p.Unless = text(p.Path), text(p.Shows), text(p.Else), text(p.Unless)
	p.Query = maps.Clone(p.Query)
	for k, v := range p.Query {
		p.Query[k] = text(v)
	}
	p.Must = slices.Clone(p.Must)
	for i, c := range p.Must {
		c.Any, c.None, c.Else = texts(c.Any), texts(c.None), text(c.Else)
		p.Must[i] = c
	}
	return p, err
}
