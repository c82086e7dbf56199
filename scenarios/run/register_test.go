package run

import "testing"

// TestProxyHost: what a proxy's address may hold beside its host is not kept.
func TestProxyHost(t *testing.T) {
	for value, want := range map[string]string{
		"http://proxy.corp.example:3128":               "http://proxy.corp.example:3128",
		"https://user:hunter2@proxy.corp.example:3128": "https://proxy.corp.example:3128",
		"user:hunter2@proxy.corp.example:3128":         "http://proxy.corp.example:3128",
		"proxy.corp.example:3128":                      "http://proxy.corp.example:3128",
		"http://user:hun%zz@proxy.corp.example":        "(set)",
		"http://proxy.corp.example/?key=hunter2":       "http://proxy.corp.example",
	} {
		if got := proxyHost(value); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}
