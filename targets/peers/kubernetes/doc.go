// Package kubernetes tests against a real kube-apiserver v1.37.2 and etcd,
// built from their Go modules. It is a module of its own, so that none of
// this reaches the product's dependencies.
package kubernetes
