package gitlablab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// hook is the repository's pre-receive hook. It decides in GitLab's order
// (lib/gitlab/checks: the push, then the branch, then the tag) and speaks as
// GitLab does.
const hook = `#!/bin/sh
deny() { [ -z "$1" ] || { echo "GitLab: $1" >&2; exit 1; }; }
deny "$LAB_HOOK_FAULT"
while read -r old new ref; do
  deny "$LAB_ANY"
  case "$ref" in
  refs/heads/main)
    case "$old" in
    *[!0]*)
      git merge-base --is-ancestor "$old" "$new" || deny "$LAB_FORCE"
      deny "$LAB_PUSH" ;;
    *) deny "$LAB_CREATE" ;;
    esac ;;
  refs/tags/v*)
    deny "$LAB_TAG" ;;
  esac
done
`

// after is the post-receive hook: what runs here is what would start
// pipelines and webhooks.
const after = `#!/bin/sh
cat >> events
`

// repository is where the project's repository lies.
func (g *GitLab) repository() string { return filepath.Join(g.cfg.Dir, Project+".git") }

// command prepares git on the repository, away from the user's own settings.
func (g *GitLab) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...) //nolint:gosec // the arguments are the lab's own
	cmd.Dir = g.repository()
	cmd.Env = []string{
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=/dev/null",
		"HOME=" + g.cfg.Dir,
		"LC_ALL=C",
	}
	return cmd
}

func (g *GitLab) git(ctx context.Context, args ...string) (string, error) {
	out, err := g.command(ctx, args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// makeRepository makes the bare repository: main with thirteen commits, the
// allowed branch, a branch that is not merged, and two tags.
func (g *GitLab) makeRepository(ctx context.Context) error {
	if err := os.MkdirAll(g.repository(), 0o750); err != nil {
		return err
	}
	if _, err := g.git(ctx, "init", "--quiet", "--bare", "--initial-branch="+Branch, "."); err != nil {
		return err
	}
	for name, value := range map[string]string{"http.receivepack": "true", "receive.denyDeletes": "false"} {
		if _, err := g.git(ctx, "config", name, value); err != nil {
			return err
		}
	}
	load := g.command(ctx, "fast-import", "--quiet")
	load.Stdin = strings.NewReader(history())
	if out, err := load.CombinedOutput(); err != nil {
		return fmt.Errorf("git fast-import: %w: %s", err, out)
	}
	for name, text := range map[string]string{"pre-receive": hook, "post-receive": after} {
		if err := os.WriteFile(filepath.Join(g.repository(), "hooks", name), []byte(text), 0o700); err != nil { //nolint:gosec // git runs it
			return err
		}
	}
	return nil
}

// history is the repository's, as git fast-import reads it.
func history() string {
	var b strings.Builder
	commits := 0
	commit := func(branch, from string) {
		commits++
		fmt.Fprintf(
			&b,
			"commit refs/heads/%s\nmark :%d\ncommitter lab <lab@corp.example> %d +0000\ndata <<.\nCommit %d\n.\n",
			branch,
			commits,
			1700000000+commits,
			commits,
		)
		if from != "" {
			fmt.Fprintf(&b, "from %s\n", from)
		}
		fmt.Fprintf(&b, "M 100644 inline file\ndata <<.\n%d\n.\n\n", commits)
	}
	for range 13 {
		commit(Branch, "")
	}
	commit(AllowedBranch, "refs/heads/"+Branch)
	commit("feature", ":11")
	commit("feature", "")
	for _, tag := range []string{"v1.0.0", "dev-1"} {
		fmt.Fprintf(&b, "reset refs/tags/%s\nfrom refs/heads/%s\n\n", tag, Branch)
	}
	return b.String()
}

// events are the updates that the post-receive hook saw.
func (g *GitLab) events() ([]string, error) {
	data, err := os.ReadFile(filepath.Join(g.repository(), "events"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Split(string(bytes.TrimSpace(data)), "\n"), err
}

// commits lists hashes and parents, newest first.
func (c call) commits(args ...string) []any {
	out, err := c.run(append([]string{"log", "--format=%H %P"}, args...)...)
	if err != nil || out == "" {
		return []any{}
	}
	list := []any{}
	for line := range strings.SplitSeq(out, "\n") {
		fields := strings.Fields(line)
		list = append(list, object{"id": fields[0], "parent_ids": fields[1:]})
	}
	return list
}
