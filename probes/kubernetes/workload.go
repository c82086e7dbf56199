package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// container is small, unprivileged, and valid under the restricted Pod
// Security Standard, so that nothing but the control under test refuses it.
func container(name, image string) object {
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
func podSpec(restart, image string) object {
	return object{
		"restartPolicy": restart, "automountServiceAccountToken": false,
		"containers": []object{container("probe", image)},
	}
}

// selected is the part that workloads with a selector share. The label's
// value is the run, so that no Service selects its Pods.
func selected(params probes.Params) object {
	labels := object{"sodprobe-run": params.Run}
	return object{
		"selector": object{"matchLabels": labels},
		"template": object{"metadata": object{"labels": labels}, "spec": podSpec("Always", params.Place["image"])},
	}
}

// sidecar is a strategic merge patch that adds a container to a workload's
// template. It needs no knowledge of the containers that are there.
func sidecar(params probes.Params) object {
	return object{"spec": object{"template": object{"spec": object{"containers": []object{container(params.Run, params.Place["image"])}}}}}
}

// sidecarAt is where the added container's name stands.
const sidecarAt = "/spec/template/spec/containers/0/name"
