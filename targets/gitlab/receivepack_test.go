package gitlab

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

const (
	none    = "0000000000000000000000000000000000000000"
	unknown = "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
)

// repository is a bare repository of git's own, with a pre-receive hook.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T, hook string) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git("", "init", "--quiet", "--bare", "--initial-branch=main", ".")
	var b strings.Builder
	for i := range 13 {
		fmt.Fprintf(&b, "commit refs/heads/main\nmark :%d\ncommitter t <t@corp.example> %d +0000\ndata 1\nx\nM 100644 inline f\ndata 2\n%02d\n", i+1, 1700000000+i, i)
	}
	b.WriteString("commit refs/heads/feature\ncommitter t <t@corp.example> 1700000100 +0000\ndata 1\nx\nfrom :11\nM 100644 inline g\ndata 1\nx\n")
	b.WriteString("commit refs/heads/feature\ncommitter t <t@corp.example> 1700000101 +0000\ndata 1\nx\nM 100644 inline g\ndata 1\ny\n")
	b.WriteString("reset refs/tags/v1\nfrom :13\n")
	r.git(b.String(), "fast-import", "--quiet")
	for name, text := range map[string]string{"pre-receive": hook, "post-receive": "#!/bin/sh\ncat >> after\n"} {
		if err := os.WriteFile(filepath.Join(r.dir, "hooks", name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r repository) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C"}
	return cmd
}

func (r repository) git(in string, args ...string) string {
	r.t.Helper()
	cmd := r.command(r.t.Context(), args...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.Output()
	if err != nil && args[0] != "receive-pack" {
		r.t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) at(rev string) string { return r.git("", "rev-parse", rev) }

func (r repository) refs() string {
	return r.git("", "for-each-ref", "--format=%(refname) %(objectname)")
}

// receive gives one push to git-receive-pack, without the guard, and returns
// its report.
func (r repository) receive(body []byte) *targets.GitReport {
	out := r.git(string(body), "receive-pack", "--stateless-rpc", ".")
	return report(strings.NewReader(out), &guard.Lease{})
}

// line is one push on the wire, however dangerous.
func line(old, tip, ref, capabilities string, pack bool) []byte {
	command := old + " " + tip + " " + ref + "\x00" + capabilities
	body := fmt.Appendf(nil, "%04x%s0000", len(command)+4, command)
	if pack {
		whole, _ := encode(ref, unknown, unknown, "t") // for its pack alone
		body = append(body, whole[len(whole)-32:]...)
	}
	return body
}

// TestReceivePack: each form of push against git itself, over both transports
// and behind a hook that accepts and one that refuses; and which of them leave
// at all.
func TestReceivePack(t *testing.T) {
	const all = "report-status side-band-64k agent=t"
	const accept, reject = "#!/bin/sh\nexit 0\n", "#!/bin/sh\necho 'GitLab: You are not allowed to push code to protected branches on this project.' >&2\nexit 1\n"
	for _, c := range []struct {
		name, old, tip, ref, capabilities, hook string
		noPack                                  bool
		form                                    targets.PushForm
		class                                   targets.Class // what the answer means
		moves                                   bool          // the ref changes, or what follows a push runs
		leaves                                  bool
	}{
		{name: "stale old, refused", old: "main~10", tip: "main", hook: reject, form: targets.PushUpdate, class: targets.Denied, leaves: true},
		{name: "stale old, accepted", old: "main~10", tip: "main", form: targets.PushUpdate, class: targets.Reached, leaves: true},
		{name: "the parent as old", old: "main~1", tip: "main", form: targets.PushUpdate, class: targets.Reached},
		{name: "not so stale an old", old: "main~3", tip: "main", form: targets.PushUpdate, class: targets.Reached},
		{name: "same hash", old: "main", tip: "main", form: targets.PushUpdate, class: targets.Mutated, moves: true},
		{name: "another tip as new", old: "main~10", tip: "feature", form: targets.PushUpdate, class: targets.Reached},
		{name: "a new hash that is nowhere", old: "main~10", tip: unknown, form: targets.PushUpdate, class: targets.Invalid},
		{name: "create what exists", old: none, tip: "main", form: targets.PushCreate, class: targets.Reached, leaves: true},
		{name: "create what exists, refused", old: none, tip: "main", hook: reject, form: targets.PushCreate, class: targets.Denied, leaves: true},
		{name: "an old that is nowhere", old: unknown, tip: "main", form: targets.PushUpdate, class: targets.Reached},
		{name: "force-shaped", old: "feature~1", tip: "main", form: targets.PushForce, class: targets.Reached, leaves: true},
		{name: "force-shaped, refused", old: "feature~1", tip: "main", hook: reject, form: targets.PushForce, class: targets.Denied, leaves: true},
		{name: "force-shaped, from a tip", old: "feature", tip: "main", form: targets.PushForce, class: targets.Reached},
		{name: "delete with a stale old", old: "main~10", tip: none, form: targets.PushUpdate, class: targets.Unknown},
		{name: "delete with an old that is nowhere", old: unknown, tip: none, ref: "refs/heads/feature", form: targets.PushUpdate, class: targets.Mutated, moves: true},
		{name: "delete with no old", old: none, tip: none, ref: "refs/heads/feature", form: targets.PushCreate, class: targets.Mutated, moves: true},
		{name: "delete a tag", old: "v1", tip: none, ref: "refs/tags/v1", form: targets.PushCreate, class: targets.Mutated, moves: true},
		{name: "atomic", old: "main~10", tip: "main", capabilities: all + " atomic", form: targets.PushUpdate, class: targets.Reached},
		{name: "with push options", old: "main~10", tip: "main", capabilities: all + " push-options", form: targets.PushUpdate, class: targets.Reached},
		{name: "a ref that does not exist", old: "main~10", tip: "main", ref: "refs/heads/new", form: targets.PushUpdate, class: targets.Reached},
		{name: "create a ref that does not exist", old: none, tip: "main", ref: "refs/heads/new", form: targets.PushCreate, class: targets.Mutated, moves: true},
		{name: "create a tag that exists", old: none, tip: "v1", ref: "refs/tags/v1", form: targets.PushCreate, class: targets.Reached, leaves: true},
		{name: "no pack", old: "main~10", tip: "main", noPack: true, hook: reject, form: targets.PushUpdate, class: targets.Invalid},
		{name: "no report", old: "main~10", tip: "main", capabilities: "side-band-64k agent=t", hook: reject, form: targets.PushUpdate, class: targets.Unknown},
		{name: "another hidden ref", old: "main~10", tip: "main", ref: "refs/keep-around/x", form: targets.PushUpdate, class: targets.Reached},
	} {
		c.hook, c.capabilities, c.ref = cmp.Or(c.hook, accept), cmp.Or(c.capabilities, all), cmp.Or(c.ref, "refs/heads/main")
		for transport, through := range map[string]func(repository, *testing.T, sending) (bool, *targets.GitReport){"HTTP": repository.overHTTP, "SSH": repository.overSSH} {
			t.Run(c.name+" over "+transport, func(t *testing.T) {
				t.Parallel()
				r := newRepository(t, c.hook)
				h := gitpush.History{Line: strings.Fields(r.git("", "rev-list", "--first-parent", "-n", "11", "main")), Beside: r.at(cmp.Or(map[bool]string{true: c.old}[c.form == targets.PushForce], "feature~1"))}
				hash := func(rev string) string {
					if rev == none || rev == unknown {
						return rev
					}
					return r.at(rev)
				}
				body := line(hash(c.old), hash(c.tip), c.ref, c.capabilities, !c.noPack)
				before := r.refs()
				left, g := through(r, t, sending{body, targets.Push{Ref: c.ref, Form: c.form, Beside: "refs/heads/feature"}, h})
				if left != c.leaves {
					t.Errorf("it leaves: %t, want %t", left, c.leaves)
				}
				if !left { // what would become of it
					g = r.receive(body)
				}
				got := Classify(targets.Case{Asked: targets.Asked{Subject: "alice", Action: "git-push", Resource: c.ref}, Exchange: targets.Exchange{Git: g}})
				if got.Class != c.class {
					t.Errorf("%+v, want %s, of %+v", got, c.class, g)
				}
				_, err := os.Stat(filepath.Join(r.dir, "after"))
				if moved := before != r.refs() || err == nil; moved != c.moves {
					t.Errorf("it moves: %t, want %t", moved, c.moves)
				}
				if c.leaves && c.moves {
					t.Error("what leaves must move nothing")
				}
			})
		}
	}
}

// TestForceAfterMerge: where the branch beside is merged by a fast-forward while
// the push is on its way, the push still cannot land: its old hash is before the
// tip to which the ref moves.
func TestForceAfterMerge(t *testing.T) {
	for old, lands := range map[string]bool{"feature~1": false, "feature": true} {
		r := newRepository(t, "#!/bin/sh\nexit 0\n")
		tip := r.at("main")
		body := line(r.at(old), tip, "refs/heads/main", "report-status side-band-64k agent=t", true)
		r.git("", "update-ref", "refs/heads/main", r.at("feature"))
		r.receive(body)
		if moved := r.at("main") == tip; moved != lands {
			t.Errorf("from %s it lands: %t, want %t", old, moved, lands)
		}
	}
}
