package kubernetes

// reading is the least that a role can hold: to read ConfigMaps. Whoever may
// write roles at all may write one with it, unless they cannot read
// ConfigMaps themselves.
func reading() []object {
	return []object{{"apiGroups": []string{""}, "resources": []string{"configmaps"}, "verbs": []string{"get"}}}
}
