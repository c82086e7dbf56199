package gitlab

import (
	"regexp"

	"github.com/sodprobe/sodprobe/probes"
)

// number is a need that is the id of something that exists.
func number(name, doc, example string) probes.Need {
	return probes.Need{Name: name, Doc: doc, Example: example, Pattern: regexp.MustCompile(`^[1-9][0-9]{0,9}$`)}
}

// ref is a need that is the short name of a branch or tag. It admits no '%'
// and no '..' (git-check-ref-format).
func ref(name, doc, example string) probes.Need {
	return probes.Need{Name: name, Doc: doc, Example: example, Pattern: regexp.MustCompile(`^[A-Za-z0-9_]([-A-Za-z0-9_]|[./][A-Za-z0-9_])*$`)}
}

// elsewhere gives a need another example for the allowed place.
func elsewhere(n probes.Need, example string) probes.Need {
	n.Elsewhere = example
	return n
}
