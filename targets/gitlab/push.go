package gitlab

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/xanzy/go-gitlab"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

// needed is how many commits of a branch are read: the tip, ten first
// parents, and none more.
const needed = 11

// push sends one push that cannot land. The ref's history is read first, by
// the observer and through the API.
func (s *Session) push(ctx context.Context, call targets.Call) targets.Exchange {
	h, steps, stop := s.project.history(ctx, *call.Request.Push)
	if stop != nil {
		stop.Steps = steps
		return *stop
	}
	lease := s.lease(call.Rules)
	lease.History, lease.Still = &h, call.Still
	var x targets.Exchange
	if call.Request.Method == guard.MethodSSH {
		x = s.pushSSH(ctx, lease, call.Request)
	} else {
		x = s.pushHTTP(ctx, lease, call.Request)
	}
	if seen, err := lease.Advertised(); err == nil && x.Git != nil {
		x.Git.Agent = lease.Redact(seen.Agent())
	}
	x.Steps = append(steps, x.Steps...)
	return x
}

// unfit is an exchange that was not begun.
func unfit(format string, args ...any) *targets.Exchange {
	return &targets.Exchange{Unfit: fmt.Sprintf(format, args...)}
}

// history reads what the push will be judged by: that the path still leads to
// the pinned project, the branch's first parents, and a commit of the branch
// beside it. An exchange in the last place says why nothing can be pushed.
func (p *Project) history(ctx context.Context, push targets.Push) (gitpush.History, []targets.Exchange, *targets.Exchange) {
	var h gitpush.History
	s, err := p.reader(ctx)
	if err != nil {
		return h, nil, unfit("the observer cannot be assumed: %v", err)
	}
	problem, x := p.same(ctx, s)
	steps := []targets.Exchange{x}
	if problem != "" {
		return h, steps, unfit("the path may not lead to the approved project: %s", problem)
	}
	branch, isBranch := strings.CutPrefix(push.Ref, "refs/heads/")
	if push.Form == targets.PushCreate || !isBranch {
		return h, steps, nil // the server's own advertisement says what there is to know
	}
	var commits []gitlab.Commit
	x, body := s.get(ctx, p.path()+"repository/commits", map[string]string{
		"ref_name": branch, "first_parent": "true", "per_page": strconv.Itoa(needed),
	}, "/0/id", "/10/id")
	steps = append(steps, x)
	if x.Status != http.StatusOK || x.Truncated || json.Unmarshal(body, &commits) != nil || len(commits) == 0 {
		return h, steps, unfit("read the history of %s: %s", branch, Classify(targets.Case{Exchange: x}).Reason)
	}
	for _, c := range commits {
		h.Line = append(h.Line, c.ID)
	}
	h.Whole = len(commits[len(commits)-1].ParentIDs) == 0
	if push.Form == targets.PushForce {
		x, h.Beside = p.beside(ctx, s, branch, strings.TrimPrefix(push.Beside, "refs/heads/"))
		steps = append(steps, x)
	}
	if _, err := h.Old(push.Form); err != nil {
		return h, steps, unfit("%s: %v", push.Ref, err)
	}
	return h, steps, nil
}

// beside returns the first parent of a branch's tip where both are not merged into
// another branch, "" where one is or they cannot be read.
func (p *Project) beside(ctx context.Context, s *Session, branch, other string) (targets.Exchange, string) {
	var compared struct {
		Commits []gitlab.Commit `json:"commits"`
		Commit  *gitlab.Commit  `json:"commit"`
	}
	x, body := s.get(ctx, p.path()+"repository/compare", map[string]string{"from": branch, "to": other}, "/commit/id", "/commit/parent_ids")
	if x.Status != http.StatusOK || x.Truncated || json.Unmarshal(body, &compared) != nil || compared.Commit == nil ||
		len(compared.Commit.ParentIDs) == 0 {
		return x, ""
	}
	parent := compared.Commit.ParentIDs[0]
	if !slices.ContainsFunc(compared.Commits, func(c gitlab.Commit) bool { return c.ID == parent }) {
		return x, ""
	}
	return x, parent
}

// pushHTTP pushes over smart HTTP: the advertisement, then the one command.
func (s *Session) pushHTTP(ctx context.Context, lease *guard.Lease, r targets.Request) targets.Exchange {
	path := strings.TrimSuffix(r.Path, "git-receive-pack") + "info/refs"
	query := map[string]string{"service": "git-receive-pack"}
	first := s.lease([]targets.Rule{{Method: http.MethodGet, Path: path, Query: query, Keep: []string{}}})
	advertised, refs := s.direct(ctx, first, targets.Request{Method: http.MethodGet, Path: path, Query: query})
	if refs == nil || advertised.Status != http.StatusOK {
		return advertised // the server refused before any push, or did not answer
	}
	lease.Follow(first)
	seen, err := lease.Advertised()
	if err != nil {
		return advertised // a page in place of an advertisement
	}
	body, err := compose(seen, *lease.History, *r.Push, s.project.cfg.Marker)
	if err != nil {
		return targets.Exchange{Unfit: err.Error(), Steps: []targets.Exchange{advertised}}
	}
	r.Body = body
	x, answer := s.direct(ctx, lease, r)
	x.Steps = []targets.Exchange{advertised}
	if answer != nil && x.Status == http.StatusOK {
		x.Git = report(bytes.NewReader(answer), lease)
	}
	return x
}

// compose builds the push from what the server advertises.
func compose(seen gitpush.Advertised, h gitpush.History, push targets.Push, marker string) ([]byte, error) {
	tip := seen.Tip(push.Ref)
	switch {
	case tip == "":
		return nil, fmt.Errorf("the server does not advertise %s, and a push to it would create it", push.Ref)
	case seen.Hashes() != "sha1":
		return nil, fmt.Errorf("the repository's hashes are %s; only sha1 is supported", seen.Hashes())
	case !seen.Can("report-status") || !seen.Can("side-band-64k"):
		return nil, errors.New("the server does not say what becomes of a push")
	case len(h.Line) > 0 && h.Line[0] != tip:
		return nil, fmt.Errorf("%s moved from %s to %s while it was read", push.Ref, h.Line[0], tip)
	}
	old, err := h.Old(push.Form)
	if err != nil {
		return nil, err
	}
	return encode(push.Ref, old, tip, marker)
}

// encode is the push on the wire, the same bytes each time. The marker stands
// in the server's logs.
func encode(ref, old, tip, marker string) ([]byte, error) {
	pack, err := hex.DecodeString("5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e")
	if err != nil {
		return nil, err
	}
	req := packp.NewReferenceUpdateRequest()
	for _, c := range []struct {
		name   capability.Capability
		values []string
	}{{capability.ReportStatus, nil}, {capability.Sideband64k, nil}, {capability.Agent, []string{marker}}} {
		if err := req.Capabilities.Set(c.name, c.values...); err != nil {
			return nil, fmt.Errorf("ask for %s: %w", c.name, err)
		}
	}
	req.Commands = []*packp.Command{{
		Name: plumbing.ReferenceName(ref), Old: plumbing.NewHash(old), New: plumbing.NewHash(tip),
	}}
	req.Packfile = io.NopCloser(bytes.NewReader(pack))
	var b bytes.Buffer
	err = req.Encode(&b)
	return b.Bytes(), err
}

// report decodes what git-receive-pack answers on its side bands: the report,
// what hooks say, and fatal errors.
func report(answer io.Reader, lease *guard.Lease) *targets.GitReport {
	bands := map[byte]*strings.Builder{1: {}, 2: {}, 3: {}}
	scan := pktline.NewScanner(answer)
	for scan.Scan() {
		if line := scan.Bytes(); len(line) > 0 && bands[line[0]] != nil {
			_, _ = bands[line[0]].Write(line[1:]) // a builder never fails
		}
	}
	out := &targets.GitReport{Sideband: lease.Redact(bands[2].String()), Fatal: lease.Redact(bands[3].String())}
	status := packp.NewReportStatus()
	if scan.Err() != nil || status.Decode(strings.NewReader(bands[1].String())) != nil {
		return out // without a report, nothing is known
	}
	out.Unpack = lease.Redact(status.UnpackStatus)
	for _, c := range status.CommandStatuses {
		ref := targets.GitRefStatus{Ref: string(c.ReferenceName), Status: "ok"}
		if c.Status != "ok" {
			ref.Status, ref.Reason = "ng", lease.Redact(c.Status)
		}
		out.Refs = append(out.Refs, ref)
	}
	return out
}
