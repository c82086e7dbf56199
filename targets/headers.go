package targets

import (
	"slices"
	"strings"
)

// Headers are those that one system has besides HTTP's own, in their canonical form.
// A name that ends in a dash stands for all that begin so.
type Headers struct {
	// Identity say who asks: exactly those of the identity leave.
	Identity []string
	// Allowed may stand in a request besides.
	Allowed []string
	// Sent and Answered are worth recording. What holds a credential is in neither.
	Sent, Answered []string
}

// Listed reports whether a header is on a list of Headers.
func Listed(list []string, name string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		return entry == name || strings.HasSuffix(entry, "-") && strings.HasPrefix(name, entry)
	})
}
