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
	Emails   []string // of who stands there now
}

// summonable are those on duty who can be told by e-mail.
func summonable(on []Duty) []Duty {
	return slices.DeleteFunc(slices.Clone(on), func(d Duty) bool { return d.Email == "" })
}

// emails of who stands at a step.
func emails(on []Duty, step int) (all []string) {
	for _, d := range on {
		if d.Step == step {
			all = append(all, d.Email)
		}
	}
	return all
}

// Customer is a tenant with what somebody on duty is called to there.
type Customer struct {
	Tenant int64
	Zone   *time.Location
	All    []Summons
}

// Letter calls somebody to all that waits, in one letter: an outage that every
// customer has is one thing to whoever mends it. It names customers by their
// number, and nothing that they typed.
func Letter(to string, customers []Customer) mail.Letter {
	var lines []string
	count := 0
	for _, c := range customers {
		for _, s := range c.All {
			count++
			lines = append(lines, s.line(c))
		}
	}
	slices.Sort(lines)
	body := slices.Concat([]string{"Er wacht een storing met hoge prioriteit op u. Bevestig de ontvangst, of meld de oplossingsrichting:",
		"An incident of high priority waits for you. Confirm its receipt, or report the direction of the solution:", "",
		"  tikklok incident done NUMBER confirmed --tenant TENANT", ""}, lines,
		[]string{"", "Antwoordt binnen tien minuten niemand, dan wordt de volgende stap van het rooster gemeld.", "If nobody answers within ten minutes, the next step of the roster is told."})
	return mail.Letter{About: "duty", To: to, Language: "nl", Subject: fmt.Sprintf("Storing, hoge prioriteit / incident, high priority (%d)", count), Body: strings.Join(body, "\n") + "\n"}
}

func (s Summons) line(c Customer) string {
	moment := func(t time.Time) string { return t.In(c.Zone).Format("2006-01-02 15:04 MST") }
	line := fmt.Sprintf("tenant %d, incident %d: %s %s, %s", c.Tenant, s.Incident, s.Category, s.Priority, moment(s.Arose))
	if !s.AnswerBy.IsZero() {
		line += ", answer by " + moment(s.AnswerBy)
	}
	return line + fmt.Sprintf(" (step %d)", s.Step)
}
