package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// dump reads every object of every listable resource, as the administrator:
// a map from path to JSON. Leases and events are left out, since the server
// writes them by itself all the time.
func (c *cluster) dump() (map[string]string, error) {
	var groups struct {
		Groups []struct {
			Versions []struct {
				GroupVersion string `json:"groupVersion"`
			} `json:"versions"`
		} `json:"groups"`
	}
	if err := c.read("/apis", &groups); err != nil {
		return nil, err
	}
	prefixes := []string{"/api/v1"}
	for _, g := range groups.Groups {
		for _, v := range g.Versions {
			prefixes = append(prefixes, "/apis/"+v.GroupVersion)
		}
	}
	out := map[string]string{}
	for _, prefix := range prefixes {
		var list struct {
			Resources []struct {
				Name  string   `json:"name"`
				Verbs []string `json:"verbs"`
			} `json:"resources"`
		}
		if err := c.read(prefix, &list); err != nil {
			return nil, err
		}
		for _, r := range list.Resources {
			if slices.Contains(r.Verbs, "list") && !slices.Contains([]string{"leases", "events", "componentstatuses"}, r.Name) {
				if err := c.dumpOne(prefix+"/"+r.Name, out); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func (c *cluster) dumpOne(path string, out map[string]string) error {
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := c.read(path, &list); err != nil {
		return err
	}
	for _, item := range list.Items {
		var o struct {
			Metadata struct {
				Namespace string `json:"namespace"`
				Name      string `json:"name"`
			} `json:"metadata"`
		}
		if err := json.Unmarshal(item, &o); err != nil {
			return err
		}
		out[strings.Join([]string{path, o.Metadata.Namespace, o.Metadata.Name}, " ")] = string(item)
	}
	return nil
}

func (c *cluster) read(path string, into any) error {
	code, body, err := c.do(http.MethodGet, path, nil)
	for n := 0; err == nil && code == http.StatusTooManyRequests && n < 50; n++ { // a kind that is not served yet
		time.Sleep(100 * time.Millisecond)
		code, body, err = c.do(http.MethodGet, path, nil)
	}
	if err != nil {
		return err
	}
	if code != http.StatusOK {
		return fmt.Errorf("GET %s: HTTP %d: %s", path, code, body)
	}
	return json.Unmarshal(body, into)
}
