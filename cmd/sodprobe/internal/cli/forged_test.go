package cli

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/reports/journal"
)

// object is a body of the journal as a forger sees it.
type object = map[string]any

func in(o object, path string) object {
	for part := range strings.SplitSeq(path, ".") {
		o, _ = o[part].(object)
	}
	return o
}

// each changes every body of a type, or of the lines that which chooses.
func each(kind journal.Type, change func(object)) func(*journal.Entry, object) []any {
	return func(e *journal.Entry, body object) []any {
		if e.Type == kind {
			change(body)
		}
		return []any{body}
	}
}

// first changes the first body of a type that fits.
func first(kind journal.Type, fits func(object) bool, change func(object)) func(*journal.Entry, object) []any {
	done := false
	return each(kind, func(body object) {
		if !done && fits(body) {
			done = true
			change(body)
		}
	})
}

func isAttempt(body object) bool { return body["arm"] == "attempt" }

// isDated chooses an attempt whose server told its time: the other headers may decide
// the answer's class and stay.
func isDated(body object) bool {
	return isAttempt(body) && in(body, "case.exchange.headers")["Date"] != nil
}

// dropped leaves lines out.
func dropped(kind journal.Type, fits func(object) bool) func(*journal.Entry, object) []any {
	return func(e *journal.Entry, body object) []any {
		if e.Type == kind && fits(body) {
			return nil
		}
		return []any{body}
	}
}

func all(object) bool { return true }

// withAnother gives an attempt the exchange of another probe's, by the same person at
// the same cluster.
func withAnother() func(*journal.Entry, object) []any {
	var from object
	done := false
	return each(journal.TypeArm, func(b object) {
		switch {
		case !isAttempt(b) || b["target"] != "prod" || done:
		case from == nil:
			from = b
		case b["identity"] == from["identity"] && in(b, "case")["resource"] != in(from, "case")["resource"]:
			in(b, "case")["exchange"], b["response"], done = in(from, "case")["exchange"], from["response"], true
		}
	})
}

// later moves lines in time.
func later(by time.Duration, fits func(*journal.Entry) bool) func(*journal.Entry, object) []any {
	return func(e *journal.Entry, body object) []any {
		if fits(e) {
			e.T = e.T.Add(by)
		}
		return []any{body}
	}
}

// forgeries are what somebody with the operator's key may write instead, and what
// verify says of it.
func forgeries() map[string]struct {
	tamper func(*journal.Entry, object) []any
	want   string
} {
	type forgery = struct {
		tamper func(*journal.Entry, object) []any
		want   string
	}
	start := func(change func(object)) func(*journal.Entry, object) []any {
		return each(journal.TypeRunStart, change)
	}
	sent := func(change func(object)) func(*journal.Entry, object) []any {
		return first(journal.TypeArm, func(b object) bool {
			return isAttempt(b) && strings.Contains(fmt.Sprint(in(b, "case.exchange.sent")["url"]), "/namespaces/payments/")
		}, func(b object) {
			change(in(b, "case.exchange.sent"))
		})
	}
	return map[string]forgery{
		"no pin":        {dropped(journal.TypePin, all), "the approved one"},
		"a pin of less": {each(journal.TypePin, func(b object) { b["exchanges"] = nil }), "does not have the answers"},
		"another cluster": {first(journal.TypePin, func(b object) bool { return b["target"] == "prod" }, func(b object) {
			list, _ := b["exchanges"].([]any)
			x, _ := list[0].(object)
			x["body"] = strings.Replace(fmt.Sprint(x["body"]), `"uid":"`, `"uid":"f`, 1)
		}), "the scenario pins"},
		"a pin that fails": {first(journal.TypePin, func(b object) bool { return b["target"] == "prod" }, func(b object) {
			b["ok"], b["problem"] = false, "another cluster"
		}), "its answers show that it is"},
		"sent as somebody else":    {sent(func(s object) { in(s, "headers")["Impersonate-User"] = "nobody@corp.example" }), "it was sent as"},
		"sent without a group":     {sent(func(s object) { delete(in(s, "headers"), "Impersonate-Group") }), "it was sent with the groups"},
		"another prober":           {first(journal.TypePin, all, func(b object) { b["harness"] = "somebody" }), "it says that the prober is"},
		"another subject":          {first(journal.TypeArm, isAttempt, func(b object) { in(b, "case")["subject"] = "release@corp.example" }), ""},
		"another action":           {first(journal.TypeArm, isAttempt, func(b object) { in(b, "case")["action"] = "get" }), ""},
		"another object":           {first(journal.TypeArm, isAttempt, func(b object) { in(b, "case")["name"] = "other" }), ""},
		"other markers":            {first(journal.TypeArm, isAttempt, func(b object) { in(b, "case")["reached"] = []any{"status:403"} }), ""},
		"another probe's exchange": {withAnother(), ""},
		"another method":           {sent(func(s object) { s["method"] = "GET" }), "the method differs"},
		"another path":             {sent(func(s object) { s["url"] = strings.Replace(fmt.Sprint(s["url"]), "payments", "payments-dev", 1) }), "differs"},
		"no dry run":               {sent(func(s object) { s["url"], _, _ = strings.Cut(fmt.Sprint(s["url"]), "?") }), "the query differs"},
		"after the window":         {later(30*time.Hour, func(*journal.Entry) bool { return true }), ""},
		"before the window":        {later(-30*time.Hour, func(*journal.Entry) bool { return true }), ""},
		"one line later":           {later(time.Hour, func(e *journal.Entry) bool { return e.Seq == 40 }), ""},
		"an hour later":            {later(time.Hour, func(e *journal.Entry) bool { return e.Type == journal.TypeArm }), ""},
		"sent at another time":     {sent(func(s object) { s["at"] = "2026-01-01T00:00:00Z" }), ""},
		"the server's clock": {first(journal.TypeArm, isDated, func(b object) {
			in(b, "case.exchange.headers")["Date"] = "Thu, 01 Jan 2026 00:00:00 GMT"
		}), "by the server's"},
		"invented approvers": {start(func(b object) {
			list, _ := in(b, "approval")["signatures"].([]any)
			more := maps.Clone(list[1].(object)) //nolint:forcetypeassert // as the run wrote it
			more["principal"], more["person"] = "frank@corp.example", "frank"
			in(b, "approval")["signatures"] = append(list, more)
		}), "run.start says of approval"},
		"a lower threshold": {start(func(b object) { in(b, "approval")["threshold"] = 1 }), "run.start says of approval"},
		"another trust":     {start(func(b object) { in(b, "approval")["trust_version"] = 9 }), "run.start says of approval"},
		"a longer window":   {start(func(b object) { in(b, "approval")["not_after"] = "2099-01-01T00:00:00Z" }), "run.start says of approval"},
		"another root":      {start(func(b object) { in(b, "approval")["root_fingerprints"] = []any{"SHA256:x"} }), "run.start says of approval"},
		"another operator":  {start(func(b object) { in(b, "operator")["person"] = "frank" }), "run.start says of operator"},
		"another ticket":    {start(func(b object) { in(b, "scenario")["ticket"] = "DEMO-2" }), "run.start says of scenario"},
		"another title":     {start(func(b object) { in(b, "scenario")["title"] = "All is well" }), "run.start says of scenario"},
		"another target":    {start(func(b object) { b["targets"] = []any{} }), ""},
		"fewer controls":    {start(func(b object) { b["controls"] = []any{"nist/cm-5"} }), "run.start says of controls"},
		"another marker":    {start(func(b object) { b["marker"] = "sodprobe-x" }), "run.start says of marker"},
		"another plan":      {start(func(b object) { b["planned"] = 1 }), "run.start says of planned"},
		"another document":  {start(func(b object) { in(b, "documents")["scenario.yaml"] = strings.Repeat("0", 64) }), "run.start says of"},
		"no documents":      {start(func(b object) { b["documents"] = nil }), "run.start says of documents"},
		"another rule":      {start(func(b object) { b["rule"] = 99 }), "version 99 of the verdict rule"},
		"an attempt left out": {func(e *journal.Entry, body object) []any {
			if n, is := body["n"]; is && fmt.Sprint(n) == "3" && (e.Type == journal.TypeArm || e.Type == journal.TypeObservation || e.Type == journal.TypeIntent) {
				return nil
			}
			return []any{body}
		}, ""},
		"left out as interrupted":   {notRun("stopped: interrupted"), ""},
		"left out as excluded":      {notRun("excluded: the scenario's rules exclude it"), "the scenario does not exclude it"},
		"left out for no reason":    {notRun("it was late"), "no reason that a run has"},
		"left out as killed":        {notRun("the run was killed"), "nobody closed its record"},
		"stopped by the window":     {stopped("window-closed"), "nothing shows that"},
		"stopped by the budget":     {stopped("budget"), "nothing shows that"},
		"stopped by another target": {stopped("refused"), "nothing shows that"},
		"fewer requests":            {each(journal.TypeRunEnd, func(b object) { b["requests"] = 3 }), "it counts 3 requests"},
		"more requests":             {each(journal.TypeRunEnd, func(b object) { b["requests"] = 999999 }), "approved were"},
		"another verdict":           {each(journal.TypeRunEnd, func(b object) { b["verdict"] = "effective" }), "the observations say"},
		"a class":                   {first(journal.TypeArm, isAttempt, func(b object) { in(b, "response")["class"] = "unknown" }), "its exchange says"},
	}
}

// stopped says, before the end, that the run stopped.
func stopped(why string) func(*journal.Entry, object) []any {
	return func(e *journal.Entry, body object) []any {
		if e.Type == journal.TypeRunEnd {
			return []any{journal.Stop{Reason: journal.StopReason(why)}, body}
		}
		return []any{body}
	}
}

// notRun says of the first attempt of the plan that it was not run, leaves its lines
// out, and counts so.
func notRun(why string) func(*journal.Entry, object) []any {
	outcome := ""
	return func(e *journal.Entry, body object) []any {
		n := fmt.Sprint(body["n"])
		switch {
		case e.Type == journal.TypeObservation && n == "0":
			outcome, _ = body["outcome"].(string)
			body["outcome"], body["reason"], body["not_run_because"] = "NotRun", "not-run", why
			for _, gone := range []string{"refs", "missing", "open", "limits", "urgent", "disagreement", "predicted"} {
				delete(body, gone)
			}
			body["response"] = object{"class": "", "reason": ""}
		case (e.Type == journal.TypeArm || e.Type == journal.TypeIntent) && n == "0":
			return nil
		case e.Type == journal.TypeRunEnd:
			counts := in(body, "counts")
			for name, by := range map[string]int64{outcome: -1, "NotRun": 1} {
				var now int64
				_, _ = fmt.Sscan(fmt.Sprint(counts[name]), &now)
				counts[name] = now + by
			}
		}
		return []any{body}
	}
}

// TestForged: what somebody with the operator's key writes anew does not verify,
// wherever it contradicts scenario, plan or trust.
func TestForged(t *testing.T) {
	t.Parallel()
	p := demoPackage(t)
	t.Run("nothing", func(t *testing.T) {
		c := p.copied(t)
		c.forge(t, func(_ *journal.Entry, body object) []any { return []any{body} })
		check(t, c.verify())
	})
	for name, f := range forgeries() {
		t.Run(name, func(t *testing.T) {
			c := p.copied(t)
			c.forge(t, f.tamper)
			if err := c.verify(); err == nil || !strings.Contains(err.Error(), f.want) {
				t.Errorf("%v, want %q", err, f.want)
			}
		})
	}
}

// TestForgedAndUnseen lists what verify cannot see, since nothing that was approved
// contradicts it: a run that the operator's key invents. A witness, a checkpoint that
// somebody else keeps, and the target's own log show it.
func TestForgedAndUnseen(t *testing.T) {
	t.Parallel()
	p := demoPackage(t)
	for name, tamper := range map[string]func(*journal.Entry, object) []any{
		"another machine": each(journal.TypeRunStart, func(b object) { b["host"] = "elsewhere" }),
		"another version": each(journal.TypeRunStart, func(b object) { in(b, "tool")["sha256"] = strings.Repeat("0", 64) }),
		"made-up words of a server": each(journal.TypeArm, func(b object) {
			if headers := in(b, "case.exchange.headers"); headers != nil {
				headers["Server"] = "made up"
			}
		}),
		"one clock less": each(journal.TypeArm, func(b object) { delete(in(b, "case.exchange.headers"), "Date") }),
	} {
		t.Run(name, func(t *testing.T) {
			c := p.copied(t)
			c.forge(t, tamper)
			check(t, c.verify())
		})
	}
}
