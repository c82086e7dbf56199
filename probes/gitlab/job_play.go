package gitlab

import "github.com/sodprobe/sodprobe/probes"

// JobPlay attempts to start a production job.
func JobPlay() probes.Probe {
	return onAJob(probes.Probe{
		ID: "gitlab.job.play", Title: "Start a production deployment job",
		Why: "A developer who can start the deployment job deploys to production.",
	}, "play", "text:Unplayable Job")
}
