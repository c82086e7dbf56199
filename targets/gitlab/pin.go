package gitlab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/xanzy/go-gitlab"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// path is the project's in the REST API, with a slash at its end.
func (p *Project) path() string {
	return fmt.Sprintf("%sprojects/%d/", api, projectOf(p.cfg.Target).ProjectID)
}

// oldest is the first version that says what it is, its edition too, and whose a
// token is (docs.gitlab.com/api/metadata, since 15.2, its enterprise since 15.6;
// docs.gitlab.com/api/personal_access_tokens, self since 15.5).
const oldest = "15.6"

// Pin compares the live project with the approved one: the instance by its
// certificate, then the number and path of the project. An instance that does
// not answer wraps targets.ErrUnreachable.
func (p *Project) Pin(ctx context.Context) (targets.Pin, error) {
	pin := targets.Pin{Server: p.base}
	s, err := p.reader(ctx)
	if err != nil {
		return pin, fmt.Errorf("%w: %w", targets.ErrUnreachable, err)
	}
	var version struct {
		Version    string `json:"version"`
		Enterprise *bool  `json:"enterprise"`
	}
	x, body := s.get(ctx, api+"metadata", nil, "/version", "/enterprise")
	pin.Exchanges = append(pin.Exchanges, x)
	if untrusted(x.TransportError) {
		pin.Problem = "the server's certificate is not trusted: " + x.TransportError
		return pin, nil
	}
	if x.Status != http.StatusOK || json.Unmarshal(body, &version) != nil || version.Version == "" {
		return pin, fmt.Errorf("%w: read the instance's version: %s", targets.ErrUnreachable, Classify(targets.Case{Exchange: x}).Reason)
	}
	pin.Version = version.Version
	if !guard.AtLeast(version.Version, oldest) {
		pin.Problem = fmt.Sprintf(
			"GitLab %s is not %s or later, and older ones do not tell what has to be known before an attempt",
			version.Version,
			oldest,
		)
		return pin, nil
	}
	switch e := version.Enterprise; {
	case e == nil:
		pin.Problem = "the instance does not tell its edition"
		return pin, nil
	case *e:
		pin.Edition = "Enterprise"
	default:
		pin.Edition = "Community"
	}
	problem, x := p.same(ctx, s)
	pin.Exchanges = append(pin.Exchanges, x)
	switch {
	case problem != "" && x.Status/100 == 2:
		pin.Problem = problem
	case problem != "":
		return pin, fmt.Errorf("%w: %s", targets.ErrUnreachable, problem)
	default:
		pin.Harness, pin.OK = on(s.identity).Username, true
	}
	return pin, nil
}

// same checks that the number leads to the path and no other; it answers with
// the problem, "" for none.
func (p *Project) same(ctx context.Context, s *Session) (string, targets.Exchange) {
	want := projectOf(p.cfg.Target)
	x, body := s.get(ctx, strings.TrimSuffix(p.path(), "/"), nil, "/id", "/path_with_namespace", "/archived", "/visibility")
	var project gitlab.Project
	if x.Status != http.StatusOK || x.Truncated || json.Unmarshal(body, &project) != nil {
		return fmt.Sprintf("read the project %d: %s", want.ProjectID, Classify(targets.Case{Exchange: x}).Reason), x
	}
	if int64(project.ID) != want.ProjectID || project.PathWithNamespace != want.Project {
		return fmt.Sprintf("the project %d is %s, the scenario pins %s: this is not the approved project",
			project.ID, project.PathWithNamespace, want.Project), x
	}
	return "", x
}

// untrusted tells a failed certificate check, of which the record holds the
// words only, from other failures of a connection.
func untrusted(transportError string) bool {
	return strings.Contains(transportError, "tls: failed to verify certificate")
}
