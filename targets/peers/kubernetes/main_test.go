package kubernetes

import (
	"fmt"
	"os"
	"testing"
)

// env is what the tests run against: paths of the built programs.
type env struct{ apiserver, sodprobe string }

// shared is the one cluster that all tests of this package use, one after
// another: a server takes seconds to start.
var shared *cluster

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	binary := os.Getenv("KUBE_APISERVER")
	if binary == "" || os.Getenv("SODPROBE") == "" {
		fmt.Fprintln(os.Stderr, "KUBE_APISERVER and SODPROBE name the programs to test: run make test-peers")
		return 1
	}
	dir, err := os.MkdirTemp("", "sodprobe-peer-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	shared, err = startCluster(binary, dir)
	if shared != nil {
		defer shared.stop()
	}
	if err == nil {
		err = shared.seed()
	}
	if err != nil {
		log, _ := os.ReadFile(dir + "/apiserver.log")
		fmt.Fprintf(os.Stderr, "start the cluster: %v\n%s\n", err, log[max(0, len(log)-4000):])
		return 1
	}
	return m.Run()
}
