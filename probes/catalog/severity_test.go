package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/probes/catalog"
)

// TestSeverityAndFix: each probe says what a finding means and how it is closed.
func TestSeverityAndFix(t *testing.T) {
	for _, p := range catalog.All() {
		if !slices.Contains(probes.Severities(), p.Severity) || !strings.HasSuffix(p.Fix, ".") {
			t.Errorf("%s: severity %q, fix %q", p.ID, p.Severity, p.Fix)
		}
	}
}
