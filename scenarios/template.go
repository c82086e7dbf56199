package scenarios

import (
	_ "embed"
	"strings"
	"time"
)

//go:embed template.yaml
var template string

// Template is a commented scenario to start from. It loads as it is; the
// values to replace are marked.
func Template(id string, now time.Time) []byte {
	from := now.UTC().Truncate(24 * time.Hour)
	return []byte(strings.NewReplacer(
		"SCENARIO_ID", id,
		"NOT_BEFORE", from.Format(time.RFC3339),
		"NOT_AFTER", from.AddDate(0, 0, 30).Format(time.RFC3339),
	).Replace(template))
}
