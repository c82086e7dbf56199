package gitlab

import "github.com/sodprobe/sodprobe/probes"

// JobPlay attempts to start a production job.
func JobPlay() probes.Probe {
	return onAJob(probes.Probe{
		ID: "gitlab.job.play", Title: "Start a production deployment job",
		Severity: probes.High, Fix: "Protect the environment that the job deploys to, so that only those on its list may play it.",
		Why: "A developer who can start the deployment job deploys to production.",
	}, "play", "text:Unplayable Job")
}
