// Command sodprobe proves segregation of duties by trying to break it, under
// management's written approval.
package main

import (
	"os"

	"github.com/sodprobe/sodprobe/cmd/sodprobe/internal/cli"
)

func main() {
	os.Exit(cli.Main())
}
