// Package gitea runs the push against a real Gitea server.
package gitea

import _ "github.com/sodprobe/sodprobe/targets/gitlab" // the adapter under test
