package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/gitlab"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
	"github.com/sodprobe/sodprobe/targets/lab"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
	"github.com/sodprobe/sodprobe/targets/lab/gitlablab"
)

// demoLab are the simulated systems of a demo.
type demoLab struct {
	cluster *lab.Kubernetes
	aws     *awslab.AWS
	gitlab  *gitlablab.GitLab // nil where git is not installed
	dir     string            // the simulated GitLab's repository
}

// startLab starts every simulated system.
func (a *app) startLab() (*demoLab, error) {
	l := &demoLab{}
	var err error
	l.cluster, err = lab.StartKubernetes(lab.KubernetesConfig{
		Posture: lab.Enforced, Gaps: []lab.Gap{lab.ForgottenRoleBinding}, Now: a.now, Rand: a.rand,
	})
	if err != nil {
		return nil, fmt.Errorf("start the simulated cluster: %w", err)
	}
	if l.aws, err = awslab.Start(awslab.Config{Now: a.now, Rand: a.rand}); err != nil {
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
	if l.gitlab, err = gitlablab.Start(gitlablab.Config{Dir: l.dir, Now: a.now, Rand: a.rand}); err != nil {
		l.Close()
		return nil, fmt.Errorf("start the simulated GitLab: %w", err)
	}
	return l, nil
}

// Close stops the systems and removes what they stored.
func (l *demoLab) Close() {
	_ = l.cluster.Close() // nothing of it is kept
	if l.aws != nil {
		_ = l.aws.Close()
	}
	if l.gitlab != nil {
		_ = l.gitlab.Close()
	}
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
}

func (l *demoLab) greeting() string {
	if l.gitlab == nil {
		return "A simulated cluster and AWS account are up (no simulated GitLab: git is not installed)"
	}
	return "A simulated cluster, GitLab and AWS account are up"
}

// systems are those of the lab: the real ones, with the lab's own credentials and
// certificates.
func (l *demoLab) systems() targets.Systems {
	var gitlabRoots *x509.CertPool
	if l.gitlab != nil {
		gitlabRoots = l.gitlab.Roots()
	}
	return targets.Systems{
		kubernetes.SystemWith(func(targets.Machine) (*kubernetes.Kubeconfig, error) {
			return kubernetes.ParseKubeconfig(l.cluster.Kubeconfig())
		}),
		gitlab.SystemWith(gitlabRoots),
		aws.SystemWith(func(context.Context) (aws.Source, error) {
			id, secret := l.aws.Keys()
			return aws.FromKeys(aws.Keys{ID: id, Secret: secret}, &http.Transport{}), nil
		}, l.aws.Roots()),
	}
}

// machine has the secrets of the lab, and nothing to hide.
func (l *demoLab) machine() targets.Machine {
	return targets.Machine{Secret: l.secret, Hide: func(...string) {}}
}

// secret gives what the demo's scenario names: no such variable or file
// exists.
func (l *demoLab) secret(at targets.Secret) (string, error) {
	if role, ok := strings.CutPrefix(at.Env, "LAB_WEB_IDENTITY_"); ok {
		return l.aws.Token(role), nil
	}
	if name, ok := strings.CutPrefix(at.Env, "LAB_TOKEN_"); ok {
		return l.gitlab.Token(strings.ToLower(name)), nil
	}
	if name, ok := strings.CutSuffix(at.File, "_ed25519"); ok {
		return l.gitlab.Key(name), nil
	}
	return "", errors.New("the lab has no such secret")
}
