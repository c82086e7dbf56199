package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/zalando/go-keyring"

	"github.com/sodprobe/sodprobe/targets"
)

// keyringService is the service under which the system's keyring holds
// secrets for scenarios.
const keyringService = "sodprobe"

// secrets looks up what a scenario in that folder names.
func (a *app) secrets(folder string) func(targets.Secret) (string, error) {
	return func(at targets.Secret) (string, error) {
		value, err := a.secret(folder, at)
		if value = strings.TrimSpace(value); err == nil && value == "" {
			err = errors.New("it is empty")
		}
		if err != nil {
			return "", fmt.Errorf("read %s: %w", at, err)
		}
		a.hidden.Add(value)
		return value, nil
	}
}

func (a *app) secret(folder string, at targets.Secret) (string, error) {
	switch {
	case at.Env != "":
		value, ok := a.lookupEnv(at.Env)
		if !ok {
			return "", errors.New("it is not set")
		}
		return value, nil
	case at.File != "":
		path := at.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		data, err := os.ReadFile(path) //nolint:gosec // the approved scenario names the file
		return string(data), err
	default:
		return keyring.Get(keyringService, at.Keyring)
	}
}
