package gitlab

import "github.com/sodprobe/sodprobe/targets"

// The names of the requirements.
const (
	NeedsEdition = "edition"
	NeedsVersion = "version"
	NeedsSSHKey  = "ssh-key"
	NeedsOwn     = "own-object"
)

// Edition requires the edition of GitLab in which the control exists, as in Premium.
// Where the instance has not, the route cannot be protected: a gap of the design,
// and never a pass.
func Edition(name string) targets.Requirement {
	return targets.Requirement{
		Name: NeedsEdition, Value: name,
		Text: "GitLab " + name + "; an edition without it cannot protect this route at all",
	}
}

// Version requires the oldest version of GitLab in which an answer tells what the
// probe says it does, as in 17.11. Below it nothing is sent.
func Version(number string) targets.Requirement {
	return targets.Requirement{
		Name: NeedsVersion, Value: number,
		Text: "GitLab " + number + " or later; below, nothing is sent",
	}
}

// OverSSH requires the server's address and key of the target, and a key of
// everybody.
func OverSSH() targets.Requirement {
	return targets.Requirement{
		Name: NeedsSSHKey, Text: "a target with an ssh block, and identities with an sshKey", Because: "goes over SSH",
		Target: func(b targets.TargetBlock) *targets.Lack {
			if t, ok := b.(*Target); ok && t.SSH == nil {
				return &targets.Lack{What: "has no ssh block", Instead: `ssh: {address: "HOST:PORT", hostKey: "ssh-ed25519 AAAA…"}`}
			}
			return nil
		},
		Identity: func(b targets.IdentityBlock) *targets.Lack {
			if i, ok := b.(*Identity); ok && i.SSHKey == nil {
				return &targets.Lack{What: "has no sshKey", Instead: "sshKey: {file: …}"}
			}
			return nil
		},
	}
}

// Own requires that what the attempt names is the developer's own.
func Own() targets.Requirement {
	return targets.Requirement{
		Name: NeedsOwn, Text: "an attempt for each developer, which names what is that developer's own",
		Because: "names what is one developer's own", Alone: true,
	}
}
