package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/tenant"
)

// endingRoutes are the page of a contract's end, with their grants.
func (s *Server) endingRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathEnding, pageEndings, s.endingPage)
	post(page.PathEnding, pageEnding, s.postEnding)
	post(page.PathEnding+page.EndingCancel, pageEnding, s.postEndingCancel)
	post(page.PathEnding+page.EndingExport, pageEnding, s.postEndingExport)
	post(page.PathEnding+page.EndingAccept, pageEnding, s.postEndingAccept)
}

func (s *Server) endingPage(w http.ResponseWriter, r *http.Request) error {
	return s.showEnding(w, r, http.StatusOK, formOf(r))
}

func (s *Server) showEnding(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Ending{Frame: s.frame(r), Form: form, May: s.may(r.Context(), pageEnding)}
	if err := s.inTenant(r.Context(), func(tx pg.Tx) error { return endingView(r.Context(), tx, v) }); err != nil {
		return err
	}
	return s.render(w, status, v)
}

func endingView(ctx context.Context, tx pg.Tx, v *page.Ending) error {
	agreed, err := tenant.Contract(ctx, tx)
	if err != nil {
		return err
	}
	state, err := ending.StateOf(ctx, tx)
	if err != nil {
		return err
	}
	if v.Since, err = ending.Since(ctx, tx, state); err != nil {
		return err
	}
	zone := v.Now.Location()
	v.Terms = string(agreed.Profile)
	v.Chosen = agreed.Terms.End.Chosen()
	if v.Form.Values["last_day"] == "" && agreed.Ends != nil && state.Timetable == nil {
		v.Form.Values["last_day"] = agreed.Ends.Format(time.DateOnly)
	}
	v.ReadOnly = state.ReadOnly(v.Now)
	ask, asked := state.Asks(agreed.Ends, v.Now)
	v.Ask, v.Asked = string(ask), asked
	if t := state.Timetable; t != nil {
		v.Terms = t.Terms.Profile
		for _, d := range []struct {
			key string
			at  time.Time
		}{{"last-day", t.LastDay}, {"read-only", t.ReadOnly.In(zone)}, {"access", t.AccessUntil.In(zone)}, {"destroy", t.Destroy.In(zone)}, {"backups", t.BackupsGone.In(zone)}} {
			v.Days = append(v.Days, page.EndingDay{Key: d.key, At: d.at, Past: !v.Now.Before(d.at)})
		}
	}
	if state.Exported != nil {
		names, err := accountNames(ctx, tx)
		if err != nil {
			return err
		}
		v.Exported, v.Fingerprint = state.Exported.In(zone), state.Fingerprint
		if state.Accepted != nil {
			v.Accepted, v.AcceptedBy = state.Accepted.In(zone), names[state.AcceptedBy]
		}
	}
	return nil
}

// errLockedOut refuses an end after which whoever plans it could not take it
// back.
var errLockedOut = errors.New("access would be over already")

// postEnding plans the end by the contract's own terms: nobody types a term.
func (s *Server) postEnding(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "last_day")
	lastDay, err := time.Parse(time.DateOnly, form.Values["last_day"])
	if err != nil {
		form.Problems["last_day"] = page.Say("ending.refused.day")
		return s.showEnding(w, r, http.StatusUnprocessableEntity, form)
	}
	var t ending.Timetable
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		agreed, err := tenant.Contract(r.Context(), tx)
		if err != nil {
			return err
		}
		if t, err = ending.NewTimetable(lastDay, EndingTerms(agreed), s.now(r).Location()); err != nil {
			return err
		}
		if !t.AccessUntil.After(s.cfg.Now()) {
			return errLockedOut
		}
		return ending.Plan(r.Context(), tx, t, callerOf(r.Context()).actor())
	})
	switch {
	case errors.Is(err, errLockedOut):
		form.Problems["last_day"] = page.Say("ending.refused.over", page.Date(t.AccessUntil), t.AccessUntil.Year())
	case errors.Is(err, ending.ErrNoTerms):
		form.Problems["last_day"] = page.Say("ending.refused.terms")
	case errors.Is(err, ending.ErrInvalid):
		form.Problems["last_day"] = page.Say("ending.refused.day")
	case err != nil:
		return err
	default:
		return s.done(w, r, page.PathEnding, notice{Key: "notice.ending-planned"})
	}
	return s.showEnding(w, r, http.StatusUnprocessableEntity, form)
}

func (s *Server) postEndingCancel(w http.ResponseWriter, r *http.Request) error {
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		return ending.Cancel(r.Context(), tx, callerOf(r.Context()).actor())
	})
	if err != nil {
		return s.refuse(w, r, page.PathEnding, err)
	}
	return s.done(w, r, page.PathEnding, notice{Key: "notice.ending-cancelled"})
}

func (s *Server) postEndingAccept(w http.ResponseWriter, r *http.Request) error {
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		return ending.Accept(r.Context(), tx, r.FormValue("fingerprint"), callerOf(r.Context()).actor(), s.cfg.Now())
	})
	if err != nil {
		return s.refuse(w, r, page.PathEnding, err)
	}
	return s.done(w, r, page.PathEnding, notice{Key: "notice.ending-accepted"})
}

// exportTime is how long a whole export may take to be fetched.
const exportTime = 2 * time.Hour

// postEndingExport writes the whole tenant as it is read. A file that breaks
// off has no end that a ZIP program would take.
func (s *Server) postEndingExport(w http.ResponseWriter, r *http.Request) error {
	who := callerOf(r.Context())
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(exportTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="tikklok-`+s.now(r).Format(time.DateOnly)+`.zip"`)
	_, err := ending.Export(r.Context(), s.cfg.Privacy, who.tenant.ID, s.cfg.Catalogue, ending.ExportOptions{Version: s.cfg.Version, By: who.actor(), Now: s.cfg.Now()}, w)
	if err != nil && noteOf(r.Context()).wrote {
		noteOf(r.Context()).cause = err
		panic(http.ErrAbortHandler) // the answer is cut: whoever fetches it must not take it for whole
	}
	return err
}
