package incident_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla/incident"
	"tikklok/api/sla/window"
	"tikklok/ingest/tenant"
)

// Scripts in testdata say of an incident by when it is answered and solved. A
// line is a command, and "#" begins a comment:
//
//	profile NAME                     of tenant.Profiles; begins anew
//	KIND CHANNEL AROSE [REPORTED]    an incident; times of Europe/Amsterdam
//	impact DISTURBANCE HIT/USERS [cut-off] [workaround]
//	is CATEGORY PRIORITY             what is proposed
//	STEP TIME [PRIORITY]             what was done
//	CLOCK by TIME|never              confirm, answer, solve or contact
//	at TIME CLOCK LEFT               what is left then, such as 1h30m or -5m
//	starts TIME                      from when time counts
//	hours OPENS CLOSES               support is open then on working days (W-3.6)
func TestScripts(t *testing.T) { // OB-S5, OB-S6, OB-S7
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { play(t, file) })
	}
}

type stage struct {
	t    *testing.T
	zone *time.Location
	incident.Incident
}

func play(t *testing.T, name string) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := &stage{t: t, zone: zone}
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if wrong := s.line(words); wrong != "" {
			t.Errorf("%s:%d: %s: %s", name, n, strings.TrimSpace(text), wrong)
		}
	}
}

func (s *stage) line(words []string) string {
	rest := words[1:]
	if rest[0] == "by" {
		if got := s.text(s.due(words[0]).By); got != rest[1] {
			return "by " + got
		}
		return ""
	}
	switch words[0] {
	case "profile":
		profile, ok := tenant.ProfileOf(tenant.ProfileName(rest[0]))
		if !ok {
			return "no such profile"
		}
		s.Terms = incident.TermsOf(profile)
	case "fault", "login", "question", "bookkeeping":
		arose := s.time(rest[1])
		s.Incident = incident.Incident{ID: 1, Kind: incident.Kind(words[0]), Channel: incident.Channel(rest[0]), AroseAt: arose, Reported: arose, Terms: s.Terms,
			Impact: incident.Impact{Disturbance: incident.Minor, Hit: 1, Users: 100, Workaround: true}}
		if len(rest) > 2 {
			s.Reported = s.time(rest[2])
		}
		s.propose()
	case "impact":
		s.impact(rest)
	case "is":
		if got := fmt.Sprintf("%s %s", s.Category, s.Now()); got != strings.Join(rest, " ") {
			return "is " + got
		}
	case "hours":
		s.Terms.Hours = &incident.Hours{Opens: minutes(rest[0]), Closes: minutes(rest[1]), Days: window.MondayToFriday}
	case "starts":
		if got := s.Clock(window.Service(s.zone)).Start; !got.Equal(s.time(rest[0])) {
			return "starts " + s.text(got)
		}
	case "at":
		if got := short(s.due(rest[1]).Left(s.time(rest[0]))); got != rest[2] {
			return "left " + got
		}
	default:
		step := incident.Step{What: incident.StepKind(words[0]), DoneAt: s.time(rest[0]), At: s.time(rest[0])}
		if len(rest) > 1 {
			step.Priority = tenant.Priority(rest[1])
		}
		s.Steps = append(s.Steps, step)
	}
	return ""
}

// minutes of the day.
func minutes(text string) int {
	at, _ := time.Parse("15:04", text)
	return at.Hour()*60 + at.Minute()
}

func (s *stage) impact(words []string) {
	hit, users, _ := strings.Cut(words[1], "/")
	m := incident.Impact{Disturbance: incident.Disturbance(words[0])}
	m.Hit, _ = strconv.Atoi(hit)
	m.Users, _ = strconv.Atoi(users)
	for _, w := range words[2:] {
		m.CutOff, m.Workaround = m.CutOff || w == "cut-off", m.Workaround || w == "workaround"
	}
	s.Impact = m
	s.propose()
}

func (s *stage) propose() {
	s.Category, s.Priority = incident.Propose(s.Kind, s.Impact, s.Terms)
}

func (s *stage) due(name string) incident.Due {
	c := s.Clock(window.Service(s.zone))
	return map[string]incident.Due{"confirm": c.Confirm, "answer": c.Answer, "solve": c.Solve, "contact": c.Contact}[name]
}

func (s *stage) time(text string) time.Time {
	at, err := time.ParseInLocation("2006-01-02T15:04", text, s.zone)
	if err != nil {
		s.t.Fatal(err)
	}
	return at
}

func (s *stage) text(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(s.zone).Format("2006-01-02T15:04")
}

// short is a duration in hours and minutes, without those that are 0.
func short(d time.Duration) string {
	text := strings.TrimSuffix(d.Round(time.Minute).String(), "m0s")
	switch {
	case d == 0:
		return "0"
	case text == d.Round(time.Minute).String():
		return text
	case strings.HasSuffix(text, "h0"):
		return strings.TrimSuffix(text, "0")
	}
	return text + "m"
}
