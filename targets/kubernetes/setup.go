package kubernetes

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// SetupInput is what Setup grants.
type SetupInput struct {
	targets.Access
	// Prober is the user of the prober's context.
	Prober string
	// Constrained asks for constrained impersonation (KEP-5284, on by default
	// since Kubernetes 1.36) instead of the right to act as somebody in full.
	Constrained bool
}

// grant is one rule that somebody needs, in a namespace or everywhere ("").
type grant struct{ namespace, group, resource, name, verb string }

// Setup writes the least RBAC that the prober and the observers need, as YAML
// to review and apply. It grants the identities under test nothing.
func Setup(w io.Writer, in SetupInput) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# What sodprobe needs at the target %s. Review it before you apply it.\n", in.Target.ID)
	if in.Constrained {
		b.WriteString(
			"# Constrained impersonation: the prober may act as these users, for these requests only.\n# Needs Kubernetes 1.36 or later; grant no verb \"impersonate\" beside it.\n",
		)
	} else {
		b.WriteString("# Legacy impersonation: the prober may do all that these users may. Keep its credential as you keep theirs.\n")
	}
	grants := []grant{{"", "", "namespaces", "kube-system", "get"}}
	grants = append(grants, who(in)...)
	if in.Constrained {
		grants = append(grants, what(in)...)
	}
	writeRoles(&b, "sodprobe-prober", in.Prober, grants)
	for _, o := range in.Observers {
		var reads []grant
		for _, r := range append(requests(in.Reads), prepared(in.Prepared)...) {
			resource, group, sub := parts(r.Resource)
			if sub != "" {
				resource += "/" + sub
			}
			reads = append(reads, grant{r.Scope, group, resource, r.Name, r.Action})
		}
		writeRoles(&b, "sodprobe-"+o.ID, o.Principal(Name), reads)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// who are the identities that the prober takes on.
func who(in SetupInput) []grant {
	var out []grant
	verb := func(mode string) string {
		if in.Constrained {
			return "impersonate:" + mode
		}
		return "impersonate"
	}
	group := ""
	if in.Constrained {
		group = "authentication.k8s.io"
	}
	for _, id := range in.People {
		k := on(id)
		switch {
		case k == nil || k.Context != "":
		case k.ServiceAccount != nil:
			out = append(out, grant{k.ServiceAccount.Namespace, group, "serviceaccounts", k.ServiceAccount.Name, verb("serviceaccount")})
		default:
			out = append(out, grant{"", group, "users", k.Impersonate.User, verb("user-info")})
			for _, g := range k.Impersonate.Groups {
				out = append(out, grant{"", group, "groups", g, verb("user-info")})
			}
			if k.Impersonate.UID != "" {
				out = append(out, grant{"", "authentication.k8s.io", "uids", k.Impersonate.UID, verb("user-info")})
			}
			for key, values := range k.Impersonate.Extra {
				for _, v := range values {
					out = append(out, grant{"", "authentication.k8s.io", "userextras/" + key, v, verb("user-info")})
				}
			}
		}
	}
	return out
}

// what are the requests that the prober makes as them.
func what(in SetupInput) []grant {
	modes := map[string]bool{}
	for _, id := range in.People {
		if k := on(id); k != nil && k.ServiceAccount != nil {
			modes["serviceaccount"] = true
		} else if k != nil && k.Context == "" {
			modes["user-info"] = true
		}
	}
	var out []grant
	for _, mode := range []string{"serviceaccount", "user-info"} {
		if !modes[mode] {
			continue
		}
		out = append(out, grant{"", "authentication.k8s.io", "selfsubjectreviews", "", "impersonate-on:" + mode + ":create"},
			grant{"", "authorization.k8s.io", "selfsubjectrulesreviews", "", "impersonate-on:" + mode + ":create"},
			grant{"", "authorization.k8s.io", "selfsubjectaccessreviews", "", "impersonate-on:" + mode + ":create"})
		for _, r := range slices.Concat(in.Attempts, in.Baselines, requests(in.Reads), prepared(in.Prepared)) {
			if r.Action == "impersonate" {
				continue // attempted with a credential of its own, never through the prober
			}
			plural, sub, hasSub := strings.Cut(r.Resource, "/")
			resource, group, _ := strings.Cut(plural, ".")
			if hasSub {
				resource += "/" + sub
			}
			out = append(out, grant{r.Scope, group, resource, r.Name, "impersonate-on:" + mode + ":" + r.Action})
		}
	}
	return out
}

// writeRoles writes one role and binding for each namespace, and one of each
// kind for the cluster.
func writeRoles(b *strings.Builder, name, subject string, grants []grant) {
	slices.SortFunc(grants, func(x, y grant) int {
		return cmp.Or(strings.Compare(x.namespace, y.namespace), strings.Compare(x.group, y.group),
			strings.Compare(x.resource, y.resource), strings.Compare(x.verb, y.verb), strings.Compare(x.name, y.name))
	})
	grants = slices.Compact(grants)
	for len(grants) > 0 {
		ns := grants[0].namespace
		end := slices.IndexFunc(grants, func(g grant) bool { return g.namespace != ns })
		if end < 0 {
			end = len(grants)
		}
		writeRole(b, name, subject, ns, grants[:end])
		grants = grants[end:]
	}
}

func writeRole(b *strings.Builder, name, subject, namespace string, grants []grant) {
	kind, where := "ClusterRole", ""
	if namespace != "" {
		kind, where = "Role", ", namespace: "+namespace
	}
	fmt.Fprintf(b, "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: %s\nmetadata: {name: %s%s}\nrules:\n", kind, name, where)
	for i := 0; i < len(grants); {
		g := grants[i]
		names := []string{}
		for ; i < len(grants) && grants[i].group == g.group && grants[i].resource == g.resource && grants[i].verb == g.verb; i++ {
			names = append(names, fmt.Sprintf("%q", grants[i].name))
		}
		fmt.Fprintf(b, "- {apiGroups: [%q], resources: [%q], verbs: [%q]", g.group, g.resource, g.verb)
		if !slices.Contains(names, `""`) {
			fmt.Fprintf(b, ", resourceNames: [%s]", strings.Join(names, ", "))
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(b, "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: %sBinding\nmetadata: {name: %s%s}\n", kind, name, where)
	fmt.Fprintf(b, "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: %s, name: %s}\n", kind, name)
	fmt.Fprintf(b, "subjects: [%s]\n", rbacSubject(subject))
}

// rbacSubject is a user or a ServiceAccount as RBAC names it.
func rbacSubject(principal string) string {
	if rest, ok := strings.CutPrefix(principal, "system:serviceaccount:"); ok {
		namespace, name, _ := strings.Cut(rest, ":")
		return fmt.Sprintf("{kind: ServiceAccount, namespace: %s, name: %s}", namespace, name)
	}
	return fmt.Sprintf("{apiGroup: rbac.authorization.k8s.io, kind: User, name: %q}", principal)
}

// requests are those of reads.
func requests(reads []targets.StateQuery) []targets.Request {
	out := make([]targets.Request, len(reads))
	for i, q := range reads {
		out[i] = q.Request
	}
	return out
}
