package lab

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/auth/rbac/validation"
)

const rbacGroup = "rbac.authorization.k8s.io"

// rulesOf collects the rules that bind a user in a namespace, cluster-wide
// ones included. The caller must not hold the lock.
func (k *Kubernetes) rulesOf(u user, namespace string) []rbacv1.PolicyRule {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []rbacv1.PolicyRule
	for id, o := range k.objects {
		scoped := id.resource == "rolebindings."+rbacGroup && id.namespace == namespace && namespace != ""
		if !scoped && id.resource != "clusterrolebindings."+rbacGroup {
			continue
		}
		var b rbacv1.RoleBinding // a ClusterRoleBinding has the same fields
		if decode(o, &b) && slices.ContainsFunc(b.Subjects, func(s rbacv1.Subject) bool { return isSubject(u, s) }) {
			out = append(out, k.rules(b.RoleRef, id.namespace)...)
		}
	}
	return out
}

func isSubject(u user, s rbacv1.Subject) bool {
	switch s.Kind {
	case rbacv1.UserKind:
		return s.Name == u.name
	case rbacv1.GroupKind:
		return slices.Contains(u.groups, s.Name)
	default:
		return u.name == "system:serviceaccount:"+s.Namespace+":"+s.Name
	}
}

// rules are those of a role. The caller holds the lock.
func (k *Kubernetes) rules(ref rbacv1.RoleRef, namespace string) []rbacv1.PolicyRule {
	id := key{"clusterroles." + rbacGroup, "", ref.Name}
	if ref.Kind == "Role" {
		id = key{"roles." + rbacGroup, namespace, ref.Name}
	}
	var role rbacv1.Role
	if o, ok := k.objects[id]; !ok || !decode(o, &role) {
		return nil
	}
	return role.Rules
}

func decode(o object, into any) bool {
	b, err := json.Marshal(o)
	return err == nil && json.Unmarshal(b, into) == nil
}

// allowed asks RBAC, with the rule matching of the API server's own library.
func (k *Kubernetes) allowed(u user, i info) bool {
	resource := i.resource
	if i.sub != "" {
		resource += "/" + i.sub
	}
	ask := rbacv1.PolicyRule{Verbs: []string{i.verb}, APIGroups: []string{i.group}, Resources: []string{resource}}
	if i.name != "" {
		ask.ResourceNames = []string{i.name}
	}
	ok, _ := validation.Covers(k.rulesOf(u, i.namespace), []rbacv1.PolicyRule{ask})
	return ok
}

// escalates refuses to hand out rights that the caller does not hold
// (pkg/registry/rbac, v1.37.2).
func (k *Kubernetes) escalates(u user, i info, o object) *metav1.Status {
	var granted []rbacv1.PolicyRule
	switch i.resource {
	case "roles", "clusterroles":
		var role rbacv1.Role
		if k.allowed(u, info{verb: "escalate", group: rbacGroup, resource: i.resource, namespace: i.namespace, name: i.name}) ||
			!decode(o, &role) {
			return nil
		}
		granted = role.Rules
	case "rolebindings", "clusterrolebindings":
		var b rbacv1.RoleBinding
		if !decode(o, &b) {
			return nil
		}
		plural := strings.ToLower(b.RoleRef.Kind) + "s"
		if k.allowed(u, info{verb: "bind", group: rbacGroup, resource: plural, namespace: i.namespace, name: b.RoleRef.Name}) {
			return nil
		}
		k.mu.Lock()
		granted = k.rules(b.RoleRef, i.namespace)
		k.mu.Unlock()
	default:
		return nil
	}
	ok, missing := validation.Covers(k.rulesOf(u, i.namespace), granted)
	if ok {
		return nil
	}
	lines := make([]string, len(missing))
	for n, rule := range missing {
		lines[n] = fmt.Sprintf("{APIGroups:%q, Resources:%q, Verbs:%q}", rule.APIGroups, rule.Resources, rule.Verbs)
	}
	return forbidden(
		i,
		fmt.Sprintf(
			"user %q (groups=%q) is attempting to grant RBAC permissions not currently held:\n%s",
			u.name,
			u.groups,
			strings.Join(lines, "\n"),
		),
	)
}
