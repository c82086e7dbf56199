package kubernetes

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "record the lab's answers from the real server")

// recorded is one request and what the server answered.
type recorded struct {
	Name    string          `json:"name"`
	As      string          `json:"as"`
	Method  string          `json:"method"`
	Path    string          `json:"path"`
	Type    string          `json:"type"`
	Body    json.RawMessage `json:"body"`
	Code    int             `json:"code"`
	Message string          `json:"message"`
}

// TestAnswers compares the answers that the lab is tested against with those
// of this server: lab and server agree on each of them.
func TestAnswers(t *testing.T) {
	const file = "../../lab/testdata/answers.json"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []recorded
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		code, message := ask(t, c)
		if *update {
			cases[i].Code, cases[i].Message = code, message
		} else if code != c.Code || message != c.Message {
			t.Errorf("%s: %d %q\nrecorded %d %q", c.Name, code, message, c.Code, c.Message)
		}
	}
	if !*update {
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(cases); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ask sends a request as somebody whom the administrator impersonates.
func ask(t *testing.T, c recorded) (int, string) {
	t.Helper()
	var body io.Reader
	if string(c.Body) != "null" {
		body = bytes.NewReader(c.Body)
	}
	r, err := http.NewRequestWithContext(t.Context(), c.Method, shared.base+c.Path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer token-"+admin)
	r.Header.Set("Content-Type", c.Type)
	if c.Type == "meta" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
	}
	r.Header.Set("Impersonate-User", c.As)
	if group := map[string]string{"alice@corp.example": "developers", "release@corp.example": "release-managers"}[c.As]; group != "" {
		r.Header.Set("Impersonate-Group", group)
	}
	resp, err := shared.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var status struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(data, &status); err != nil {
		return resp.StatusCode, string(data)
	}
	return resp.StatusCode, status.Message
}
