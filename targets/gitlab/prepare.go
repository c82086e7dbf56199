package gitlab

import (
	"context"
	"fmt"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// What a request's harmlessness can rest on, as reads for a probe's rules. None
// of it can become untrue by itself: a job that was retried stays so. The
// invariant asks for the facts.

const below = api + "projects/{project}/"

// Retried shows that the job {job} has been retried already. It can neither be
// played nor retried, whoever asks, and never becomes so (a manual or delayed
// job, or one that is merely finished, would run).
func Retried() []targets.Preparation {
	const tooMany = "its pipeline has too many jobs to tell whether the job {job} was retried"
	const notRetried = "the job {job} was not retried: playing or retrying it could run it"
	return []targets.Preparation{
		{
			Path: below + "jobs/{job}",
			Keep: []string{"/id", "/name", "/status", "/pipeline/id"},
			Must: []targets.Condition{
				{
					At:   "/status",
					Any:  ended(),
					Else: "the job {job} has not ended: only one that has, and was retried, can be attempted without running",
				},
			},
			Take: map[string]string{"pipeline": "/pipeline/id"},
		},
		{
			Path: below + "pipelines/{pipeline}/jobs", Query: map[string]string{"per_page": "100"}, Keep: []string{"/0/id"},
			Must: []targets.Condition{{At: "", Fewer: 100, Else: tooMany}, {At: "/*/id", None: []string{"{job}"}, Else: notRetried}},
		},
		{
			Path:  below + "pipelines/{pipeline}/jobs",
			Query: map[string]string{"per_page": "100", "include_retried": "true"},
			Keep:  []string{"/0/id"},
			Must:  []targets.Condition{{At: "", Fewer: 100, Else: tooMany}, {At: "/*/id", Any: []string{"{job}"}, Else: notRetried}},
			Shows: "the job {job} was retried",
		},
	}
}

// WaitingDeployment shows that the deployment {deployment} waits for approval
// under rules, and that the developer made it. GitLab looks whether it is one's
// own, then whether it waits, and only then what one may do
// (ee/app/services/deployments/approval_service.rb, 18.9): of one that does not
// wait, or of another's, the answer would say nothing of the developer.
//
// The status does not tell: since 16.2 a deployment waits while approvals are
// missing, also one that has ended (ee/app/models/ee/deployment.rb). Without
// rules, versions before 16.2 store an approval whomever it is made for.
func WaitingDeployment() []targets.Preparation {
	return []targets.Preparation{
		{
			Path: below + "deployments/{deployment}",
			Keep: []string{"/id", "/status", "/environment/name", "/user/username", "/pending_approval_count"},
			Must: []targets.Condition{
				{At: "/environment/name", Any: []string{"{environment}"}, Else: "the deployment {deployment} is not one of {environment}"},
				{
					At:   "/user/username",
					Any:  []string{"{developer}"},
					Else: "the deployment {deployment} was not made by the developer {developer}, so its approval would not be of one's own",
				},
				{At: "/pending_approval_count", Else: "whether the deployment {deployment} waits for approval cannot be read"},
				{At: "/pending_approval_count", None: []string{"0"}, Else: "the deployment {deployment} does not wait for approval"},
				{At: "/approval_summary/rules/*", Else: "the deployment {deployment} has no approval rules"},
			},
			Shows: "the deployment {deployment} has approval rules",
		},
	}
}

// Opened shows that the merge request {mergeRequest} is open, into {branch}, and
// the developer's own: of another's, GitLab refuses a developer some things whatever
// the settings are (since 18.5, its approval rules). Why it cannot be merged
// stands beside the answer, since GitLab's words do not tell.
func Opened() []targets.Preparation {
	return []targets.Preparation{
		{
			Path: below + "merge_requests/{mergeRequest}",
			Keep: []string{"/iid", "/state", "/target_branch", "/detailed_merge_status", "/author/username"},
			Must: []targets.Condition{
				{At: "/state", Any: []string{"opened"}, Else: "the merge request !{mergeRequest} is not open"},
				{
					At:   "/author/username",
					Any:  []string{"{developer}"},
					Else: "the merge request !{mergeRequest} is not the developer {developer}'s own",
				},
				{
					At:   "/target_branch",
					Any:  []string{"{branch}"},
					Else: "the merge request !{mergeRequest} is not into {branch}",
				},
			},
		},
	}
}

// Exists shows that something below the project exists. GitLab then cannot
// create it once more.
func Exists(path, field string) []targets.Preparation {
	return there(path, field, " does not exist, so the attempt would create it")
}

// Present shows that something below the project exists. Of what does not,
// GitLab says 404 to everybody.
func Present(path, field string) []targets.Preparation {
	return there(path, field, " does not exist, so the answer would say nothing")
}

func there(path, field, otherwise string) []targets.Preparation {
	return []targets.Preparation{{
		Path: below + path, Keep: []string{field}, Else: path + otherwise,
		Must:  []targets.Condition{{At: field, Else: path + otherwise}},
		Shows: path + " exists",
	}}
}

// Seated shows that the user {user} holds a seat already, as a member of a group
// above the project. Where none is left, GitLab would tell the owners by mail
// that one is wanted, before it asks who may add members
// (ee/lib/gitlab_subscriptions/member_management/block_seat_overages.rb, 18.9).
// A guest may hold none (gitlab-org/gitlab-ee#5693), and a blocked account, or
// one whose membership awaits approval, holds none.
func Seated() []targets.Preparation {
	const seatless = "the user {user} does not hold a seat as a member of a group above the project"
	return []targets.Preparation{{
		Path: below + "members/all/{user}", Keep: []string{"/id", "/access_level", "/state", "/membership_state"}, Else: seatless,
		Must: []targets.Condition{
			{At: "/access_level", Any: []string{"20", "30", "40", "50"}, Else: seatless},
			{At: "/state", Any: []string{"active"}, Else: seatless},
			{At: "/membership_state", None: []string{"awaiting", "created"}, Else: seatless},
		},
		Shows: "the user {user} holds a seat",
	}}
}

// Instance shows, by one read, that the instance is of a version, as in 17.11, or
// a later one, "" for any: in older ones GitLab answers before it has decided,
// and why says what. Where licensed is asked for, it shows that the instance has
// the Premium features: only there can environments be protected
// (docs.gitlab.com/api/protected_environments), and only there are access levels
// of single accounts read.
func Instance(version, why string, licensed bool) []targets.Preparation {
	const unknown = "the instance has no Premium edition, or the observer may not read the protected environments that would show it"
	instance := targets.Preparation{
		Path: api + "metadata",
		Keep: []string{"/version", "/enterprise"},
		Else: "which version of GitLab this is cannot be read",
	}
	if version != "" {
		instance.Must = append(instance.Must, targets.Condition{
			At: "/version", AtLeast: version, Else: "this needs GitLab " + version + " or later: before, " + why,
		})
	}
	if !licensed {
		return []targets.Preparation{instance}
	}
	instance.Must = append(instance.Must, targets.Condition{At: "/enterprise", Any: []string{"true"}, Else: unknown})
	return []targets.Preparation{instance, {
		Path: below + "protected_environments", Query: map[string]string{"per_page": "1"}, Keep: []string{"/0/name"}, Else: unknown,
		Shows: "the instance is licensed",
	}}
}

// Repository shows that the container repository {repository} exists: to ask
// for one that does not makes a row for it.
func Repository() []targets.Preparation {
	return []targets.Preparation{{
		Path: below + "registry/repositories", Query: map[string]string{"per_page": "100"}, Keep: []string{"/0/path"},
		Must:  []targets.Condition{{At: "/*/path", Any: []string{"{repository}"}, Else: "the container repository {repository} does not exist"}},
		Shows: "the container repository {repository} exists",
	}}
}

// ended are the states that a job or deployment does not leave by itself.
func ended() []string { return []string{"success", "failed", "canceled"} }

// prepare reads, as the observer, what the rules of a lease want to be shown.
// An exchange says why the request must not be sent.
func (p *Project) prepare(ctx context.Context, lease *guard.Lease) ([]targets.Exchange, *targets.Exchange) {
	steps, problem := lease.Prepare(ctx, func(ctx context.Context, r targets.Request, keep []string) (targets.Exchange, any, string) {
		s, err := p.reader(ctx)
		if err != nil {
			return targets.Exchange{}, nil, fmt.Sprintf("the observer cannot be assumed: %v", err)
		}
		x, body := s.get(ctx, r.Path, r.Query, keep...)
		answer, err := document.Read(body)
		if x.Status != 200 || x.Truncated || err != nil {
			return x, nil, fmt.Sprintf("read %s: %s", r.Path, Classify(targets.Case{Exchange: x}).Reason)
		}
		return x, answer, ""
	})
	if problem != "" {
		return steps, unfit("%s", problem)
	}
	return steps, nil
}
