package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sodprobe/sodprobe/cmd/sodprobe/internal/demo"
	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/targets/lab"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sodprobe": func() { os.Exit(Main()) }})
}

// TestScripts drives the commands as a user does: each script in
// testdata/script runs the program itself, in a folder of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("TZ", "UTC")
			env.Values[world{}] = &world{}
			env.Values[test{}] = t
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"lab":      startLab,
			"fault":    setFault,
			"asked":    labAsked,
			"people":   makePeople,
			"approved": approved,
			"exits":    exits,
			"replace":  replace,
			"kills":    kills,
		},
	})
}

// approved has the author and two approvers sign the scenario as it is now.
func approved(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(os.RemoveAll(ts.MkAbs("scenario.yaml.sigs")))
	for _, by := range []string{"author carol", "approve dana", "approve erin"} {
		role, who, _ := strings.Cut(by, " ")
		ts.Check(ts.Exec("sodprobe", "approve", "scenario.yaml", "--role", role, "--as", who+"@corp.example", "--key", "keys/"+who, "--yes"))
	}
}

// exits CODE COMMAND… runs the command and compares its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		exit, ok := err.(*exec.ExitError) //nolint:errorlint // testscript returns it bare
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// replace FILE OLD NEW changes the first occurrence of a text in a file.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	data := ts.ReadFile(args[0])
	if !strings.Contains(data, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(data, args[1], args[2], 1)), 0o600))
}

// world is what a script's own commands share.
type world struct{ cluster *lab.Kubernetes }

func worldOf(ts *testscript.TestScript) *world { return ts.Value(world{}).(*world) }

// startLab [permissive] [gap] [some] starts a simulated cluster for the script and
// writes kubeconfig and a scenario for it.
func startLab(ts *testscript.TestScript, _ bool, args []string) {
	cfg := lab.KubernetesConfig{Posture: lab.Enforced, Now: time.Now, Rand: rand.Reader}
	nth := 1
	for _, arg := range args {
		switch arg {
		case "permissive":
			cfg.Posture = lab.Permissive
		case "some":
			nth = 4
		case "gap":
			cfg.Gaps = []lab.Gap{lab.ForgottenRoleBinding}
		default:
			ts.Fatalf("lab does not know %q", arg)
		}
	}
	k, err := lab.StartKubernetes(context.Background(), cfg)
	ts.Check(err)
	ts.Defer(func() { _ = k.Close() })
	ts.Check(os.WriteFile(ts.MkAbs("kubeconfig"), k.Kubeconfig(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("scenario.yaml"), some(demo.Scenario(&demo.Lab{Cluster: k}, catalog.All(), time.Now()), nth), 0o600))
	worldOf(ts).cluster = k
}

// setFault NAME switches a fault of the script's cluster on.
func setFault(ts *testscript.TestScript, _ bool, args []string) {
	worldOf(ts).cluster.SetFault(lab.Fault(args[0]))
}

// labAsked writes what the cluster was asked into the file "asked", one
// request a line: METHOD PATH?QUERY as USER.
func labAsked(ts *testscript.TestScript, _ bool, _ []string) {
	var b strings.Builder
	for _, r := range worldOf(ts).cluster.Requests() {
		fmt.Fprintf(&b, "%s %s?%s as %s\n", r.Method, r.Path, r.Query, r.ImpersonatedUser)
	}
	ts.Check(os.WriteFile(ts.MkAbs("asked"), []byte(b.String()), 0o600))
}

// makePeople makes keys with ssh-keygen for everybody whom an approval needs,
// a trust folder that names them, and trust_root. Erin has a second key.
func makePeople(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(os.MkdirAll(ts.MkAbs("keys"), 0o700))
	for _, name := range []string{"root", "carol", "dana", "erin", "erin2", "oscar", "alice"} {
		ts.Check(ts.Exec("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", ts.MkAbs("keys/"+name)))
	}
	var signers strings.Builder
	for _, line := range []string{"carol author carol", "dana approve dana", "erin approve erin", "erin.second approve erin2", "oscar operate oscar", "alice approve alice", "carol approve carol"} {
		f := strings.Fields(line)
		fmt.Fprintf(&signers, "%s@corp.example namespaces=\"%s@sodprobe\" %s", f[0], f[1], ts.ReadFile("keys/"+f[2]+".pub"))
	}
	policy := fmt.Sprintf(testPolicy, time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04:05Z"))
	files := map[string][]byte{"allowed_signers": []byte(signers.String()), "policy.yaml": []byte(policy)}
	ts.Check(os.MkdirAll(ts.MkAbs("trust/MANIFEST.sigs"), 0o700))
	for name, data := range files {
		ts.Check(os.WriteFile(ts.MkAbs("trust/"+name), data, 0o600))
	}
	ts.Check(os.WriteFile(ts.MkAbs("trust/MANIFEST"), approval.Manifest(files), 0o600))
	ts.Check(ts.Exec("ssh-keygen", "-q", "-Y", "sign", "-n", "trust@sodprobe", "-f", ts.MkAbs("keys/root"), ts.MkAbs("trust/MANIFEST")))
	ts.Check(os.Rename(ts.MkAbs("trust/MANIFEST.sig"), ts.MkAbs("trust/MANIFEST.sigs/root.sig")))
	ts.Check(os.WriteFile(ts.MkAbs("trust_root"), []byte(ts.ReadFile("keys/root.pub")), 0o600))
}

const testPolicy = `version: 1
expires: %s
origin: sodprobe.corp.example/payments
threshold: 2
maxWindowDays: 2
ticket: '^DEMO-1$'
persons:
  carol: [carol@corp.example]
  dana: [dana@corp.example]
  erin: [erin@corp.example, erin.second@corp.example]
  oscar: [oscar@corp.example]
  alice: [alice@corp.example]
authors: [carol]
approvers: [carol, dana, erin, alice]
operators: [oscar]
services: []
`
