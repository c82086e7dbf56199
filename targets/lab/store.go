package lab

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// object is one stored object, as JSON.
type object = map[string]any

// key finds an object: RESOURCE[.GROUP], namespace, name.
type key struct{ resource, namespace, name string }

func (i info) key() key {
	namespace := i.namespace
	if i.resource == "namespaces" && i.group == "" {
		namespace = ""
	}
	return key{i.qualified(), namespace, i.name}
}

// clone copies an object in depth.
func clone(o object) object {
	b, err := json.Marshal(o)
	var out object
	if err != nil || json.Unmarshal(b, &out) != nil {
		return object{}
	}
	return out
}

// text follows a path of fields to a string, "" where there is none.
func text(o object, path ...string) string {
	var v any = o
	for _, p := range path {
		m, ok := v.(object)
		if !ok {
			return ""
		}
		v = m[p]
	}
	s, _ := v.(string)
	return s
}

// metadata returns an object's metadata, which it makes if there is none.
func metadata(o object) object {
	m, ok := o["metadata"].(object)
	if !ok {
		m = object{}
		o["metadata"] = m
	}
	return m
}

// find returns a copy of an object.
func (k *Kubernetes) find(id key) (object, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	o, ok := k.objects[id]
	return clone(o), ok
}

// put stores an object under a new resourceVersion.
func (k *Kubernetes) put(id key, o object) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.version++
	metadata(o)["resourceVersion"] = fmt.Sprint(k.version)
	k.objects[id] = o
}

// remove deletes an object.
func (k *Kubernetes) remove(id key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.objects, id)
}

// Snapshot is every stored object, as JSON by RESOURCE/NAMESPACE/NAME: two
// equal snapshots mean that nothing changed.
func (k *Kubernetes) Snapshot() map[string]string {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[string]string{}
	for id, o := range k.objects {
		b, err := json.Marshal(o)
		if err != nil {
			b = []byte(err.Error())
		}
		out[id.resource+"/"+id.namespace+"/"+id.name] = string(b)
	}
	return out
}

// list returns the objects of a collection, by name.
func (k *Kubernetes) list(i info) []any {
	k.mu.Lock()
	defer k.mu.Unlock()
	var ids []key
	for id := range maps.Keys(k.objects) {
		if id.resource == i.qualified() && (i.namespace == "" || id.namespace == i.namespace) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b key) int { return strings.Compare(a.namespace+"/"+a.name, b.namespace+"/"+b.name) })
	out := []any{}
	for _, id := range ids {
		out = append(out, clone(k.objects[id]))
	}
	return out
}

// newUID returns a uid from the cluster's own randomness.
func (k *Kubernetes) newUID() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return uuid.Must(uuid.NewRandomFromReader(k.cfg.Rand)).String()
}
