package scenarios_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/systems"
)

var update = flag.Bool("update", false, "rewrite the golden files and the committed schema")

// testSet is a small catalog with one probe of each kind that matters to a
// document: without parameters, with one, with a default, excluded by name,
// without a allowed place, and without impersonation.
func testSet() probes.Set {
	name := regexp.MustCompile(`^[a-z0-9-]+$`)
	layers := []targets.Layer{targets.Authorization, targets.AdmissionPolicy}
	probe := func(id, title string, technique probes.Technique, needs ...probes.Need) probes.Probe {
		return probes.Probe{
			ID: id, Title: title, Why: "A developer who can do this changes production alone.",
			System: kubernetes.Name, Technique: technique, Needs: needs, Expect: layers,
		}
	}
	bind := probe("kubernetes.clusterrole.create", "Define a role", probes.DryRun)
	bind.Baseline.Standing = &probes.Standing{ID: "kubernetes.configmap.create"}
	bind.Limits = []string{"The place is not controlled."}
	renew := probe("kubernetes.session.renew", "Renew a session", probes.SelfDefeating)
	renew.Requires = targets.Requirements{kubernetes.OwnCredential()}
	push, pushSSH := probe("gitlab.branch.push", "Push", probes.SelfDefeating), probe("gitlab.branch.push-ssh", "Push over SSH", probes.SelfDefeating)
	push.System, push.Expect = gitlab.Name, []targets.Layer{targets.BranchProtection}
	pushSSH.System, pushSSH.Expect, pushSSH.Requires = gitlab.Name, push.Expect, targets.Requirements{gitlab.OverSSH()}
	put, token := probe("aws.iam.put-role-policy", "Put a policy into a role", probes.SelfDefeating,
		probes.Need{Name: "role", Doc: "a role", Example: "prod-deploy", Pattern: name}), probe("aws.sts.assume-role-with-web-identity", "Assume a role", probes.SelfDefeating)
	put.System, put.Expect, put.Null = aws.Name, []targets.Layer{targets.IdentityPolicy}, true
	token.System, token.Expect, token.Requires = aws.Name, put.Expect, targets.Requirements{aws.WithWebIdentity()}
	return probes.Set{
		put, token, push, pushSSH, bind,
		probe("kubernetes.deployment.create", "Deploy a new workload", probes.DryRun),
		probe("kubernetes.deployment.patch", "Change a workload", probes.DryRun,
			probes.Need{Name: "deployment", Doc: "a Deployment in both namespaces", Example: "api", Pattern: name}),
		probe("kubernetes.pod.exec", "Run a command", probes.SelfDefeating,
			probes.Need{Name: "pod", Doc: "a Pod", Example: "api-0", Pattern: name, Default: "sodprobe-absent"}),
		probe("kubernetes.secret.get", "Read a secret", probes.SelfDefeating,
			probes.Need{Name: "secret", Doc: "a Secret", Example: "api-credentials", Pattern: name}),
		renew,
	}
}

func testOptions() scenarios.Options {
	return scenarios.Options{Systems: systems.All(), Set: testSet(), MaxWindow: 100 * 24 * time.Hour, Ticket: regexp.MustCompile(`^CHG[0-9]{7}$`)}
}

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func load(tb testing.TB, data []byte) *scenarios.Scenario {
	tb.Helper()
	s, err := scenarios.Load("scenario.yaml", data, testOptions())
	if err != nil {
		tb.Fatalf("load: %v", err)
	}
	return s
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(read(t, file)), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update rewrites it\n%s", filepath.Base(file), diff)
	}
}
