package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// settled numbers the canaries, so that no answer about an earlier one counts.
var settled atomic.Int64

// settle waits until the server's authorizer has seen every change of roles
// and bindings made so far. The authorizer follows each of the four resources
// by a watch of its own, in order: once it grants what a canary created last
// in every one of them grants, it knows all that was written before.
func (c *cluster) settle() error {
	name := fmt.Sprintf("canary-%d", settled.Add(1))
	manifest := strings.ReplaceAll(canaries, "NAME", name)
	if err := c.apply([]byte(manifest)); err != nil {
		return err
	}
	for _, namespace := range []string{"", "default"} {
		if err := c.allowed(name, namespace); err != nil {
			return err
		}
	}
	return c.remove([]byte(manifest))
}

// canaries allow a user who is nobody to read canaries of a group that is not
// served, everywhere and in one namespace.
const canaries = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NAME}
rules: [{apiGroups: [canary.example], resources: [everywhere], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: NAME}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: NAME}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: NAME, namespace: default}
rules: [{apiGroups: [canary.example], resources: [here], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: NAME, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: NAME}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: NAME}]
`

// allowed waits until the user may read the canaries.
func (c *cluster) allowed(user, namespace string) error {
	resource := "everywhere"
	if namespace != "" {
		resource = "here"
	}
	review := map[string]any{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
		"spec": map[string]any{"user": user, "resourceAttributes": map[string]any{
			"group": "canary.example", "resource": resource, "verb": "get", "namespace": namespace,
		}},
	}
	const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
	for range 300 {
		code, body, err := c.do(http.MethodPost, path, review)
		if err != nil || code != http.StatusCreated {
			return fmt.Errorf("POST %s: HTTP %d: %w: %s", path, code, err, body)
		}
		var answer struct {
			Status struct {
				Allowed bool `json:"allowed"`
			} `json:"status"`
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return err
		}
		if answer.Status.Allowed {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("the authorizer does not see %s's role after 15 seconds", user)
}
