package gitlab

import (
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// TestPinReadsVersionAndEdition: the record says which instance it was, and one
// of which nobody knows what its answers mean is refused.
func TestPinReadsVersionAndEdition(t *testing.T) {
	for metadata, c := range map[string]struct{ version, edition, problem string }{
		`{"version":"18.9.0-ee","enterprise":true}`: {"18.9.0-ee", "Enterprise", ""},
		`{"version":"15.6.0","enterprise":false}`:   {"15.6.0", "Community", ""},
		`{"version":"15.5.9","enterprise":false}`:   {"15.5.9", "", "not 15.6 or later"},
		`{"version":"main"}`:                        {"main", "", "not 15.6 or later"},
		`{"version":"18.9.0"}`:                      {"18.9.0", "", "does not tell its edition"},
	} {
		s := newServer(t)
		s.answers["/api/v4/metadata"] = metadata
		p, _ := s.connect(t, nil)
		pin, err := p.Pin(t.Context())
		if err != nil || pin.OK != (c.problem == "") || !strings.Contains(pin.Problem, c.problem) || pin.Version != c.version || pin.Edition != c.edition {
			t.Errorf("%s: %+v %v", metadata, pin, err)
		}
	}
}

// TestDoctorCountsVersions: doctor says which routes the version costs.
func TestDoctorCountsVersions(t *testing.T) {
	s := newServer(t)
	s.answers["/api/v4/metadata"] = `{"version":"16.3.1","enterprise":false}`
	p, _ := s.connect(t, nil)
	var said []string
	for _, f := range p.Diagnose(t.Context(), targets.Access{Required: []targets.Required{
		{Probe: "gitlab.schedule.create", Requirement: Version("16.3")}, {Probe: "gitlab.pipeline.create", Requirement: Version("17.11")},
	}}) {
		if !f.OK {
			said = append(said, f.What+": "+f.Problem)
		}
	}
	all := strings.Join(said, "\n")
	if !strings.Contains(all, "what needs GitLab 17.11") || !strings.Contains(all, "gitlab.pipeline.create") || strings.Contains(all, "gitlab.schedule.create") {
		t.Error(all)
	}
}
