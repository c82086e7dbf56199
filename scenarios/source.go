package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxFile is the largest scenario, in bytes: an approver has to read it.
const maxFile = 1 << 20

// source checks the bytes before any YAML is read: an approver has to see
// what the machine reads. It reports whether reading on makes sense.
func (f *finder) source(data []byte) bool {
	f.characters(data)
	forms := secretForms()
	for i, line := range f.lines {
		f.secretIn(i+1, line, forms)
	}
	return len(f.found) == 0
}

// characters checks every character.
func (f *finder) characters(data []byte) {
	if len(data) > maxFile {
		f.at(1, 1, fmt.Sprintf("the file has %d bytes", len(data)), fmt.Sprintf("at most %d bytes; split it", maxFile))
		return
	}
	if !utf8.Valid(data) {
		f.at(1, 1, "the file is not UTF-8", "save it as UTF-8")
		return
	}
	for i, line := range f.lines {
		for column, r := range []rune(line) {
			f.character(i+1, column+1, r)
		}
	}
}

// character refuses what a reader cannot see.
func (f *finder) character(line, column int, r rune) {
	switch {
	case r == '\ufeff':
		f.at(line, column, "byte order mark", "save the file without one")
	case r == '\t' && f.tabs:
	case r == '\t':
		f.at(line, column, "tab", "spaces")
	case r == '\r':
		f.at(line, column, "carriage return", "end lines with a line feed alone")
	case invisible(r):
		f.at(line, column, fmt.Sprintf("invisible or direction-changing character U+%04X", r), "remove it")
	case unicode.IsControl(r):
		f.at(line, column, fmt.Sprintf("control character U+%04X", r), "remove it")
	}
}

// invisible tells characters that make a text read otherwise than it is:
// bidirectional controls, zero-width and other format characters, separators
// and spaces other than the plain one, variation selectors, and letters that
// are drawn as nothing.
func invisible(r rune) bool {
	if r == ' ' {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Z, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || r == '\u2800'
}

// hidden tells characters that may not stand in a value either, where an
// escape sequence can bring them past the check of the bytes.
func hidden(r rune) bool { return unicode.IsControl(r) || invisible(r) }

// secretForms are the shapes of credentials. A scenario names where a secret
// is, and never holds one.
func secretForms() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`-----BEGIN [A-Z ]*(PRIVATE KEY|CERTIFICATE)-----`),
		regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`),
		regexp.MustCompile(`\b(glpat-|gldt-|ghp_|github_pat_|gho_|xox[abp]-|sk-[a-z]|AKIA|ASIA)[A-Za-z0-9_-]{12,}`),
		regexp.MustCompile(`://[^/\s:@]+:[^/\s@]+@`),
		regexp.MustCompile(`(?i)\bbearer [A-Za-z0-9._~+/-]{16,}`),
	}
}

func (f *finder) secretIn(line int, text string, forms []*regexp.Regexp) {
	for _, form := range forms {
		if at := form.FindStringIndex(text); at != nil {
			f.secret(line, utf8.RuneCountInString(text[:at[0]])+1, "a secret stands in the scenario",
				"name where it is (a kubeconfig context, {env: …} or {file: …}), take the secret out, and replace it: it was exposed")
			return
		}
	}
}

// maxDepth is how many brackets may be open at once, and maxIndent how far a
// line may be indented. A scenario needs six levels.
const maxDepth, maxIndent = 64, 200

// tooDeep notes nesting that no scenario has, before the parser follows it.
// It counts brackets wherever they stand, in quotes as well: none need more.
func (f *finder) tooDeep() bool {
	open := 0
	for i, line := range f.lines {
		indent := len(line) - len(strings.TrimLeft(line, " -?"))
		open += strings.Count(line, "[") + strings.Count(line, "{") - strings.Count(line, "]") - strings.Count(line, "}")
		if open > maxDepth || indent > maxIndent {
			f.at(
				i+1,
				1,
				"the file is nested too deeply",
				fmt.Sprintf("at most %d open brackets, and lines indented by at most %d", maxDepth, maxIndent),
			)
			return true
		}
		open = max(open, 0)
	}
	return false
}

// document parses the one YAML document of a file, nil where it cannot.
func (f *finder) document(data []byte) *yaml.Node {
	if f.tooDeep() {
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		f.syntax(err)
		return nil
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		line := more.Line
		if err != nil {
			f.syntax(err)
			return nil
		}
		f.at(line, 1, "a second document begins", "one scenario a file")
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		f.at(1, 1, "the file holds no document", "start with: sodprobe init")
		return nil
	}
	return doc.Content[0]
}

// syntax notes what the YAML parser says.
func (f *finder) syntax(err error) {
	if errors.Is(err, io.EOF) {
		f.at(1, 1, "the file is empty", "start with: sodprobe init")
		return
	}
	var at *yaml.LoadError
	if errors.As(err, &at) {
		f.at(at.Mark.Line, at.Mark.Column, "not YAML: "+strings.TrimSpace(at.Message), "")
		return
	}
	f.at(1, 1, "not YAML: "+err.Error(), "")
}
