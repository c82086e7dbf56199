package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
)

// replacement is the body that a rule's Replace lets leave, and what of it is
// recorded: the object may hold what nobody should read.
type replacement struct{ body, record string }

// Replacement is the body of the request that a rule of the lease builds from
// the live object; nil before Prepare, and where no rule does.
func (l *Lease) Replacement() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made.body == "" {
		return nil
	}
	return []byte(l.made.body)
}

// replace reads the object that a rule replaces and makes the change.
func replace(ctx context.Context, r targets.Replace, read Reader) (replacement, []targets.Exchange, string) {
	keep := []string{"/kind", "/metadata/name", "/metadata/uid", "/metadata/resourceVersion"}
	x, answer, problem := read(ctx, targets.Request{Method: http.MethodGet, Path: r.Path}, keep)
	steps := []targets.Exchange{x}
	if problem != "" {
		return replacement{}, steps, "the object that it would replace: " + problem
	}
	o, ok := answer.(map[string]any)
	if !ok {
		return replacement{}, steps, r.Path + " is not an object"
	}
	bound := map[string]string{}
	for _, name := range []string{"name", "uid", "resourceVersion"} {
		value, _ := document.At(o, "/metadata/"+name)
		bound[name], _ = value.(string)
	}
	if bound["name"] != r.Name || bound["uid"] == "" || bound["resourceVersion"] == "" {
		return replacement{}, steps, fmt.Sprintf("%s has the name %q, a uid %q and a resourceVersion %q: the request could not be bound to it",
			r.Path, bound["name"], bound["uid"], bound["resourceVersion"])
	}
	made, err := changed(o, r.Set, bound)
	if err != nil {
		return replacement{}, steps, "the change cannot be made: " + err.Error()
	}
	return made, steps, ""
}

// changed is an object with its changes.
func changed(o map[string]any, set, bound map[string]string) (replacement, error) {
	values := map[string]json.RawMessage{}
	for _, pointer := range slices.Sorted(maps.Keys(set)) {
		dec := json.NewDecoder(strings.NewReader(set[pointer]))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			return replacement{}, fmt.Errorf("the value for %s: %w", pointer, err)
		}
		if strings.HasPrefix(pointer, "/metadata/name") || strings.HasPrefix(pointer, "/metadata/uid") ||
			strings.HasPrefix(pointer, "/metadata/resourceVersion") {
			return replacement{}, fmt.Errorf("%s binds the request to the object", pointer)
		}
		if err := assign(o, strings.Split(strings.TrimPrefix(pointer, "/"), "/"), v); err != nil {
			return replacement{}, fmt.Errorf("%s: %w", pointer, err)
		}
		values[pointer] = json.RawMessage(set[pointer])
	}
	body, err := json.Marshal(o)
	if err != nil {
		return replacement{}, err
	}
	sum := sha256.Sum256(body)
	record, err := json.Marshal(map[string]any{"metadata": bound, "set": values, "sha256": hex.EncodeToString(sum[:])})
	return replacement{string(body), string(record)}, err
}

// assign puts a value at a path, making the objects and the list on the way.
func assign(o map[string]any, path []string, v any) error {
	name := document.Name(path[0])
	switch {
	case len(path) == 1:
		o[name] = v
		return nil
	case len(path) == 2 && path[1] == "-":
		list, ok := o[name].([]any)
		if !ok && o[name] != nil {
			return errors.New("it is not a list")
		}
		o[name] = append(slices.Clone(list), v)
		return nil
	}
	next, ok := o[name].(map[string]any)
	if !ok && o[name] != nil {
		return errors.New("it is not an object")
	}
	if next == nil {
		next = map[string]any{}
		o[name] = next
	}
	return assign(next, path[1:], v)
}
