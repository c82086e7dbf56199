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
