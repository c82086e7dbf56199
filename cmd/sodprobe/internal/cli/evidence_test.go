package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/cmd/sodprobe/internal/demo"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets/redact"
	"github.com/sodprobe/sodprobe/targets/systems"
)

// package_ is the evidence of one demo, and who made it.
type package_ struct {
	app    *app
	people *demo.People
	root   string // the evidence root
	dir    string // the run's folder
	pinned string // the trust root
}

// testApp is the program without a process around it.
func testApp() *app {
	return &app{
		systems: systems.All(), catalog: catalog.All(),
		stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, hidden: &redact.Set{}, tool: sync.OnceValues(thisTool), now: time.Now, rand: rand.Reader,
		lookupEnv: func(string) (string, bool) { return "", false }, environ: func() []string { return nil },
	}
}

// demoPackage runs the demo once.
func demoPackage(t *testing.T) *package_ {
	t.Helper()
	a := testApp()
	dir := t.TempDir()
	lab, err := demo.Start(t.Context(), a.now, a.rand)
	check(t, err)
	defer lab.Close()
	people, err := demo.NewPeople(a.rand)
	check(t, err)
	d := &demo.Demo{
		Lab: lab, Operator: people.Operator(), Scenario: filepath.Join(dir, "scenario.yaml"),
		TrustRoot: filepath.Join(dir, "trust_root"), Evidence: filepath.Join(dir, "evidence"),
	}
	check(t, people.WriteScenario(t.Context(), d.Scenario, some(demo.Scenario(lab, a.catalog, a.now()), 6)))
	check(t, people.WriteTrust(t.Context(), dir, a.now()))
	if code := exitCode(a.runDemo(t.Context(), d, lab.Systems(), lab.Machine())); code != exitPermitted {
		t.Fatalf("the demo exits with %d", code)
	}
	p := &package_{app: a, people: people, root: d.Evidence, pinned: d.TrustRoot}
	runs, err := filepath.Glob(filepath.Join(p.root, "*", journal.FileName))
	check(t, err)
	p.dir = filepath.Dir(runs[0])
	return p
}

// some is a scenario with every nth of its attempts, and the one that finds the
// demo's gap.
func some(scenario []byte, nth int) []byte {
	parts := strings.Split(string(scenario), "  - probe: ")
	out := parts[0]
	for i, attempt := range parts[1:] {
		if i%nth == 0 || strings.HasPrefix(attempt, "kubernetes.cronjob.") {
			out += "  - probe: " + attempt
		}
	}
	return []byte(out)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// copied is a copy of the evidence that a test may change.
func (p *package_) copied(t *testing.T) *package_ {
	t.Helper()
	c := *p
	c.root = filepath.Join(t.TempDir(), "evidence")
	check(t, os.CopyFS(c.root, os.DirFS(p.root)))
	c.dir = filepath.Join(c.root, filepath.Base(p.dir))
	return &c
}

func (p *package_) verify() error { return p.app.verify(context.Background(), p.dir, p.pinned, "text") }

// TestUntouched: whatever is done to any file of a package, it does not verify.
func TestUntouched(t *testing.T) {
	t.Parallel()
	p := demoPackage(t)
	check(t, p.verify())
	var files []string
	check(t, fs.WalkDir(os.DirFS(p.dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	if len(files) < 12 {
		t.Fatalf("only %v", files)
	}
	tried := 0
	refuses := func(what, file string, err error) {
		if tried++; err == nil {
			t.Errorf("%s of %s: it verifies", what, file)
		}
	}
	for _, file := range files {
		path := filepath.Join(p.dir, file)
		whole, err := os.ReadFile(path)
		check(t, err)
		places, bits := []int{0, len(whole) / 7, len(whole) / 3, len(whole) / 2, len(whole) - 2, len(whole) - 1}, []byte{0x01, 0x20}
		if len(whole) > 100<<10 { // each takes a whole verification
			places, bits = places[2:4], bits[:1]
		}
		for _, at := range places {
			for _, bit := range bits {
				flipped := bytes.Clone(whole)
				flipped[at] ^= bit
				check(t, os.WriteFile(path, flipped, 0o600))
				refuses(fmt.Sprintf("a flip at %d", at), file, p.verify())
			}
		}
		for what, changed := range map[string][]byte{
			"half": whole[:len(whole)/2], "all but a byte": whole[:len(whole)-1], "nothing": nil, "one byte more": append(bytes.Clone(whole), '\n'),
		} {
			check(t, os.WriteFile(path, changed, 0o600))
			refuses(what, file, p.verify())
		}
		check(t, os.Remove(path))
		refuses("the removal", file, p.verify())
		check(t, os.WriteFile(path, whole, 0o600))
	}
	for _, file := range []string{"note.txt", "trust/note.txt", "trust/withdrawn/note", "scenario.yaml.sigs/approve.x.sig", "checkpoints/more.txt", "raw/1.json", ".hidden"} {
		path := filepath.Join(p.dir, filepath.FromSlash(file))
		check(t, os.MkdirAll(filepath.Dir(path), 0o700))
		check(t, os.WriteFile(path, []byte("hello\n"), 0o600))
		refuses("the addition", file, p.verify())
		check(t, os.Remove(path))
		_ = os.Remove(filepath.Dir(path)) // where it was made for it
	}
	check(t, os.Rename(filepath.Join(p.dir, "report.html"), filepath.Join(p.root, "page")))
	check(t, os.Symlink(filepath.Join(p.root, "page"), filepath.Join(p.dir, "report.html")))
	refuses("a link in the place", "report.html", p.verify())
	check(t, os.Remove(filepath.Join(p.dir, "report.html")))
	check(t, os.Rename(filepath.Join(p.root, "page"), filepath.Join(p.dir, "report.html")))
	other := *p
	other.dir = filepath.Join(p.root, "01k00000000000000000000000")
	check(t, os.Rename(p.dir, other.dir))
	refuses("another name", "the folder", other.verify())
	check(t, os.Rename(other.dir, p.dir))
	check(t, p.verify())
	t.Logf("%d changes of %d files", tried, len(files))
}

// forge writes the run anew with the operator's key: every line goes through
// tamper, which may change its body, drop it, or put others in its place. The tree,
// the signatures, the checkpoints, the ledger and the reports are as they should be.
func (p *package_) forge(t *testing.T, tamper func(*journal.Entry, map[string]any) []any) {
	t.Helper()
	f, err := os.Open(filepath.Join(p.dir, journal.FileName))
	check(t, err)
	var entries []journal.Entry
	for line, err := range journal.Read(f) {
		check(t, err)
		e := line.Entry
		e.Body = bytes.Clone(e.Body)
		entries = append(entries, e)
	}
	check(t, f.Close())
	check(t, os.Remove(filepath.Join(p.dir, journal.FileName)))
	check(t, os.RemoveAll(filepath.Join(p.dir, "checkpoints")))
	key, verifier, err := journal.NewRunKey(rand.Reader, "sodprobe-"+entries[0].Run)
	check(t, err)
	var at time.Time
	w, err := journal.Create(p.dir, entries[0].Run, func() time.Time { return at })
	check(t, err)
	var start journal.RunStart
	for _, e := range entries {
		for _, body := range p.forged(t, &e, verifier, tamper) {
			at = e.T
			if e.Type == journal.TypeRunSigned {
				continue
			}
			kind := e.Type
			if s, ok := body.(journal.Stop); ok { // a line that the run did not write
				kind, body = journal.TypeStop, s
			}
			line, err := w.AppendLine(t.Context(), kind, body)
			check(t, err)
			if e.Type != journal.TypeRunStart {
				continue
			}
			var parsed journal.Entry
			check(t, json.Unmarshal(line, &parsed))
			check(t, json.Unmarshal(parsed.Body, &start))
			signature, err := p.people.Operator().Signer.Sign(context.Background(), "operate@sodprobe", line)
			check(t, err)
			check(t, w.Append(t.Context(), journal.TypeRunSigned, journal.Signed{Namespace: "operate@sodprobe", Signature: string(signature)}))
			check(t, w.Checkpoint(t.Context(), "before", start.Origin, key))
		}
	}
	check(t, w.Checkpoint(t.Context(), "after", start.Origin, key))
	size, root := w.Root()
	check(t, w.Close(t.Context()))
	check(t, os.Remove(filepath.Join(p.root, journal.LedgerName)))
	ledger, err := journal.OpenLedger(t.Context(), p.root, time.Now)
	check(t, err)
	check(t, ledger.Started(t.Context(), entries[0].Run, "sha256:"+start.Scenario.SHA256, start.Approval.TrustVersion, start.Approval.TrustSHA256))
	check(t, ledger.Ended(t.Context(), entries[0].Run, size, root, "completed"))
	if _, err := writeReports(p.dir); err != nil {
		t.Logf("no reports of it: %v", err)
	}
}

// forged is what becomes of one line.
func (p *package_) forged(t *testing.T, e *journal.Entry, verifier string, tamper func(*journal.Entry, map[string]any) []any) []any {
	t.Helper()
	var body map[string]any
	dec := json.NewDecoder(bytes.NewReader(e.Body))
	dec.UseNumber()
	check(t, dec.Decode(&body))
	if e.Type == journal.TypeRunStart {
		body["run_key"] = verifier
	}
	return tamper(e, body)
}
