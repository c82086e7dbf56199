package lab

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed scoped.yaml
var scoped []byte

// grantScoped gives developers the rights of the posture Scoped.
func (k *Kubernetes) grantScoped() error {
	for dec := yaml.NewDecoder(bytes.NewReader(scoped)); ; {
		var o object
		err := dec.Decode(&o)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the rights of the posture %s: %w", Scoped, err)
		}
		kind := text(o, "kind")
		k.add(text(o, "apiVersion"), kind, strings.ToLower(kind)+"s", text(o, "metadata", "namespace"), text(o, "metadata", "name"), o)
	}
}
