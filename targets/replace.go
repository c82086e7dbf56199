package targets

import (
	"maps"

	"github.com/sodprobe/sodprobe/targets/template"
)

// Replace makes a rule's request a PUT of an object as it was just read, with a
// few fields changed. The guard reads the object, builds the body, and lets no
// other leave: it names the object by uid and resourceVersion, so that it is
// refused if the object is another one by then, or has moved.
//
// Path and Name, and the values of Set, may hold templates as a rule's do.
type Replace struct {
	// Path is that of the GET that reads the object.
	Path string `json:"path"`
	// Name is the metadata.name that it must have.
	Name string `json:"name"`
	// Set maps JSON pointers to the JSON text of their new value. A pointer that
	// ends in /- appends to a list, which is made where there is none.
	Set map[string]string `json:"set"`
}

func fillReplace(r *Replace, vars map[string]string) (*Replace, error) {
	if r == nil {
		return nil, nil
	}
	out := &Replace{Set: maps.Clone(r.Set)}
	var err error
	if out.Path, err = template.Fill(r.Path, vars); err != nil {
		return nil, err
	}
	if out.Name, err = template.Fill(r.Name, vars); err != nil {
		return nil, err
	}
	out.Set, err = fillMap(r.Set, vars)
	return out, err
}
