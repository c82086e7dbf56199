package kubernetes

// image cannot be pulled: the top-level domain .invalid does not resolve
// (RFC 6761).
const image = "registry.invalid/sodprobe:dry-run"

// container is small, unprivileged, and valid under the restricted Pod
// Security Standard, so that nothing but the control under test refuses it.
func container(name string) object {
	small := object{"cpu": "1m", "memory": "1Mi"}
	return object{
		"name": name, "image": image,
		"resources": object{"requests": small, "limits": small},
		"securityContext": object{
			"allowPrivilegeEscalation": false, "runAsNonRoot": true, "runAsUser": 65534,
			"capabilities":   object{"drop": []string{"ALL"}},
			"seccompProfile": object{"type": "RuntimeDefault"},
		},
	}
}

// podSpec runs one container.
func podSpec(restart string) object {
	return object{
		"restartPolicy": restart, "automountServiceAccountToken": false,
		"containers": []object{container("probe")},
	}
}

// selected is the part that workloads with a selector share. The label's
// value is the run, so that no Service selects its Pods.
func selected(run string) object {
	labels := object{"sodprobe-run": run}
	return object{
		"selector": object{"matchLabels": labels},
		"template": object{"metadata": object{"labels": labels}, "spec": podSpec("Always")},
	}
}

// sidecar is a strategic merge patch that adds a container to a workload's
// template. It needs no knowledge of the containers that are there.
func sidecar(run string) object {
	return object{"spec": object{"template": object{"spec": object{"containers": []object{container(run)}}}}}
}

// sidecarAt is where the added container's name stands.
const sidecarAt = "/spec/template/spec/containers/0/name"
