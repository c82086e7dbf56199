package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/template"
)

// pushes completes a probe that sends one push which cannot land. ref and
// beside are templates.
func pushes(p probes.Probe, form targets.PushForm, ref, beside string) probes.Probe {
	p = complete(p, probes.SelfDefeating)
	method, path, header := "POST", "/{scope}.git/git-receive-pack", map[string]string{
		"Content-Type": "application/x-git-receive-pack-request", "Accept": "application/x-git-receive-pack-result",
	}
	if p.Requires.Has(gitlab.NeedsSSHKey) {
		method, path, header = "SSH", "{scope}.git", nil
	}
	p.Allow = []targets.Rule{{
		Method: method, Path: path, Header: header, Mutating: true, Keep: []string{},
		Push: &targets.Push{Ref: ref, Form: form, Beside: beside},
	}}
	p.Reached = []string{"text:failed to update ref", "text:but expected", "text:already exists"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		vars := params.Vars(place)
		name := "" // the rules of a branch speak of a plain push
		if form == targets.PushForce {
			name = string(form)
		}
		return targets.Request{
			Action: "git-push", Resource: template.Text(ref, vars), Name: name, Scope: place.Scope,
			Method: method, Path: template.Text(path, vars), Header: header,
			Push: &targets.Push{Ref: template.Text(ref, vars), Form: form, Beside: template.Text(beside, vars)},
		}
	}
	if p.State == nil {
		p.State = onTheBranch
	}
	if p.Expect == nil {
		p.Expect = []targets.Layer{targets.BranchProtection, targets.SecurityPolicy}
	}
	p.Limits = append(p.Limits, "The push carries no commit: rules about the content of commits are not exercised.",
		"A security policy that some may bypass by a push option is asked without that option.")
	return p
}
