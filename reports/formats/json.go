package formats

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/invopop/jsonschema"

	"github.com/sodprobe/sodprobe/targets"
)

// JSON writes results.json as one indented document, attempt by attempt. Control and
// format characters stand in it as \u escapes only, since it may go to a terminal.
func JSON(w io.Writer, run Run) error {
	head, err := indented(resultsOf(run.Report), "")
	if err != nil {
		return err
	}
	// Attempts is the last field, and null.
	head, whole := bytes.CutSuffix(head, []byte("null\n}"))
	if !whole {
		return errors.New("results.json: the attempts are not its last field")
	}
	if _, err := w.Write(append(head, '[')); err != nil {
		return err
	}
	separator := "\n    "
	for a, err := range run.Each {
		if err != nil {
			return err
		}
		body, err := indented(attemptOf(a), "    ")
		if err != nil {
			return err
		}
		if _, err := w.Write(append([]byte(separator), body...)); err != nil {
			return err
		}
		separator = ",\n    "
	}
	_, err = io.WriteString(w, "\n  ]\n}\n")
	return err
}

// indented is a value as it stands in the document, behind a prefix on each line but
// the first.
func indented(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent(prefix, "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return escape(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// Schema is the JSON Schema (draft 2020-12) of results.json.
func Schema() ([]byte, error) {
	r := jsonschema.Reflector{RequiredFromJSONSchemaTags: true, Anonymous: true}
	schema := r.Reflect(&Results{})
	schema.Title = "sodprobe results"
	body, err := indented(schema, "")
	return append(body, '\n'), err
}

func responseOf(r targets.Response) Response {
	return Response{string(r.Class), string(r.Layer), r.By, r.Deny, r.Reason, r.Advice}
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}
