package incident

import (
	"context"
	"time"

	"tikklok/api/sla/notice"
	"tikklok/api/sla/window"
	"tikklok/ingest/mail"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// message is what a webhook is told of an incident: nothing that somebody typed.
type message struct {
	Incident int64           `json:"incident"`
	State    State           `json:"state"`
	Category Category        `json:"category"`
	Priority tenant.Priority `json:"priority"`
	Arose    time.Time       `json:"arose"`
	At       time.Time       `json:"at"`                 // when it was reported, or the step done
	AnswerBy time.Time       `json:"answer_by,omitzero"` // absent: not promised, or done
	SolveBy  time.Time       `json:"solve_by,omitzero"`
}

// tell has a letter spooled to each addressee, and the webhook called, in the
// transaction that writes the news down: what is kept is told, and what isn't
// kept is not. Errors are those of the database: no text of a user is in it.
func tell(ctx context.Context, tx pg.Tx, i Incident, n News, now time.Time) error {
	c, err := notice.CustomerOf(ctx, tx)
	if err != nil {
		return err
	}
	service := window.Service(c.Zone)
	all, err := letters(i, n, addressees(c, i.By), service)
	if err != nil {
		return err
	}
	if _, err := mail.Spool(ctx, tx, all, now); err != nil {
		return err
	}
	return notice.Tell(ctx, tx, notice.Event(n.Event), n.About, messageOf(i, n, service), now.Add(mail.LongestWait), now)
}

func messageOf(i Incident, n News, service window.Window) message {
	m := message{Incident: i.ID, State: i.State(), Category: i.Category, Priority: i.Now(), Arose: i.Arose().UTC(), At: n.At.UTC()}
	if c := i.Clock(service); i.IsOpen() {
		m.AnswerBy, m.SolveBy = c.Answer.open(), c.Solve.open()
	}
	return m
}

// open is by when something is to be done that isn't; zero: it is, or was never
// promised.
func (d Due) open() time.Time {
	if !d.Was.IsZero() || d.Aim || d.By.IsZero() {
		return time.Time{}
	}
	return d.By.UTC()
}
