package targets

import (
	"fmt"
	"strings"
)

// Legible is a name as people compare it: where it is not printable ASCII, its
// other characters follow by their code points, each once, since letters of
// different scripts can look the same.
func Legible(name string) string {
	var points []string
	seen := map[rune]bool{}
	for _, r := range name {
		if (r < ' ' || r > '~') && !seen[r] {
			seen[r] = true
			points = append(points, fmt.Sprintf("U+%04X", r))
		}
	}
	if points == nil {
		return name
	}
	return name + " (" + strings.Join(points, " ") + ")"
}
