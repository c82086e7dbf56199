package gitlab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/xanzy/go-gitlab"

	"github.com/sodprobe/sodprobe/targets"
)

// settled remembers what was just read of the project: the guard lets some
// requests leave only because of it. Nothing of it can become unsettled by
// itself: a job that was retried stays so, and so does a finished deployment.
type settled struct {
	mu    sync.Mutex
	known map[string]bool
}

func (s *settled) add(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]bool{}
	}
	s.known[what] = true
}

func (s *settled) has(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[what]
}

// preparation is what has to be read before a request may leave.
type preparation struct {
	project *Project
	session *Session
	as      targets.Identity // who will ask
	steps   []targets.Exchange
}

// prepare reads, as the observer, what the safety of a request depends on. An
// exchange in the last place says why the request must not be sent.
func (p *Project) prepare(ctx context.Context, as targets.Identity, r targets.Request) ([]targets.Exchange, *targets.Exchange) {
	check, arg := p.preparationOf(r)
	if check == nil {
		return nil, nil
	}
	s, err := p.reader(ctx)
	if err != nil {
		return nil, unfit("the observer cannot be assumed: %v", err)
	}
	prep := &preparation{project: p, session: s, as: as}
	if problem := check(prep, ctx, arg); problem != "" {
		return prep.steps, unfit("%s", problem)
	}
	return prep.steps, nil
}

// preparationOf finds the check that a route needs, nil for none.
func (p *Project) preparationOf(r targets.Request) (func(*preparation, context.Context, string) string, string) {
	below, ok := strings.CutPrefix(r.Path, p.path())
	if r.Path == registryAuth {
		return (*preparation).repository, r.Query["scope"]
	}
	if !ok {
		return nil, ""
	}
	for _, route := range []struct {
		method, path string
		check        func(*preparation, context.Context, string) string
	}{
		{http.MethodPost, `^jobs/(\d+)/(?:play|retry)$`, (*preparation).retriedJob},
		{http.MethodPost, `^deployments/(\d+)/approval$`, (*preparation).finishedDeployment},
		{http.MethodPut, `^merge_requests/(\d+)/(?:merge|approval_rules/\d+)$`, (*preparation).openMergeRequest},
	} {
		if m := regexp.MustCompile(route.path).FindStringSubmatch(below); m != nil && r.Method == route.method {
			return route.check, m[1]
		}
	}
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(r.Body, &named) // a body without a name is refused by the guard
	switch r.Method + " " + below {
	case "POST protected_branches":
		return (*preparation).protected, "protected_branches/" + targets.InPath(named.Name)
	case "POST protected_environments":
		return (*preparation).protected, "protected_environments/" + targets.InPath(named.Name)
	case "POST push_rule":
		return (*preparation).protected, "push_rule"
	}
	return nil, ""
}

// read reads a path below the project; it answers with the problem.
func (p *preparation) read(ctx context.Context, path string, query map[string]string, out any, keep ...string) string {
	x, body := p.session.get(ctx, p.project.path()+path, query, keep...)
	p.steps = append(p.steps, x)
	if x.Status != http.StatusOK || x.Truncated || json.Unmarshal(body, out) != nil {
		return fmt.Sprintf("read %s: %s", path, Classify(targets.Case{Exchange: x}).Reason)
	}
	return ""
}

// retriedJob: a job that has been retried already is final. It can neither be
// played nor retried, whoever asks, and never becomes so (a manual or delayed
// job, or one that is merely finished, would run).
func (p *preparation) retriedJob(ctx context.Context, id string) string {
	var job struct {
		Status   string `json:"status"`
		Pipeline struct {
			ID int `json:"id"`
		} `json:"pipeline"`
	}
	if problem := p.read(ctx, "jobs/"+id, nil, &job, "/id", "/name", "/status", "/pipeline/id"); problem != "" {
		return problem
	}
	if !final(job.Status) {
		return fmt.Sprintf("the job %s is %s: only one that has ended and was retried can be attempted without running", id, job.Status)
	}
	jobs := fmt.Sprintf("pipelines/%d/jobs", job.Pipeline.ID)
	var latest, all []gitlab.Job
	if problem := p.read(ctx, jobs, map[string]string{"per_page": "100"}, &latest, "/0/id"); problem != "" {
		return problem
	}
	if problem := p.read(ctx, jobs, map[string]string{"per_page": "100", "include_retried": "true"}, &all, "/0/id"); problem != "" {
		return problem
	}
	is := func(j gitlab.Job) bool { return strconv.Itoa(j.ID) == id }
	switch {
	case len(latest) == 100 || len(all) == 100:
		return fmt.Sprintf("the pipeline %d has too many jobs to tell whether %s was retried", job.Pipeline.ID, id)
	case slices.ContainsFunc(latest, is) || !slices.ContainsFunc(all, is):
		return fmt.Sprintf("the job %s was not retried: playing or retrying it could run it", id)
	}
	p.project.settled.add("job " + id)
	return ""
}

func final(status string) bool {
	return slices.Contains([]string{"success", "failed", "canceled"}, status)
}

// finishedDeployment: a deployment that has ended is not waiting for approval
// and never will be. GitLab looks whether it is one's own before it notices
// that, and what else one may only after it: of another's deployment the
// answer would say nothing of the developer.
func (p *preparation) finishedDeployment(ctx context.Context, id string) string {
	var d gitlab.Deployment
	if problem := p.read(ctx, "deployments/"+id, nil, &d, "/id", "/status", "/environment/name", "/user/username"); problem != "" {
		return problem
	}
	if want := p.project.cfg.Target.GitLab.Environment; d.Environment == nil || d.Environment.Name != want {
		return fmt.Sprintf("the deployment %s is not one of %s", id, want)
	}
	if maker := d.User; p.as.Role == targets.Developer && (maker == nil || maker.Username != p.as.GitLab.Username) {
		return fmt.Sprintf("the deployment %s was not made by %s, so its approval would not be of one's own", id, p.as.ID)
	}
	if !final(d.Status) {
		return fmt.Sprintf("the deployment %s is %s: an approval could be stored", id, d.Status)
	}
	p.project.settled.add("deployment " + id)
	return ""
}

// openMergeRequest: why a merge request cannot be merged stands beside the
// answer, since GitLab's words do not tell.
func (p *preparation) openMergeRequest(ctx context.Context, id string) string {
	var mr gitlab.MergeRequest
	if problem := p.read(ctx, "merge_requests/"+id, nil, &mr,
		"/iid", "/state", "/target_branch", "/detailed_merge_status", "/author/username"); problem != "" {
		return problem
	}
	if mr.State != "opened" {
		return fmt.Sprintf("the merge request !%s is %s", id, mr.State)
	}
	return ""
}

// protected: what exists cannot be created once more.
func (p *preparation) protected(ctx context.Context, path string) string {
	var found map[string]any
	if problem := p.read(ctx, path, nil, &found, "/name", "/id"); problem != "" {
		return "it does not exist, so the attempt would create it: " + problem
	}
	if len(found) == 0 {
		return path + " does not exist, so the attempt would create it"
	}
	p.project.settled.add(path)
	return ""
}

// repository: asking for a repository that does not exist makes a row for it.
func (p *preparation) repository(ctx context.Context, scope string) string {
	var list []gitlab.RegistryRepository
	if problem := p.read(ctx, "registry/repositories", map[string]string{"per_page": "100"}, &list, "/0/path"); problem != "" {
		return problem
	}
	name := strings.TrimSuffix(strings.TrimPrefix(scope, "repository:"), ":push,pull")
	if !slices.ContainsFunc(list, func(r gitlab.RegistryRepository) bool { return r.Path == name }) {
		return fmt.Sprintf("the container repository %s does not exist", name)
	}
	p.project.settled.add(scope)
	return ""
}
