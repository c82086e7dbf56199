package demo

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/lab"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
	"github.com/sodprobe/sodprobe/targets/lab/gitlablab"
)

// Lab are the simulated systems of a demo, with a gap that is planted there.
type Lab struct {
	Cluster *lab.Kubernetes
	AWS     *awslab.AWS
	GitLab  *gitlablab.GitLab // nil where git is not installed
	dir     string            // the simulated GitLab's repository
}

// Start starts every simulated system.
func Start(ctx context.Context, now func() time.Time, rand io.Reader) (*Lab, error) {
	l := &Lab{}
	var err error
	l.Cluster, err = lab.StartKubernetes(ctx, lab.KubernetesConfig{
		Posture: lab.Enforced, Gaps: []lab.Gap{lab.ForgottenRoleBinding}, Now: now, Rand: rand,
	})
	if err != nil {
		return nil, fmt.Errorf("start the simulated cluster: %w", err)
	}
	if l.AWS, err = awslab.Start(ctx, awslab.Config{Now: now, Rand: rand}); err != nil {
		l.Close()
		return nil, fmt.Errorf("start the simulated AWS account: %w", err)
	}
	if _, err := exec.LookPath("git"); err != nil {
		return l, nil //nolint:nilerr // without git the demo leaves GitLab out, and says so
	}
	if l.dir, err = os.MkdirTemp("", "sodprobe-lab-"); err != nil {
		l.Close()
		return nil, fmt.Errorf("start the simulated GitLab: %w", err)
	}
	if l.GitLab, err = gitlablab.Start(ctx, gitlablab.Config{Dir: l.dir, Now: now, Rand: rand}); err != nil {
		l.Close()
		return nil, fmt.Errorf("start the simulated GitLab: %w", err)
	}
	return l, nil
}

// Close stops the systems and removes what they stored.
func (l *Lab) Close() {
	_ = l.Cluster.Close() // nothing of it is kept
	if l.AWS != nil {
		_ = l.AWS.Close()
	}
	if l.GitLab != nil {
		_ = l.GitLab.Close()
	}
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
}

// Greeting says what is up.
func (l *Lab) Greeting() string {
	if l.GitLab == nil {
		return "A simulated cluster and AWS account are up (no simulated GitLab: git is not installed)"
	}
	return "A simulated cluster, GitLab and AWS account are up"
}

// Systems are those of the lab: the real ones, with the lab's own credentials and
// certificates.
func (l *Lab) Systems() targets.Systems {
	var gitlabRoots *x509.CertPool
	if l.GitLab != nil {
		gitlabRoots = l.GitLab.Roots()
	}
	return targets.Systems{
		kubernetes.SystemWith(func(targets.Machine) (*kubernetes.Kubeconfig, error) {
			return kubernetes.ParseKubeconfig(l.Cluster.Kubeconfig())
		}),
		gitlab.SystemWith(gitlabRoots),
		aws.SystemWith(func(context.Context) (aws.Source, error) {
			id, secret := l.AWS.Keys()
			return aws.FromKeys(aws.Keys{ID: id, Secret: secret}, &http.Transport{}), nil
		}, l.AWS.Roots()),
	}
}

// Machine has the secrets of the lab, and nothing to hide.
func (l *Lab) Machine() targets.Machine {
	return targets.Machine{Secret: l.secret, Hide: func(...string) {}}
}

// secret gives what the demo's scenario names: no such variable or file
// exists.
func (l *Lab) secret(at targets.Secret) (string, error) {
	if role, ok := strings.CutPrefix(at.Env, "LAB_WEB_IDENTITY_"); ok {
		return l.AWS.Token(role), nil
	}
	if name, ok := strings.CutPrefix(at.Env, "LAB_TOKEN_"); ok {
		return l.GitLab.Token(strings.ToLower(name)), nil
	}
	if name, ok := strings.CutSuffix(at.File, "_ed25519"); ok {
		return l.GitLab.Key(name), nil
	}
	return "", errors.New("the lab has no such secret")
}
