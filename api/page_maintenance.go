package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tikklok/api/page"
	maintenance "tikklok/api/sla/notice"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/mail"
	"tikklok/ingest/pg"
	"tikklok/payroll/delivery"
)

// maintenanceRoutes are the page of announced work, with its grants.
func (s *Server) maintenanceRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathServiceMaintenance, pageMaintenance, s.maintenancePage)
	post(page.PathNoticeHook, pageNoticeHook, s.postNoticeHook)
	post(page.PathNoticeHookDrop, pageNoticeHook, s.postNoticeHookDrop)
}

func (s *Server) maintenancePage(w http.ResponseWriter, r *http.Request) error {
	return s.showMaintenance(w, r, http.StatusOK, &page.Maintenance{})
}

// showMaintenance shows what was announced in the past year; v brings a webhook
// just set, or what was refused.
func (s *Server) showMaintenance(w http.ResponseWriter, r *http.Request, status int, v *page.Maintenance) error {
	v.Frame, v.May, v.Version = s.frame(r), s.may(r.Context(), pageNoticeHook), s.cfg.Version
	releases, err := maintenance.Releases()
	if err != nil {
		return err
	}
	v.Releases = each(releases, func(n maintenance.Release) page.ReleaseNote {
		return page.ReleaseNote{Version: n.Version, Day: n.Day, Lines: n.In(v.Language)}
	})
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		all, err := maintenance.List(r.Context(), tx, v.Now.AddDate(-1, 0, 0))
		if err != nil {
			return err
		}
		for _, m := range all {
			line, err := maintenanceLine(r.Context(), tx, m, v.Language, v.Now)
			if err != nil {
				return err
			}
			v.Rows = append(v.Rows, line)
		}
		hook, ok, err := maintenance.HookOf(r.Context(), tx)
		if ok && hook.Off == nil {
			v.Hook = &page.HookLine{URL: hook.URL, Since: hook.Since.In(v.Now.Location())}
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func maintenanceLine(ctx context.Context, tx pg.Tx, m maintenance.Maintenance, language string, now time.Time) (page.MaintenanceLine, error) {
	zone := now.Location()
	letters, err := mail.Count(ctx, tx, m.About(maintenance.Announced))
	if err != nil {
		return page.MaintenanceLine{}, err
	}
	office, err := maintenance.InOffice(ctx, tx, m, zone)
	if err != nil {
		return page.MaintenanceLine{}, err
	}
	calls, err := maintenance.Calls(ctx, tx, m.Thing())
	if err != nil {
		return page.MaintenanceLine{}, err
	}
	line := page.MaintenanceLine{
		Announcement: announcement(m, language, zone), Reference: m.Reference, At: m.Announced.In(zone),
		Ahead: int(m.Ahead().Minutes()), Promised: int(m.Promised.Hours()), Late: m.Late() > 0, Office: int(office.Minutes()), Over: !now.Before(m.Until),
		Letters: page.LetterTally{Sent: letters.Sent, Waiting: letters.Waiting, Refused: letters.Refused, Expired: letters.Expired, Unclear: letters.Unclear},
		Calls: each(calls, func(c maintenance.Call) page.CallLine {
			return page.CallLine{Event: string(c.Event), State: c.State, Attempts: c.Attempts, Ended: in(c.Ended, zone), Answer: c.Answer}
		}),
	}
	if m.Cancelled != nil {
		line.Cancelled = m.Cancelled.In(zone)
	}
	if !letters.LastSent.IsZero() {
		line.Letters.Last, line.Letters.Late = letters.LastSent.In(zone), m.LateAt(letters.LastSent) > 0
	}
	return line, nil
}

func announcement(m maintenance.Maintenance, language string, zone *time.Location) page.Announcement {
	words, from, until := m.In(language), m.From.In(zone), m.Until.In(zone)
	return page.Announcement{Title: words.Title, Changes: words.Changes, From: from, Until: until, OneDay: calendar.DateOf(from) == calendar.DateOf(until)}
}

// announced is what everybody who is signed in is told above each page (OB-S3);
// what can't be read is not shown.
func (s *Server) announced(ctx context.Context, language string, now time.Time) (all []page.Announcement) {
	err := s.inTenant(ctx, func(tx pg.Tx) error {
		found, err := maintenance.Ahead(ctx, tx, now)
		all = each(found, func(m maintenance.Maintenance) page.Announcement { return announcement(m, language, now.Location()) })
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "announcements could not be read", "request", noteOf(ctx).id, "err", err)
	}
	return all
}

func (s *Server) postNoticeHook(w http.ResponseWriter, r *http.Request) error {
	v := &page.Maintenance{Form: formOf(r, "url")}
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		v.Shown, err = maintenance.PutHook(r.Context(), tx, callerOf(r.Context()).actor(), s.cfg.Delivery.Seal, v.Form.Values["url"], s.cfg.Now())
		return err
	})
	var no *delivery.Invalid
	switch {
	case errors.As(err, &no):
		v.Form.Problems["url"] = page.Say("maintenance.hook.wrong")
		return s.showMaintenance(w, r, http.StatusUnprocessableEntity, v)
	case err != nil:
		return err
	}
	v.Form = page.Form{}
	return s.showMaintenance(w, r, http.StatusOK, v)
}

func (s *Server) postNoticeHookDrop(w http.ResponseWriter, r *http.Request) error {
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		return maintenance.DropHook(r.Context(), tx, callerOf(r.Context()).actor(), s.cfg.Now())
	})
	if err != nil {
		return err
	}
	return s.done(w, r, page.PathServiceMaintenance, notice{Key: "notice.hook-dropped"})
}
