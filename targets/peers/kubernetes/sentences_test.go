package kubernetes

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestSentences: of each sentence with which a plugin compiled into the API server
// refuses, by the calls in its source, it is known whether somebody was refused.
func TestSentences(t *testing.T) {
	known := 0
	for _, in := range []string{"k8s.io/kubernetes/plugin/pkg/admission", "k8s.io/apiserver/pkg/admission/plugin"} {
		for format, at := range refusals(t, in) {
			if class := classified(t, filled(format)); class == "unknown" {
				t.Errorf("%s: %q is on no list", at, format)
			}
			known++
		}
	}
	if known < 100 {
		t.Errorf("%d sentences were found: the source is read in the wrong way", known)
	}
	t.Logf("%d sentences", known)
}

// refusals are the formats of the calls of NewForbidden below a package, and where
// each stands.
func refusals(t *testing.T, below string) map[string]string {
	t.Helper()
	module := strings.Join(strings.Split(below, "/")[:2], "/")
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), strings.TrimPrefix(below, module))
	found, files := map[string]string{}, token.NewFileSet()
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if format, ok := refuses(n); ok {
				found[format] = strings.TrimPrefix(files.Position(n.Pos()).String(), root)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// refuses reads the format off NewForbidden(…, fmt.Errorf(FORMAT, …)). Where the
// error is a value of elsewhere, its words are another's.
func refuses(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || name(call.Fun) != "NewForbidden" || len(call.Args) == 0 {
		return "", false
	}
	made, ok := call.Args[len(call.Args)-1].(*ast.CallExpr)
	if !ok || (name(made.Fun) != "Errorf" && name(made.Fun) != "New") || len(made.Args) == 0 {
		return "", false
	}
	return text(made.Args[0])
}

func name(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return s.Sel.Name
	}
	return ""
}

func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		left, ok := text(e.X)
		right, also := text(e.Y)
		return left + right, ok && also
	}
	return "", false
}

// filled puts something into each place of a format.
func filled(format string) string {
	return regexp.MustCompile(`%[a-zA-Z]`).ReplaceAllStringFunc(format, func(verb string) string {
		switch verb {
		case "%q":
			return `"x"`
		case "%d":
			return "7"
		}
		return "x"
	})
}

// classified is what such a sentence means as the answer to a developer.
func classified(t *testing.T, sentence string) string {
	t.Helper()
	marshal := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	body := marshal(map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": `pods "p" is forbidden: ` + sentence,
	})
	cmd := exec.CommandContext(t.Context(), os.Getenv("SODPROBE"), "classify", "-o", "json", "-")
	cmd.Stdin = bytes.NewReader(marshal(map[string]any{
		"system": "kubernetes", "subject": "alice", "action": "create", "resource": "pods", "name": "p", "scope": "prod",
		"exchange": map[string]any{"status": 403, "headers": map[string]string{"Content-Type": "application/json"}, "body": string(body)},
	}))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Class string }
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got.Class
}
