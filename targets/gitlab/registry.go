package gitlab

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// registryAuth is where the container registry's tokens come from. The token
// itself is dropped: the record holds what it would allow.
const registryAuth = "/jwt/auth"

// askRegistry asks for the right to push, and uses it for nothing.
func (s *Session) askRegistry(ctx context.Context, lease *guard.Lease, r targets.Request) targets.Exchange {
	x, body := s.direct(ctx, lease, r)
	if body == nil || x.Status != http.StatusOK {
		return x
	}
	x.Body = ""
	if access, ok := granted(body); ok {
		x.Body = access
	}
	return x
}

// granted returns the access that a token lists, as JSON, and nothing else of
// the token.
func granted(body []byte) (string, bool) {
	var answer struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return "", false
	}
	part := strings.Split(answer.Token, ".")
	if len(part) != 3 {
		return "", false
	}
	claims, err := base64.RawURLEncoding.DecodeString(part[1])
	if err != nil {
		return "", false
	}
	// Which tags an action is denied for stands beside it, since 17.8
	// (app/services/auth/container_registry_authentication_service.rb, 18.9).
	type meta struct {
		Deny      map[string][]string `json:"tag_deny_access_patterns,omitempty"`
		Immutable []string            `json:"tag_immutable_patterns,omitempty"`
	}
	type access struct {
		Type    string   `json:"type"`
		Name    string   `json:"name"`
		Actions []string `json:"actions"`
		Meta    *meta    `json:"meta,omitempty"`
	}
	var token struct {
		Access []access `json:"access"`
	}
	if json.Unmarshal(claims, &token) != nil {
		return "", false
	}
	out, err := json.Marshal(map[string]any{"access": token.Access})
	return string(out), err == nil
}
