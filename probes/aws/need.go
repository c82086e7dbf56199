package aws

import (
	"regexp"
	"strings"

	"github.com/sodprobe/sodprobe/probes"
)

// name is a parameter that is one name, without a path.
func name(of, doc, example string) probes.Need {
	return probes.Need{
		Name:    of,
		Doc:     doc,
		Example: example,
		Pattern: regexp.MustCompile(`^[A-Za-z0-9_][-A-Za-z0-9_]*([.+=@][-A-Za-z0-9_]+)*$`),
	}
}

// path is a parameter with slashes in it.
func path(of, doc, example string) probes.Need {
	return probes.Need{Name: of, Doc: doc, Example: example, Pattern: regexp.MustCompile(`^[A-Za-z0-9_]([-A-Za-z0-9_]|[./][A-Za-z0-9_])*$`)}
}

// id is the id of something of EC2.
func id(of, doc, prefix string) probes.Need {
	return probes.Need{
		Name:    of,
		Doc:     doc,
		Example: prefix + "-0a1b2c3d4e5f60718",
		Pattern: regexp.MustCompile(`^` + prefix + `-[0-9a-f]{8,17}$`),
	}
}

// elsewhere gives a parameter an example at the allowed place.
func elsewhere(n probes.Need, example string) probes.Need {
	n.Elsewhere = example
	return n
}

// prefix is what stands before the run's marker in the name of something that
// does not exist: rights are often granted by such a beginning.
func prefix() probes.Need {
	n := name("prefix", "what names of production begin with, so that rights granted by name show", "prod-")
	n.Default = "prod-"
	return n
}

// none stands where an optional parameter is not given.
const none = "none"

// optional makes a parameter one that need not be given.
func optional(n probes.Need) probes.Need {
	n.Default = none
	return n
}

// tags are what a real request would label its object with: rights often demand
// it.
func tags() probes.Need {
	return optional(probes.Need{
		Name:    "tags",
		Doc:     "the tags that the right to this demands, as in team=payments,stage=prod",
		Example: "team=payments",
		Pattern: regexp.MustCompile(`^(none|[A-Za-z0-9_.-]+=[A-Za-z0-9_.-]+(,[A-Za-z0-9_.-]+=[A-Za-z0-9_.-]+)*)$`),
	})
}

// labels are the tags that a scenario gives, in order.
func (in input) labels() [][2]string {
	given := *in.of("{tags}")
	if given == none {
		return nil
	}
	var out [][2]string
	for pair := range strings.SplitSeq(given, ",") {
		key, value, _ := strings.Cut(pair, "=")
		out = append(out, [2]string{key, value})
	}
	return out
}

// usable gives a subnet the example of one that developers may use.
func usable(n probes.Need) probes.Need {
	n.Example = "subnet-0d1e2f3a4b5c6d7e8"
	return n
}
