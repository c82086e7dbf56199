package kubernetes

import (
	"regexp"

	"github.com/sodprobe/sodprobe/probes"
)

// The forms of names. None admits '/', '%' or '..', since values stand in
// request paths (Kubernetes: object names are DNS-1123 labels or subdomains,
// RBAC names are path segments).
func subdomain() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$`)
}

func pathSegment() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9]([-_:A-Za-z0-9]|\.[-_:A-Za-z0-9])*$`)
}

// object returns a need that names an object which exists.
func existing(name, doc, example string) probes.Need {
	return probes.Need{Name: name, Doc: doc, Example: example, Pattern: subdomain()}
}

// fallback returns a need with a default.
func fallback(name, doc, value string) probes.Need {
	return probes.Need{Name: name, Doc: doc, Example: value, Pattern: pathSegment(), Default: value}
}
