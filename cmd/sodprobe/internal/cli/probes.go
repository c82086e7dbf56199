package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/probes"
)

func (a *app) probesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "probes", Short: "List the catalog of probes, or show one", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var out output
	list := &cobra.Command{
		Use: "list", Short: "List every probe", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listProbes(out) },
	}
	out.flag(list)
	var outShow output
	show := &cobra.Command{
		Use: "show PROBE", Short: "Show what one probe sends, and what counts", Args: cobra.ExactArgs(1),
		ValidArgsFunction: a.completeProbes,
		RunE:              func(_ *cobra.Command, args []string) error { return a.showProbe(args[0], outShow) },
	}
	outShow.flag(show)
	cmd.AddCommand(list, show)
	return cmd
}

func (a *app) completeProbes(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, p := range a.catalog {
		out = append(out, p.ID+"\t"+p.Title)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// probeView is a probe without its functions.
type probeView struct {
	ID        string           `json:"id"`
	Title     string           `json:"title"`
	Why       string           `json:"why"`
	System    string           `json:"system"`
	Technique probes.Technique `json:"technique"`
	Controls  []string         `json:"controls"`
	Attack    string           `json:"attack"`
	Severity  probes.Severity  `json:"severity"`
	Fix       string           `json:"fix"`
	Needs     []needView       `json:"needs,omitempty"`
	Expect    []string         `json:"expect"`
	Reached   []string         `json:"reached"`
	Requests  []string         `json:"requests"`
	Baseline  string           `json:"baseline"`
	Limits    []string         `json:"limits,omitempty"`
	// Requires lists what not every target, identity or instance has.
	Requires []requirementView `json:"requires,omitempty"`
	// Ghost says that the request names what does not exist.
	Ghost bool `json:"ghost,omitempty"`
	// Alters are the condition keys in which it differs from a real request.
	Alters []string `json:"alters,omitempty"`
}

type requirementView struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	Text  string `json:"text"`
}

type needView struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Example string `json:"example"`
	Default string `json:"default,omitempty"`
}

func viewOf(p probes.Probe) probeView {
	v := probeView{
		ID: p.ID, Title: p.Title, Why: p.Why, System: string(p.System), Technique: p.Technique,
		Controls: p.Controls, Attack: p.Attack, Severity: p.Severity, Fix: p.Fix, Reached: p.Reached, Baseline: "same", Limits: p.Limits,
		Ghost: p.Ghost != nil, Alters: p.Alters,
	}
	if p.Baseline.Standing != nil {
		v.Baseline = "standing: " + p.Baseline.Standing.ID
	}
	for _, r := range p.Requires {
		v.Requires = append(v.Requires, requirementView{r.Name, r.Value, r.Text})
	}
	for _, n := range p.Needs {
		v.Needs = append(v.Needs, needView{n.Name, n.Doc, n.Example, n.Default})
	}
	for _, l := range p.Expect {
		v.Expect = append(v.Expect, string(l))
	}
	for _, r := range p.Allow {
		v.Requests = append(v.Requests, r.Method+" "+r.Path+query(r.Query))
	}
	return v
}

// query renders a rule's query for people, in a fixed order.
func query(q map[string]string) string {
	if len(q) == 0 {
		return ""
	}
	var parts []string
	for _, k := range sortedKeys(q) {
		parts = append(parts, k+"="+q[k])
	}
	return "?" + strings.Join(parts, "&")
}

func (a *app) listProbes(out output) error {
	set := a.catalog
	if out.json() {
		views := make([]probeView, len(set))
		for i, p := range set {
			views[i] = viewOf(p)
		}
		return a.printJSON(views)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "PROBE\tTECHNIQUE\tATT&CK\tWHAT IT ATTEMPTS")
	for _, p := range set {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.ID, p.Technique, p.Attack, p.Title)
	}
	return w.Flush()
}

func (a *app) showProbe(id string, out output) error {
	p, ok := a.catalog.Find(id)
	if !ok {
		return usagef("there is no probe %q\nsee: sodprobe probes list", id)
	}
	v := viewOf(p)
	if out.json() {
		return a.printJSON(v)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "%s\n%s\n\n%s\n\n", v.ID, v.Title, v.Why)
	_, _ = fmt.Fprintf(w, "technique\t%s\ncontrols\t%s\nATT&CK\t%s\n", v.Technique, strings.Join(v.Controls, " "), v.Attack)
	_, _ = fmt.Fprintf(w, "sends\t%s\n", strings.Join(v.Requests, "\n\t"))
	_, _ = fmt.Fprintf(w, "blocked by\t%s\n", strings.Join(v.Expect, " "))
	_, _ = fmt.Fprintf(w, "permitted if\t%s\nbaseline\t%s\n", strings.Join(v.Reached, " or "), v.Baseline)
	_, _ = fmt.Fprintf(w, "severity\t%s\nfix\t%s\n", v.Severity, v.Fix)
	for _, fact := range v.facts() {
		_, _ = fmt.Fprintln(w, fact)
	}
	for _, n := range v.Needs {
		given := "required"
		if n.Default != "" {
			given = "default " + n.Default
		}
		_, _ = fmt.Fprintf(w, "with %s\t%s (as in %s; %s)\n", n.Name, n.Doc, n.Example, given)
	}
	for _, l := range v.Limits {
		_, _ = fmt.Fprintf(w, "limit\t%s\n", l)
	}
	return w.Flush()
}

// facts are what only some probes have.
func (v probeView) facts() []string {
	var out []string
	for _, r := range v.Requires {
		out = append(out, "requires\t"+r.Text)
	}
	if v.Ghost {
		out = append(out, "names\twhat does not exist: counts only beside what the access rules say of the real object")
	}
	if len(v.Alters) > 0 {
		out = append(out, "differs in\t"+strings.Join(v.Alters, " "))
	}
	return out
}

// printJSON prints one value, indented, to stdout.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
