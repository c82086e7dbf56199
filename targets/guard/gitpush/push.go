package gitpush

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// ContentType is that of a push over HTTP.
const ContentType = "application/x-git-receive-pack-request"

// deep is how many first parents lie at least between a ref's tip and the old
// hash that a push names, unless that is the root.
const deep = 10

// emptyPack is a pack of no objects: without one git reports an error before
// any hook runs (git 2.39.5).
const emptyPack = "5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e"

// zero is the hash that stands for no object.
const zero = "0000000000000000000000000000000000000000"

// History is what the observer read of the branch that a push names. A push
// is judged by it, and by what the server advertises.
type History struct {
	// Line are the ref's first parents, the tip first.
	Line []string
	// Whole says that the last of Line is the root.
	Whole bool
	// Beside is a commit of the branch beside that is not merged into the ref, and
	// not the branch's tip: to the tip the ref moves where that branch is merged by
	// a fast-forward, and a push that names it as the old hash would then land.
	Beside string
}

// Old returns the old hash with which a push of a form cannot land, or why
// there is none.
func (h History) Old(form targets.PushForm) (string, error) {
	switch form {
	case targets.PushUpdate:
		switch n := len(h.Line); {
		case n > deep:
			return h.Line[deep], nil
		case h.Whole && n >= 3:
			return h.Line[n-1], nil
		default:
			return "", fmt.Errorf("the branch has %d commits, and a push that cannot land needs at least 3", n)
		}
	case targets.PushForce:
		if h.Beside == "" || len(h.Line) == 0 || slices.Contains(h.Line, h.Beside) {
			return "", fmt.Errorf("there is no branch beside it with two commits that are not merged")
		}
		return h.Beside, nil
	case targets.PushCreate:
		return zero, nil
	}
	return "", fmt.Errorf("a push of the form %q", form)
}

// Command is the one command of a push.
type Command struct {
	old, new, ref string
	capabilities  []string
}

// String is the command as the record shows it.
func (c Command) String() string {
	return fmt.Sprintf("%s %s %s\n%s\nan empty pack\n", c.old, c.new, c.ref, strings.Join(c.capabilities, " "))
}

// Parse reads a push of exactly one command and an empty pack
// (gitprotocol-pack, "Reference Update Request"). It refuses every other form.
func Parse(body []byte) (Command, error) {
	if len(body) < 4 {
		return Command{}, errors.New("a push without a command")
	}
	n, err := strconv.ParseUint(string(body[:4]), 16, 16)
	if err != nil || int(n) < 4 || int(n) > len(body) {
		return Command{}, errors.New("a push whose first line has no length")
	}
	line, rest := string(body[4:n]), body[n:]
	pack, found := bytes.CutPrefix(rest, []byte("0000"))
	if !found {
		return Command{}, errors.New("a push of more than one command")
	}
	if hex.EncodeToString(pack) != emptyPack {
		return Command{}, errors.New("a push whose pack is not empty")
	}
	text, capabilities, found := strings.Cut(line, "\x00")
	part := strings.Split(text, " ")
	if !found || len(part) != 3 {
		return Command{}, errors.New("a push whose command is not OLD NEW REF")
	}
	c := Command{part[0], part[1], part[2], strings.Fields(capabilities)}
	return c, c.check()
}

// check refuses what no rule may allow.
func (c Command) check() error {
	switch {
	case !isHash(c.old) || !isHash(c.new):
		return errors.New("a push whose hashes are not SHA-1")
	case c.new == zero:
		return fmt.Errorf("a push that deletes %s", c.ref)
	case c.old == c.new:
		return errors.New("a push that changes nothing: its hooks run after it all the same")
	case !strings.HasPrefix(c.ref, "refs/heads/") && !strings.HasPrefix(c.ref, "refs/tags/"):
		return fmt.Errorf("a push to %s, which is no branch and no tag", c.ref)
	case !slices.Contains(c.capabilities, "report-status") || !slices.Contains(c.capabilities, "side-band-64k"):
		return errors.New("a push that does not ask for its report")
	}
	for _, name := range c.capabilities {
		known := name == "report-status" || name == "side-band-64k" || name == "object-format=sha1" || strings.HasPrefix(name, "agent=")
		if !known {
			return fmt.Errorf("a push with the capability %s", name)
		}
	}
	return nil
}

func isHash(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == len(zero) && s == strings.ToLower(s)
}

// Misfit says why a push is not the one that a rule allows, "" where it is.
func (c Command) Misfit(want targets.Push, h *History, a Advertised) string {
	if h == nil {
		return "nothing is known of the ref's history"
	}
	old, err := h.Old(want.Form)
	tip := a.Tip(want.Ref)
	switch {
	case c.ref != want.Ref:
		return "the ref differs"
	case a.Hashes() != "sha1":
		return "the repository's hashes are not SHA-1"
	case tip == "" || tip == zero || c.new != tip:
		return "the new hash is not the tip that the server advertises"
	case want.Form != targets.PushCreate && (len(h.Line) == 0 || h.Line[0] != tip):
		return "the ref moved while it was read"
	case err != nil:
		return err.Error()
	case c.old != old:
		return "the old hash is not one with which the push cannot land"
	case want.Form == targets.PushUpdate && slices.Contains(h.Line[:2], c.old):
		return "the old hash is the ref's tip or its parent"
	case want.Form == targets.PushForce && a.IsTip(c.old):
		return "the old hash is a tip, to which the ref may move"
	}
	return ""
}
