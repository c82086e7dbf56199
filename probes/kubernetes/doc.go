// Package kubernetes holds the probes of Kubernetes, one file each, as values.
//
// A probe describes one request and never sends one. The package imports
// probes and targets; it reads nothing of the machine, and holds no client.
// Adding a probe is one file here and one line in the catalog.
package kubernetes
