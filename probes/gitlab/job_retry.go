package gitlab

import "github.com/sodprobe/sodprobe/probes"

// JobRetry attempts to run a production job again.
func JobRetry() probes.Probe {
	return onAJob(probes.Probe{
		ID: "gitlab.job.retry", Title: "Run a production deployment job again",
		Severity: probes.High, Fix: "Protect the environment that the job deploys to, so that only those on its list may retry it.",
		Why: "A developer who can run an old deployment job again rolls production back to it.",
	}, "retry", "text:Job is not retryable")
}
