package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxBody bounds what the lab reads of a request, in bytes.
const maxBody = 1 << 20

// handle authorizes a request and answers it. What it returns is the refusal.
func (k *Kubernetes) handle(w *answer, r *http.Request, u user) *metav1.Status {
	if r.URL.Path == "/version" {
		w.json(http.StatusOK, object{"major": "1", "minor": "37", "gitVersion": "v1.37.2"})
		return nil
	}
	i := parse(r)
	if !i.prefix {
		return noSuchPath()
	}
	if !k.allowed(u, i) {
		return forbidden(i, cannot(u, i)+k.because(r))
	}
	if !served(i.group) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "404 page not found\n") // a client that is gone needs no answer
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return badRequest("the body cannot be read")
	}
	switch {
	case strings.HasPrefix(i.resource, "selfsubject"):
		return k.review(w, i, u, body)
	case i.sub != "" && i.sub != "scale" && i.sub != "ephemeralcontainers" && i.sub != "approval":
		return k.subresource(w, r, i, u, body)
	case i.verb == "get" || i.verb == "list":
		return k.read(w, r, i)
	case i.verb == "create":
		return k.create(w, r, i, u, body)
	case i.verb == "patch":
		return k.patch(w, r, i, u, body)
	case i.verb == "update":
		return k.update(w, r, i, u, body)
	case i.verb == "delete":
		return k.delete(w, r, i, u, body)
	default:
		return failure(
			http.StatusMethodNotAllowed,
			metav1.StatusReasonMethodNotAllowed,
			"the server does not allow this method on the requested resource",
			nil,
		)
	}
}

// served reports whether the lab has an API group.
func served(group string) bool {
	return slices.Contains([]string{
		"",
		"apps",
		"batch",
		"policy",
		"networking.k8s.io",
		rbacGroup,
		"certificates.k8s.io",
		"admissionregistration.k8s.io",
		"authentication.k8s.io",
		"authorization.k8s.io",
		"apiextensions.k8s.io",
		"apiregistration.k8s.io",
		"argoproj.io",
		"kustomize.toolkit.fluxcd.io",
		"helm.toolkit.fluxcd.io",
		"source.toolkit.fluxcd.io",
		"kyverno.io",
		"gateway.networking.k8s.io",
		aggregatedGroup,
	}, group)
}

// dryRun reads the one spelling that the server knows; any other is ignored,
// as by the server.
func dryRun(r *http.Request) bool { return slices.Equal(r.URL.Query()["dryRun"], []string{"All"}) }

// read answers get and list, whole or metadata only.
func (k *Kubernetes) read(w *answer, r *http.Request, i info) *metav1.Status {
	meta := strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata")
	if i.verb == "list" {
		kind := listKind(i)
		if meta {
			kind = "PartialObjectMetadataList"
		}
		w.json(
			http.StatusOK,
			object{
				"kind":       kind,
				"apiVersion": "v1",
				"metadata":   object{"resourceVersion": "1"},
				"items":      selected(k.list(i), r.URL.Query().Get("labelSelector")),
			},
		)
		return nil
	}
	o, ok := k.find(i.key())
	if !ok {
		return notFound(i)
	}
	w.json(http.StatusOK, shown(r, i, o))
	return nil
}

// selected are the objects that bear a label, all where no selector is given.
func selected(list []any, selector string) []any {
	name, value, ok := strings.Cut(selector, "=")
	if !ok {
		return list
	}
	return slices.DeleteFunc(list, func(v any) bool {
		o, _ := v.(object)
		return text(o, "metadata", "labels", name) != value
	})
}

// listKind is what the API server calls a list of what admission is configured
// by; other lists keep the general name here.
func listKind(i info) string {
	kinds := map[string]string{
		"validatingwebhookconfigurations": "ValidatingWebhookConfiguration", "mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
		"validatingadmissionpolicies": "ValidatingAdmissionPolicy", "mutatingadmissionpolicies": "MutatingAdmissionPolicy",
	}
	return kinds[i.resource] + "List"
}

// shown is an object as an answer shows it: its metadata alone where that was
// asked for, also of a write, and its scale where that is what was named.
func shown(r *http.Request, i info, o object) object {
	switch {
	case strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata"):
		return object{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": o["metadata"]}
	case i.sub == "scale":
		spec, _ := o["spec"].(object)
		return object{"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": o["metadata"], "spec": object{"replicas": spec["replicas"]}}
	}
	return o
}

func (k *Kubernetes) create(w *answer, r *http.Request, i info, u user, body []byte) *metav1.Status {
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		return badRequest("the object provided is unrecognized (must be of type): " + err.Error())
	}
	i.name = text(o, "metadata", "name")
	if _, ok := k.find(key{"namespaces", "", i.namespace}); i.namespace != "" && !ok {
		return notFound(info{resource: "namespaces", name: i.namespace})
	}
	if refused := k.escalates(u, i, o); refused != nil {
		return refused
	}
	if refused := k.admit(u, i, o); refused != nil {
		return refused
	}
	if _, ok := k.find(i.key()); ok {
		return failure(http.StatusConflict, metav1.StatusReasonAlreadyExists, fmt.Sprintf("%s %q already exists", i.qualified(), i.name),
			&metav1.StatusDetails{Name: i.name, Group: i.group, Kind: i.resource})
	}
	m := metadata(o)
	m["uid"] = k.newUID()
	if i.namespace != "" {
		m["namespace"] = i.namespace
	}
	manage(o, r)
	if k.stores(r, i) {
		k.put(i.key(), o)
	}
	w.json(http.StatusCreated, shown(r, i, o))
	return nil
}

// manage notes the field manager.
func manage(o object, r *http.Request) {
	if manager := r.URL.Query().Get("fieldManager"); manager != "" {
		metadata(o)["managedFields"] = []any{object{"manager": manager, "operation": "Update"}}
	}
}

func (k *Kubernetes) patch(w *answer, r *http.Request, i info, u user, body []byte) *metav1.Status {
	o, ok := k.find(i.key())
	if !ok {
		return notFound(i)
	}
	patched, refused := apply(r.Header.Get("Content-Type"), o, body)
	if refused != nil {
		return refused
	}
	if refused := k.escalates(u, i, patched); refused != nil {
		return refused
	}
	if refused := k.admit(u, i, patched); refused != nil {
		return refused
	}
	manage(patched, r)
	if k.stores(r, i) {
		k.put(i.key(), patched)
	}
	w.json(http.StatusOK, shown(r, i, patched))
	return nil
}

// stores reports whether a write takes effect: an aggregated API server may not
// know a dry run.
func (k *Kubernetes) stores(r *http.Request, i info) bool {
	return !dryRun(r) || i.group == aggregatedGroup
}

// update replaces an object, if it is still the one that the body names
// (apiserver/pkg/registry/generic/registry/store.go, v1.37.2).
func (k *Kubernetes) update(w *answer, r *http.Request, i info, u user, body []byte) *metav1.Status {
	was, ok := k.find(i.key())
	if !ok {
		return notFound(i)
	}
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		return badRequest("the object provided is unrecognized (must be of type): " + err.Error())
	}
	if name := text(o, "metadata", "name"); name != i.name {
		return badRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", name, i.name))
	}
	if uid := text(o, "metadata", "uid"); uid != "" && uid != text(was, "metadata", "uid") {
		return conflict(i, fmt.Sprintf("Precondition failed: UID in precondition: %s, UID in object meta: %s", uid, text(was, "metadata", "uid")))
	}
	if version := text(
		o,
		"metadata",
		"resourceVersion",
	); version != "" && version != text(was, "metadata", "resourceVersion") ||
		k.faultIs(FaultConflict) {
		return conflict(i, "the object has been modified; please apply your changes to the latest version and try again")
	}
	if i.sub == "scale" {
		scaled, _ := o["spec"].(object)
		o = clone(was)
		spec, _ := o["spec"].(object)
		spec["replicas"] = scaled["replicas"]
	}
	if refused := k.escalates(u, i, o); refused != nil {
		return refused
	}
	if refused := k.admit(u, i, o); refused != nil {
		return refused
	}
	manage(o, r)
	if k.stores(r, i) {
		k.put(i.key(), o)
	}
	w.json(http.StatusOK, shown(r, i, o))
	return nil
}

func conflict(i info, why string) *metav1.Status {
	return failure(
		http.StatusConflict,
		metav1.StatusReasonConflict,
		fmt.Sprintf("Operation cannot be fulfilled on %s %q: %s", i.qualified(), i.name, why),
		&metav1.StatusDetails{Name: i.name, Group: i.group, Kind: i.resource},
	)
}

// delete obeys the body where there is one: it replaces the query, as on the
// real server.
func (k *Kubernetes) delete(w *answer, r *http.Request, i info, u user, body []byte) *metav1.Status {
	dry := dryRun(r)
	if len(body) > 0 {
		var options metav1.DeleteOptions
		if err := json.Unmarshal(body, &options); err != nil {
			return badRequest(err.Error())
		}
		dry = slices.Equal(options.DryRun, []string{metav1.DryRunAll})
	}
	o, ok := k.find(i.key())
	if !ok {
		return notFound(i)
	}
	if refused := k.admit(u, i, o); refused != nil {
		return refused
	}
	if !dry {
		k.remove(i.key())
	}
	w.json(http.StatusOK, success(i))
	return nil
}
