package lab

import (
	"encoding/json"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// apply patches an object by merge patch or strategic merge patch.
func apply(contentType string, o object, patch []byte) (object, *metav1.Status) {
	if contentType == "application/json-patch+json" {
		return appendAll(o, patch)
	}
	var change object
	if err := json.Unmarshal(patch, &change); err != nil {
		return nil, badRequest(err.Error())
	}
	switch contentType {
	case "application/merge-patch+json":
		return merge(o, change), nil
	case "application/strategic-merge-patch+json":
		var kind any
		switch text(o, "kind") {
		case "Deployment":
			kind = appsv1.Deployment{}
		case "StatefulSet":
			kind = appsv1.StatefulSet{}
		case "Pod":
			kind = corev1.Pod{}
		default:
			return nil, unsupportedMedia(contentType)
		}
		out, err := strategicpatch.StrategicMergeMapPatch(o, change, kind)
		if err != nil {
			return nil, badRequest(err.Error())
		}
		return out, nil
	default:
		return nil, unsupportedMedia(contentType)
	}
}

// appendAll is RFC 6902, of operations that append to a list of the object's.
func appendAll(o object, patch []byte) (object, *metav1.Status) {
	var ops []struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	if err := json.Unmarshal(patch, &ops); err != nil {
		return nil, badRequest(err.Error())
	}
	for _, op := range ops {
		name, ok := strings.CutSuffix(strings.TrimPrefix(op.Path, "/"), "/-")
		list, isList := o[name].([]any)
		if op.Op != "add" || !ok || !isList {
			return nil, failure(422, metav1.StatusReasonInvalid, "the server rejected our request due to an error in our request", nil)
		}
		o[name] = append(list, op.Value)
	}
	return o, nil
}

func unsupportedMedia(contentType string) *metav1.Status {
	return failure(
		415,
		metav1.StatusReasonUnsupportedMediaType,
		"the body of the request was in an unknown format - accepted media types include: application/merge-patch+json, not "+contentType,
		nil,
	)
}

// merge is RFC 7386.
func merge(target, patch object) object {
	for name, v := range patch {
		sub, ok := v.(object)
		switch {
		case v == nil:
			delete(target, name)
		case ok:
			was, _ := target[name].(object)
			if was == nil {
				was = object{}
			}
			target[name] = merge(was, sub)
		default:
			target[name] = v
		}
	}
	return target
}
