package scenarios

import "strings"

// nearest returns the name that is at most two edits away, "" for none.
func nearest(got string, names []string) string {
	best, name := 3, ""
	for _, n := range names {
		if e := edits(strings.ToLower(got), strings.ToLower(n)); e < best {
			best, name = e, n
		}
	}
	return name
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
