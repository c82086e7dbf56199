// Package systems is the one list of the systems that sodprobe speaks to. Adding one
// is its own folders and a line here. It imports the systems, and only cmd imports
// it; nothing else in the program names a system.
package systems

import (
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// All returns every system.
func All() targets.Systems {
	return targets.Systems{kubernetes.System(), gitlab.System(), aws.System()}
}
