package lab

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// kubeconfig writes one context for each user that has a token.
func kubeconfig(server string, ca []byte, tokens map[string]string) []byte {
	names := map[string]string{Prober: "prober", Alice: "alice", Release: "release", Nobody: "nobody"}
	var users, contexts strings.Builder
	for _, token := range slices.Sorted(maps.Keys(tokens)) {
		name := names[tokens[token]]
		fmt.Fprintf(&users, "- {name: %s, user: {token: %q}}\n", name, token)
		fmt.Fprintf(&contexts, "- {name: %s, context: {cluster: lab, user: %s}}\n", name, name)
	}
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- {name: lab, cluster: {server: %q, certificate-authority-data: %s}}
users:
%scontexts:
%scurrent-context: prober
`, server, base64.StdEncoding.EncodeToString(ca), users.String(), contexts.String())
}
