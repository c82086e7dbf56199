package targets

import (
	"regexp"
	"slices"
	"strconv"
)

// Mark is what one arm puts on what it would create or change: the run's
// marker, the arm's initial and, where the arm belongs to one attempt, that
// attempt's number, as in sodprobe-01k…-a17. n is -1 for a shared arm.
func Mark(marker string, arm Arm, n int64) string {
	mark := marker + "-" + string(arm)[:1]
	if n >= 0 {
		mark += strconv.FormatInt(n, 10)
	}
	return mark
}

// MarkPattern is the regular expression of any mark of a run.
func MarkPattern(marker string) string { return regexp.QuoteMeta(marker) + `(?:-[abpn][0-9]*)?` }

// EndsInMark reports whether a name ends in a mark of the run.
func EndsInMark(name, marker string) bool {
	return regexp.MustCompile(MarkPattern(marker) + `$`).MatchString(name)
}

// IsMark reports whether a name is a mark of the run and nothing else.
func IsMark(name, marker string) bool {
	return regexp.MustCompile(`^` + MarkPattern(marker) + `$`).MatchString(name)
}

// Unmarked stands for an arm in Marks where a text holds the run's marker, and
// does not say which arm put it there.
const Unmarked = "?"

// Marks returns the arms, as in "a17", whose mark a text holds, each once and
// in a fixed order.
func Marks(text, marker string) []string {
	if marker == "" {
		return nil
	}
	var out []string
	for _, m := range regexp.MustCompile(regexp.QuoteMeta(marker)+`(?:-([abpn][0-9]*)\b)?`).FindAllStringSubmatch(text, -1) {
		arm := m[1]
		if arm == "" {
			arm = Unmarked
		}
		if !slices.Contains(out, arm) {
			out = append(out, arm)
		}
	}
	slices.Sort(out)
	return out
}
