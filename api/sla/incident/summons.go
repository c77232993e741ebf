package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/mail"
	"tikklok/ingest/tenant"
)

// Summons calls whoever stands at a step of the roster to an incident that
// waits.
type Summons struct {
	ID       int64 // of what is kept of it
	Made     time.Time
	Incident int64
	Priority tenant.Priority
	Category Category
	Arose    time.Time
	AnswerBy time.Time // zero: no response is promised
	Step     int
	To       []Duty // who stands there now, has an address, and was not told
}

// Addresses are those of To, each once: two stretches of duty may have the same.
func (s Summons) Addresses() (all []string) {
	for _, d := range s.To {
		if !slices.Contains(all, d.Email) {
			all = append(all, d.Email)
		}
	}
	return all
}

// Only is what it is to those of one address.
func (s Summons) Only(address string) Summons {
	s.To = slices.DeleteFunc(slices.Clone(s.To), func(d Duty) bool { return d.Email != address })
	return s
}

// summonable are those on duty who can be told by e-mail.
func summonable(on []Duty) []Duty {
	return slices.DeleteFunc(slices.Clone(on), func(d Duty) bool { return d.Email == "" })
}

// untold are those at a step who are not among the settled.
func untold(on []Duty, step int, settled []int64) (all []Duty) {
	for _, d := range on {
		if d.Step == step && !slices.Contains(settled, d.ID) {
			all = append(all, d)
		}
	}
	return all
}

func numbers(all []Duty) (ids []int64) {
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	return ids
}

// Customer is a tenant with what somebody on duty is called to there.
type Customer struct {
	Tenant int64
	Zone   *time.Location
	All    []Summons
}

// Letter calls somebody to all that waits, in one letter: an outage that every
// customer has is one thing to whoever mends it. It names customers by their
// number, and nothing that they typed. It is in both languages: the roster
// doesn't say who reads which.
func Letter(to string, customers []Customer) (mail.Letter, error) {
	nl, en, err := bothWords()
	if err != nil {
		return mail.Letter{}, err
	}
	var lines []string
	for _, c := range customers {
		for _, s := range c.All {
			lines = append(lines, s.line(c))
		}
	}
	slices.Sort(lines)
	count := len(lines)
	body := slices.Concat([]string{nl.Say("duty.waits"), en.Say("duty.waits"), "", "  tikklok incident done NUMBER confirmed --tenant TENANT", ""}, lines,
		[]string{"", nl.Say("duty.next"), en.Say("duty.next")})
	return mail.Letter{About: "duty", To: to, Language: "nl", Subject: nl.Say("duty.subject") + " / " + en.Say("duty.subject") + fmt.Sprintf(" (%d)", count), Body: strings.Join(body, "\n") + "\n"}, nil
}

func (s Summons) line(c Customer) string {
	moment := func(t time.Time) string { return t.In(c.Zone).Format("2006-01-02 15:04 MST") }
	line := fmt.Sprintf("tenant %d, incident %d: %s %s, %s", c.Tenant, s.Incident, s.Category, s.Priority, moment(s.Arose))
	if !s.AnswerBy.IsZero() {
		line += ", answer by " + moment(s.AnswerBy)
	}
	return line + fmt.Sprintf(" (step %d)", s.Step)
}
