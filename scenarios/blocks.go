package scenarios

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/sodprobe/sodprobe/targets"
)

// block decodes what stands under a system's name in a target or in an identity, into
// the system's own struct. It reports whether there is such a block.
func (d *decoder) block(k, n *yaml.Node, v reflect.Value, path string) bool {
	system, ok := d.systems.Find(targets.SystemName(k.Value))
	if !ok {
		return false
	}
	switch owner := v.Addr().Interface().(type) {
	case *targets.Target:
		block := system.NewTarget()
		d.value(n, reflect.ValueOf(block).Elem(), join(path, k.Value))
		owner.Block = block
	case *targets.Identity:
		block := system.NewIdentity()
		d.value(n, reflect.ValueOf(block).Elem(), join(path, k.Value))
		owner.Blocks = append(owner.Blocks, block)
	default:
		return false
	}
	return true
}

// order brings blocks into the order of the systems, whatever the file's is, and
// leaves a target of two systems without any.
func (d *decoder) order(v reflect.Value, keys []*yaml.Node) {
	switch owner := v.Addr().Interface().(type) {
	case *targets.Target:
		blocks := 0
		for _, k := range keys {
			if _, ok := d.systems.Find(targets.SystemName(k.Value)); ok {
				blocks++
			}
		}
		if blocks != 1 {
			owner.Block = nil
		}
	case *targets.Identity:
		names := d.systems.Names()
		slices.SortStableFunc(owner.Blocks, func(a, b targets.IdentityBlock) int {
			return cmp.Compare(slices.Index(names, a.System()), slices.Index(names, b.System()))
		})
	}
}

// systemNames are the fields that systems add to a struct.
func (d *decoder) systemNames(v reflect.Value) []string {
	switch v.Addr().Interface().(type) {
	case *targets.Target, *targets.Identity:
		return texts(d.systems.Names())
	}
	return nil
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

func namesOf(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// whereSecret decodes where a secret is, in exactly one way. A secret itself is
// refused, and never repeated.
func (d *decoder) whereSecret(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.secret(n.Line, n.Column, path+": a secret has no place in a scenario", "say where it is: {env: …}, {file: …} or {keyring: …}")
		return
	}
	d.mapping(n, v, path)
	ways := 0
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			ways++
		}
	}
	if ways != 1 {
		d.at(n.Line, n.Column, fmt.Sprintf("%d ways to find the secret", ways), "exactly one of: env, file, keyring")
	}
}
