package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSafetyNamesRealTests: each test and script that SAFETY.md names exists.
func TestSafetyNamesRealTests(t *testing.T) {
	const root = "../../../.."
	safety, err := os.ReadFile(filepath.Join(root, "SAFETY.md"))
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	scripts := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if strings.HasSuffix(path, ".txtar") {
			scripts[e.Name()] = true
		}
		if strings.HasSuffix(path, "_test.go") {
			data, err := os.ReadFile(path)
			tests.Write(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+|[a-z]+\\.txtar)`").FindAllStringSubmatch(string(safety), -1)
	if len(named) < 40 {
		t.Errorf("SAFETY.md names %d tests", len(named))
	}
	for _, m := range named {
		if !scripts[m[1]] && !strings.Contains(tests.String(), "\nfunc "+m[1]+"(") {
			t.Errorf("SAFETY.md names %s, which does not exist", m[1])
		}
	}
}

// TestLinksLeadSomewhere: each relative link of the guides exists.
func TestLinksLeadSomewhere(t *testing.T) {
	const root = "../../../.."
	for _, guide := range []string{"README.md", "SAFETY.md", "targets/README.md", "scenarios/README.md", "probes/README.md", "reports/README.md"} {
		data, err := os.ReadFile(filepath.Join(root, guide))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(data), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(guide), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", guide, m[1], err)
			}
		}
	}
}
