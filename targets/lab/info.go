package lab

import (
	"net/http"
	"strings"
)

// info is what a request asks for, as the authorizer sees it.
type info struct {
	verb            string
	group, version  string
	resource, sub   string
	namespace, name string
	prefix          bool // the path is one of an API
}

// qualified is RESOURCE[.GROUP].
func (i info) qualified() string {
	if i.group == "" {
		return i.resource
	}
	return i.resource + "." + i.group
}

// parse reads a path (apiserver/pkg/endpoints/request/requestinfo.go).
func parse(r *http.Request) info {
	part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	i := info{}
	switch {
	case len(part) >= 3 && part[0] == "api":
		i.prefix, i.version, part = true, part[1], part[2:]
	case len(part) >= 4 && part[0] == "apis":
		i.prefix, i.group, i.version, part = true, part[1], part[2], part[3:]
	default:
		return i
	}
	if part[0] == "namespaces" && len(part) > 1 {
		i.namespace = part[1]
		if len(part) > 2 {
			part = part[2:]
		}
	}
	i.resource = part[0]
	if len(part) > 1 {
		i.name = part[1]
	}
	if len(part) > 2 {
		i.sub = part[2]
	}
	i.verb = verb(r.Method, i)
	return i
}

func verb(method string, i info) string {
	switch method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		if i.name == "" {
			return "deletecollection"
		}
		return "delete"
	default:
		if i.name == "" {
			return "list"
		}
		return "get"
	}
}
