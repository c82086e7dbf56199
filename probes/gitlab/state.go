package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/template"
)

// projectPath is the project's place in the REST API, as a template.
const projectPath = "/api/v4/projects/{project}/"

// reads is one read of state below the project.
func reads(place targets.Place, path string, mustExist bool, fields ...string) targets.StateQuery {
	return targets.StateQuery{
		Request: targets.Request{
			Action: "read", Resource: path, Scope: place.Scope, Method: "GET", Path: template.Text(projectPath, place.Vars()) + path,
		},
		Fields: fields, MustExist: mustExist,
	}
}

// listed is a read of a list.
func listed(place targets.Place, path string, query map[string]string, fields ...string) targets.StateQuery {
	q := reads(place, path, false, fields...)
	q.Request.Query = map[string]string{"per_page": "100"}
	for k, v := range query {
		q.Request.Query[k] = v
	}
	return q
}

// theProject shows that the project is there.
func theProject(place targets.Place) targets.StateQuery {
	q := reads(place, "", true, "/id", "/path_with_namespace", "/default_branch", "/archived", "/visibility")
	q.Request.Path = template.Text("/api/v4/projects/{project}", place.Vars())
	return q
}

// theBranch is where the branch points.
func theBranch(place targets.Place) targets.StateQuery {
	return reads(place, "repository/branches/"+place.Values["branch_in_path"], true, "/name", "/commit/id", "/protected")
}

// onTheBranch is the state of probes that would change the branch.
func onTheBranch(place targets.Place, _ probes.Params) []targets.StateQuery {
	return []targets.StateQuery{theBranch(place)}
}

// inTheProject is the state of probes whose object could only be listed.
func inTheProject(path string, fields ...string) func(targets.Place, probes.Params) []targets.StateQuery {
	return func(place targets.Place, _ probes.Params) []targets.StateQuery {
		return []targets.StateQuery{theProject(place), listed(place, path, nil, fields...)}
	}
}

// owned is an object named by a parameter, which has to be the developer's own.
func owned(path, need, whose string, fields ...string) func(targets.Place, probes.Params) []targets.StateQuery {
	return func(place targets.Place, params probes.Params) []targets.StateQuery {
		q := reads(place, path+params.With[need], true, fields...)
		q.Whose = map[string]string{whose: params.Developer}
		return []targets.StateQuery{q}
	}
}

// object named by a parameter.
func numbered(path, need string, fields ...string) func(targets.Place, probes.Params) []targets.StateQuery {
	return func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{reads(place, path+params.With[need], true, fields...)}
	}
}
