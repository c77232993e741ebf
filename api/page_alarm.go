package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla/alarm"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// pageAlarms is what only pages do with alarms.
const pageAlarms = "page.alarms"

// alarmRoutes is the page of what is wrong with the service, with its grant.
func (s *Server) alarmRoutes(get func(path, operation string, h pageHandler)) {
	get(page.PathServiceAlarms, pageAlarms, s.alarmsPage)
}

// alarmsBack is how far back the page shows what is over, in days.
const alarmsBack = 90

func (s *Server) alarmsPage(w http.ResponseWriter, r *http.Request) error {
	v := &page.Alarms{Frame: s.frame(r)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		all, err := alarm.List(r.Context(), tx, v.Now.AddDate(0, 0, -alarmsBack))
		if err != nil {
			return err
		}
		for _, a := range all {
			line := page.AlarmLine{Text: a.In(v.Language), Since: a.Since.In(v.Now.Location()), Written: !a.Quiet}
			if a.Over == nil {
				v.Lasting = append(v.Lasting, line)
				continue
			}
			line.Until = a.Clear.In(v.Now.Location())
			v.Past = append(v.Past, line)
		}
		v.Refused, err = refusedLines(r.Context(), tx, v.Now)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

// refusedLines gives the open accounts whose address a mail server refuses.
func refusedLines(ctx context.Context, tx pg.Tx, now time.Time) (out []page.RefusedLine, err error) {
	refused, err := mail.Refusals(ctx, tx, now)
	if err != nil || len(refused) == 0 {
		return nil, err
	}
	readsUsers(ctx)
	accounts, err := people.Accounts(ctx, tx)
	for _, a := range accounts {
		if r, ok := refused[a.ID]; ok && a.Closed == nil && r.Address == a.Email {
			out = append(out, page.RefusedLine{Name: a.Name, Email: a.Email, At: r.At.In(now.Location()), Answer: r.Code()})
		}
	}
	slices.SortStableFunc(out, func(a, b page.RefusedLine) int { return cmp.Compare(a.Name, b.Name) })
	return out, err
}
