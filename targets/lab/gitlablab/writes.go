package gitlablab

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// writes are the routes that would change something, each in GitLab's order
// of checks. What takes effect is noted as a change.
func (g *GitLab) writes() map[string]func(call) reply {
	const p = " /api/v4/projects/{project}/"
	all := map[string]func(call) reply{
		"POST" + p + "repository/commits":         commit,
		"PUT" + p + "merge_requests/{name}/merge": merge,
		"POST" + p + "members":                    addMember,
		"POST" + p + "deploy_keys":                addKey,
		"POST" + p + "variables":                  addVariable,
		"PUT /api/v4/users/{name}":                updateUser,
	}
	maps.Copy(all, g.protections())
	maps.Copy(all, g.deployments())
	return all
}

// effect answers that something took effect.
func effect(c call) reply {
	c.change("%s %s", c.r.Method, c.r.URL.Path)
	return reply{http.StatusCreated, object{"id": 1}}
}

// commit asks for the branch first, and then whether it can be made
// (lib/api/commits.rb, app/services/commits/create_service.rb).
func commit(c call) reply {
	branch := fmt.Sprint(c.body["branch"])
	switch {
	case !c.pushes(c.as, branch):
		return say(http.StatusForbidden, "403 Forbidden - You are not allowed to push into this branch")
	case c.body["start_sha"] != nil:
		return say(
			http.StatusBadRequest,
			fmt.Sprintf("A branch called '%s' already exists. Switch to that branch in order to make changes", branch),
		)
	}
	return effect(c)
}

// merge: whether one may merge into the branch, whether the request can be
// merged, and whether it is still the same (lib/api/merge_requests.rb; the same
// in all versions).
func merge(c call) reply {
	mr := c.mergeRequest(c.r.PathValue("name"))
	switch {
	case mr == nil:
		return missing("Not found")
	case !c.merges(c.as, mr.into):
		return say(http.StatusUnauthorized, "401 Unauthorized")
	case mr.status != "mergeable":
		return say(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	case c.body["sha"] != "feature":
		return say(http.StatusConflict, "SHA does not match HEAD of source branch: feature")
	}
	return effect(c)
}

// addMember: since 18.0 Ultimate queues a promotion above Guest before it asks
// who may add members, and where seats are blocked it tells the owners by mail
// (ee/app/services/members, 18.9).
func addMember(c call) reply {
	level, _ := c.body["access_level"].(float64)
	known := slices.Contains([]float64{5, 10, 15, 20, 30, 40, 50}, level)
	switch {
	case c.body["user_id"] != float64(1001):
		c.change("mail to the owners: no seat is left")
		return say(http.StatusBadRequest, "There are not enough available seats")
	case c.cfg.Edition == Ultimate && c.since("18.0") && level > 10:
		c.change("a promotion was queued")
		return ok(object{"message": "pending"})
	case !c.as.maintains():
		return forbidden()
	case !known:
		return say(http.StatusBadRequest, object{"access_level": []string{"is not included in the list"}})
	case c.body["expires_at"] == "2000-01-01":
		return say(http.StatusBadRequest, object{"expires_at": []string{"cannot be a date in the past"}})
	}
	return effect(c)
}

// addKey: admin_project before everything (lib/api/deploy_keys.rb).
func addKey(c call) reply {
	switch {
	case !c.as.maintains():
		return forbidden()
	case c.body["key"] == "not-a-key":
		return say(http.StatusBadRequest, object{"deploy_key.key": []string{"is invalid"}, "key": []string{"is invalid"}})
	}
	return effect(c)
}

// addVariable: admin_cicd_variables before everything (lib/api/ci/variables.rb).
func addVariable(c call) reply {
	switch {
	case !c.as.maintains():
		return forbidden()
	case c.body["key"] == "sod probe!":
		return say(http.StatusBadRequest, object{"key": []string{"can contain only letters, digits and '_'."}})
	case c.body["masked"] == true && len(fmt.Sprint(c.body["value"])) < 8:
		return say(http.StatusBadRequest, object{"value": []string{"is invalid"}})
	}
	return effect(c)
}

// registry issues the registry's tokens: what is allowed stands in them
// (app/services/auth/container_registry_authentication_service.rb; protection
// by path since 17.8, and of tags in the token's meta).
func (g *GitLab) registry(w http.ResponseWriter, r *http.Request) {
	_, token, _ := r.BasicAuth()
	a := g.byToken(token)
	g.heard(r, a)
	if g.faulty(w, r, a) {
		return
	}
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Query().Get("scope"), "repository:"), ":push,pull")
	access := object{"type": "repository", "name": name, "actions": []string{"pull", "push"}}
	switch {
	case a == nil:
		send(w, reply{http.StatusUnauthorized, object{"errors": []object{{"code": "UNAUTHORIZED", "message": "HTTP Basic: Access denied"}}}})
		return
	case g.since("17.8") && name == protectedImage && a.level < g.levels("image"):
		if g.cfg.Posture != Scoped {
			send(
				w,
				reply{
					http.StatusForbidden,
					object{"errors": []object{{"code": "DENIED", "message": "Pushing to protected repository path forbidden"}}},
				},
			)
			return
		}
		access["meta"] = object{"tag_deny_access_patterns": object{"push": []string{"^v"}}}
	case !a.develops():
		access["actions"] = []string{"pull"}
	}
	claims, err := json.Marshal(object{"access": []object{access}})
	if err != nil {
		return
	}
	send(w, ok(object{"token": "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".c2VjcmV0"}))
}
