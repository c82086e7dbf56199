package systems_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNobodyElseNamesASystem: outside the folders that are a system's own, and the
// two lists, no identifier and no text in code names one. Adding a system would have
// to change such a place.
func TestNobodyElseNamesASystem(t *testing.T) {
	root := filepath.Join("..", "..")
	own := []string{
		"targets/kubernetes/", "targets/gitlab/", "targets/aws/", "probes/kubernetes/", "probes/gitlab/", "probes/aws/",
		"targets/lab/", "targets/peers/", "cmd/sodprobe/internal/demo/", "targets/systems/", "probes/catalog/",
	}
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			return err
		case d.IsDir() && rel != "." && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go"),
			slices.ContainsFunc(own, func(folder string) bool { return strings.HasPrefix(rel, folder) }):
			return nil
		}
		seen++
		for _, found := range namesIn(t, path) {
			t.Errorf("%s: %s", rel, found)
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Fatalf("%d files, %v", seen, err)
	}
}

// namesIn lists where a file's code, its comments apart, names a system.
func namesIn(t *testing.T, path string) (found []string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	system := regexp.MustCompile(`(?i:kubernetes|k8s|gitlab|amazon|x-amz)|\b(?:aws|AWS)|[a-z]AWS`)
	ast.Inspect(file, func(n ast.Node) bool {
		text := ""
		switch n := n.(type) {
		case *ast.Ident:
			text = n.Name
		case *ast.BasicLit:
			text = n.Value
		}
		if system.MatchString(text) {
			found = append(found, files.Position(n.Pos()).String()+": "+text)
		}
		return true
	})
	return found
}
