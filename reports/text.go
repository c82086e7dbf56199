package reports

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// shownFindings is how many findings the summary shows one by one.
const shownFindings = 12

// Text writes the summary that a run ends with, for somebody who is tired:
// verdict, counts, what to do.
func Text(w io.Writer, r *Report, color bool) error {
	t := &texter{color: color}
	t.head(r)
	t.findings(r)
	t.advice(r)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type texter struct {
	b     strings.Builder
	color bool
}

func (t *texter) say(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

// paint colors a text by its verdict: SGR codes of ECMA-48.
func (t *texter) paint(code, text string) string {
	if !t.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

const (
	red    = "1;31"
	yellow = "1;33"
	green  = "1;32"
)

func (t *texter) head(r *Report) {
	if r.Lab {
		t.say("%s", t.paint(yellow, "LAB EVIDENCE: it proves nothing about a real system"))
	}
	t.say("")
	t.say("%s", Plain(r.Start.Scenario.Title))
	switch r.Verdict {
	case probes.Effective:
		t.say("  The control is %s: every attempt was blocked.", t.paint(green, "effective"))
	case probes.Ineffective:
		t.say("  The control is %s: %s permitted.", t.paint(red, "ineffective"), plural(r.Counts.Permitted, "attempt was", "attempts were"))
	case probes.Unproven:
		t.say("  The result is %s: %s.", t.paint(yellow, "inconclusive"), Unproven(r))
	}
	t.say("  %d blocked, %d permitted, %d inconclusive, %d not run; %d requests in %s",
		r.Counts.Blocked, r.Counts.Permitted, r.Counts.Inconclusive, r.Counts.NotRun, r.Requests, r.Ended.Sub(r.Started).Round(1e8))
	t.say("  %s", r.Scope)
	if r.Status == journal.NotEnded {
		t.say("  The run's record has no end: close it with sodprobe cleanup.")
	}
	if r.Recovered {
		t.say("  The run crashed; its record was closed afterwards.")
	}
	if r.Stopped != nil {
		t.say("  The run stopped early: %s. %s", Plain(string(r.Stopped.Reason)), Plain(r.Stopped.Detail))
	}
	for _, c := range r.Controls {
		t.say("  %-14s %s", Plain(c.ID), c.Verdict)
	}
}

func (t *texter) findings(r *Report) {
	shown := 0
	for _, a := range r.Attempts {
		if !a.Finding() || a.Outcome == probes.NotRun && a.Reason != probes.ReasonTargetMissing {
			continue
		}
		if shown == 0 {
			t.say("")
		}
		if shown++; shown > shownFindings {
			t.say("  and more: see the report")
			return
		}
		color := yellow
		if a.Outcome == probes.Permitted {
			color = red
		}
		t.say("  %s  %s as %s at %s", t.paint(color, fmt.Sprintf("%-12s", a.Outcome)), Plain(a.Probe), Plain(a.Identity), Plain(a.Target))
		t.say("                %s", Plain(Because(a)))
	}
}

// Because says in a sentence why an attempt has its outcome.
func Because(a Attempt) string {
	var s string
	switch a.Outcome {
	case probes.Blocked:
		s = "refused by " + string(a.Response.Layer)
		if a.Response.Deny != "" {
			s += ", " + a.Response.Deny
		}
		if a.Response.By != "" {
			s += " (" + a.Response.By + ")"
		}
	case probes.NotRun:
		s = a.NotRunBecause
	case probes.Permitted:
		s = a.Response.Reason
		if a.Reason == probes.ReasonStateChanged {
			s = "what stands there changed, and the change carries this run's marker"
		}
	case probes.Inconclusive:
		s = unproven(a)
	}
	if a.Disagreement != "" {
		s += "; " + a.Disagreement
	}
	return s
}

// unproven says why an attempt proves nothing.
func unproven(a Attempt) string {
	if a.Reason == probes.ReasonIndeterminate {
		return "it may have been sent: the run was killed before its answer was judged"
	}
	s := string(a.Response.Class)
	if s == "" {
		s = "not attempted"
	}
	if a.Response.Reason != "" {
		s += ": " + short(a.Response.Reason)
	}
	if len(a.Missing) > 0 {
		s += "; not held: " + strings.Join(a.Missing, ", ")
	}
	s += doubt(a) + refusedElse(a)
	if more := tellsMore(a.Response); more != "" && len(a.Refs[string(targets.ArmAttempt)]) > 0 {
		s += "; " + more
	}
	return s
}

// longest is how much of what a server says stands in a sentence, in characters.
// The record has the whole.
const longest = 400

// short is what a server says, on one line, and cut where it goes on for long.
func short(said string) string {
	said = strings.Join(strings.Fields(Plain(said)), " ")
	if letters := []rune(said); len(letters) > longest {
		return string(letters[:longest]) + " …"
	}
	return said
}

// tellsMore says, of an answer that proves nothing, what would tell more.
func tellsMore(r targets.Response) string {
	if r.Advice != "" {
		return r.Advice
	}
	return map[targets.Class]string{
		targets.Unknown:     "no known form: the target's own log has the request, by the run's id in the User-Agent",
		targets.ServerError: "nothing was decided: run again when the target works",
		targets.Unreachable: "look at what stands between here and the target (sodprobe doctor)",
		targets.Throttled:   "nothing was decided: lower requestsPerSecond, and run again",
	}[r.Class]
}

// refusedElse says what helps where another arm got an answer that proves nothing.
func refusedElse(a Attempt) string {
	for _, arm := range a.Evidence {
		if arm.Response.Advice != "" && arm.Response.Advice != a.Response.Advice {
			return "; " + arm.Response.Advice
		}
	}
	return ""
}

// doubt says, of an answer that was a yes or a no, why it does not count.
func doubt(a Attempt) string {
	why := map[probes.Reason]string{
		probes.ReasonWrongLayer:     string(a.Response.Layer) + " is not a layer that counts here",
		probes.ReasonOpenOtherwise:  "but the access rules allow it, or another action with the same effect: " + strings.Join(a.Open, ", "),
		probes.ReasonIndiscriminate: "but the unprivileged identity got through as well, so the answer may come before the decision",
		probes.ReasonNotExercised:   "but the request leaves out a control that the target has, and that may refuse a real one",
		probes.ReasonArmMutated:     "what stands there changed, and the change carries the mark of another arm of this run",
		probes.ReasonGhost: "but the request names what does not exist, and no prediction carries the answer over to " +
			a.Arms.Prediction.Real.String(),
		probes.ReasonRecordDiffers: "but the target's own record of its decision says something else",
		probes.ReasonSessionDiffers: "but the rules look at what the session lacks (" + strings.Join(a.Arms.Prediction.Lacks, ", ") +
			"), and may let a real one through",
		probes.ReasonNotCorroborated: "but it differs from a real one in something that the rules decide by, or may where nobody shows that it would pass: " + strings.Join(a.Arms.Alters, ", "),
	}[a.Reason]
	if why == "" {
		return ""
	}
	return "; " + why
}

func (t *texter) advice(r *Report) {
	t.say("")
	switch {
	case r.Counts.Permitted > 0:
		t.say("What to do: close the gap for what was permitted, then run again.")
	case r.Counts.Inconclusive > 0:
		t.say("What to do: mend what is named above (sodprobe doctor helps), then run again.")
	case r.Verdict == probes.Effective:
		t.say("What to do: nothing. Keep the evidence.")
	default:
		t.say("What to do: see why attempts were not run, then run again.")
	}
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Plain replaces control and format characters, line ends included: what a
// server says must not drive a terminal, nor turn the direction of its text.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
}

// Unproven says why a result is inconclusive.
func Unproven(r *Report) string {
	switch missing := r.Start.Planned - r.Counts.Len(); {
	case r.Counts.Inconclusive > 0 && r.Counts.NotRun > 0:
		return fmt.Sprintf("%s nothing, %s not run", plural(r.Counts.Inconclusive, "attempt proves", "attempts prove"),
			plural(r.Counts.NotRun, "was", "were"))
	case r.Counts.Inconclusive > 0:
		return plural(r.Counts.Inconclusive, "attempt proves", "attempts prove") + " nothing"
	case r.Counts.NotRun > 0:
		return plural(r.Counts.NotRun, "attempt was", "attempts were") + " not run"
	case missing > 0:
		return plural(missing, "planned attempt has", "planned attempts have") + " no observation"
	case r.Counts.Blocked > 0:
		return "the run's record has no end"
	default:
		return "nothing was attempted"
	}
}
