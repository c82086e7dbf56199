package approval

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed template
var templates embed.FS

// Template is a commented trust folder to start from, by file name.
func Template() (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, name := range []string{signersFile, policyName, "README.md"} {
		data, err := fs.ReadFile(templates, "template/"+name)
		if err != nil {
			return nil, fmt.Errorf("read the built-in template: %w", err)
		}
		out[name] = data
	}
	return out, nil
}

// Manifest is the MANIFEST of a trust folder's files, which the root signs in
// the namespace trust@sodprobe.
func Manifest(files map[string][]byte) []byte { return []byte(manifestOf(files)) }
