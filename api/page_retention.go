package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/privacy/wording"
)

// nightsShown is how many certificates the page lists.
const nightsShown = 14

// retentionRoutes are the page of how long data is kept, with its grants.
func (s *Server) retentionRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathRetention, pageRetention, s.retentionPage)
	post(page.PathRetention, pageRetentionSet, s.postTerm)
	post(page.PathHolds, pageRetentionSet, s.postHold)
	post(page.PathHolds+"/:id", pageRetentionSet, s.postLift)
}

func (s *Server) retentionPage(w http.ResponseWriter, r *http.Request) error {
	v := &page.Retention{}
	if r.FormValue("count") == "yes" {
		dry, err := Purger(s.cfg.Privacy, s.cfg.DB, s.cfg.Catalogue).DryRun(r.Context(), callerOf(r.Context()).tenant.ID, s.cfg.Now())
		if err != nil {
			return err
		}
		night := retentionNight(dry, languageOf(r, callerOf(r.Context())))
		v.Counted = &night
	}
	return s.showRetention(w, r, http.StatusOK, v)
}

// showRetention shows the page; v brings forms that were refused, and what was
// counted.
func (s *Server) showRetention(w http.ResponseWriter, r *http.Request, status int, v *page.Retention) error {
	v.Frame, v.May = s.frame(r), s.may(r.Context(), pageRetentionSet)
	if err := s.inTenant(r.Context(), func(tx pg.Tx) error { return s.fillRetention(r.Context(), tx, v) }); err != nil {
		return err
	}
	return s.render(w, status, v)
}

func (s *Server) fillRetention(ctx context.Context, tx pg.Tx, v *page.Retention) error {
	limits, err := retentionLimits(ctx, tx)
	if err != nil {
		return err
	}
	terms, err := retention.TermsOf(ctx, tx, limits)
	if err != nil {
		return err
	}
	v.Contract, v.Longest = limits.Contract, keptFor(limits.Longest)
	switch first := limits.FirstNight(); {
	case limits.Since.IsZero():
		v.Frozen = "contract"
	case v.Now.Before(first):
		v.First = first.In(v.Now.Location())
	}
	if v.Unpaid, v.UnpaidFrom, err = retention.Unpaid(ctx, tx, terms, v.Now); err != nil {
		return err
	}
	words, err := wording.In(v.Language)
	if err != nil {
		return err
	}
	for _, t := range terms {
		v.Terms = append(v.Terms, retentionTerm(t, limits, words, v.Now.Location()))
		if t.Keep.N > 0 {
			v.Classes = append(v.Classes, page.Option{Value: string(t.Class), Label: words.Class(t.Class)})
		}
	}
	inForce, err := register.InstructionsInForce(ctx, tx)
	if err != nil {
		return err
	}
	v.Instructions = each(inForce, func(i register.Instruction) page.Option {
		return page.Option{Value: strconv.FormatInt(i.ID, 10), Label: i.Reference}
	})
	if err := fillHolds(ctx, tx, v); err != nil {
		return err
	}
	return fillNights(ctx, tx, v)
}

func keptFor(p retention.Period) page.KeptFor {
	if p.N == 0 {
		return page.KeptFor{}
	}
	return page.KeptFor{N: p.N, Unit: string(p.Unit)}
}

func retentionTerm(t retention.Term, limits retention.Limits, words wording.Words, zone *time.Location) page.RetentionTerm {
	rule, _ := retention.RuleOf(t.Class)
	return page.RetentionTerm{Class: words.Class(t.Class), Keep: keptFor(t.Keep), Least: keptFor(rule.Least), Most: keptFor(rule.Longest(limits)), Law: rule.Law,
		Reference: t.Reference, Instruction: t.Instruction, Since: t.At.In(zone), Wanting: t.Wanting}
}

// fillHolds lists legal holds, and says what keeps everything.
func fillHolds(ctx context.Context, tx pg.Tx, v *page.Retention) error {
	holds, err := retention.Holds(ctx, tx, v.Now)
	if err != nil {
		return err
	}
	names, err := accountNames(ctx, tx)
	if err != nil {
		return err
	}
	for _, h := range holds {
		row := page.RetentionHold{ID: h.ID, Employee: h.Employee, Reason: h.Reason, Until: h.Until.In(v.Now.Location()), By: names[h.By.ID], Counts: h.Counts(v.Now)}
		if !h.Lifted.IsZero() {
			row.Lifted = h.Lifted.In(v.Now.Location())
		}
		if h.Employee != 0 {
			e, err := people.EmployeeByID(ctx, tx, h.Employee)
			if err != nil {
				return err
			}
			row.Who = e.Surname + " (" + e.Number + ")"
			readsAbout(ctx, h.Employee)
		} else if row.Counts {
			v.Frozen = "held"
		}
		v.Holds = append(v.Holds, row)
	}
	open, err := breach.Open(ctx, tx)
	if len(open) > 0 {
		v.Frozen = "breach"
	}
	return err
}

// fillNights lists what was removed.
func fillNights(ctx context.Context, tx pg.Tx, v *page.Retention) error {
	all, err := privacy.Certificates(ctx, tx, privacy.CertPurge, nightsShown)
	for _, c := range all {
		var report retention.Report
		if err := json.Unmarshal(c.Content, &report); err != nil {
			return fmt.Errorf("reading certificate %d: %w", c.ID, err)
		}
		night := retentionNight(report, v.Language)
		night.Certificate, night.At, night.Hash = c.ID, c.At.In(v.Now.Location()), hex.EncodeToString(c.Hash[:4])
		v.Nights = append(v.Nights, night)
	}
	if len(v.Nights) > 0 {
		v.Last = v.Nights[0].At
	}
	return err
}

func retentionNight(r retention.Report, language string) page.RetentionNight {
	words, _ := wording.In(language)
	n := page.RetentionNight{At: r.At, Total: r.Total, Days: r.Sealed.Days, Unapproved: r.Sealed.Unapproved, Held: r.Sealed.Held}
	for _, i := range r.Items {
		if i.Removed == 0 && i.Stays == "" {
			continue
		}
		table, class, _ := strings.Cut(i.Step, " ")
		item := page.RetentionItem{Name: words.Table(table), Values: class == "(values)", Removed: i.Removed, Left: i.Left, Stays: i.Stays != ""}
		if class != "" && !item.Values {
			item.Name = words.Class(privacy.Class(class))
		}
		n.Items = append(n.Items, item)
	}
	return n
}

// postTerm changes a term by an instruction (OB-P3, OB-P16).
func (s *Server) postTerm(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "class", "count", "unit", "instruction")
	keep, err := retention.ParsePeriod("P" + form.Values["count"] + form.Values["unit"])
	if err != nil {
		form.Problems["count"] = page.Say("retention.refused.number")
	}
	number, err := strconv.ParseInt(form.Values["instruction"], 10, 64)
	if err != nil {
		form.Problems["instruction"] = page.Say("retention.refused.choose")
	}
	if form.Problem() {
		return s.showRetention(w, r, http.StatusUnprocessableEntity, &page.Retention{Form: form})
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		limits, err := retentionLimits(r.Context(), tx)
		if err != nil {
			return err
		}
		i := retention.Instruction{Class: privacy.Class(form.Values["class"]), Keep: keep, Number: number}
		return retention.Instruct(r.Context(), tx, i, limits, callerOf(r.Context()).actor(), s.cfg.Now())
	})
	switch {
	case err == nil:
		return s.done(w, r, page.PathRetention, notice{Key: "notice.saved"})
	case errors.Is(err, retention.ErrShorter):
		form.Problems["count"] = page.Say("retention.refused.shorter")
	case errors.Is(err, retention.ErrLonger):
		form.Problems["count"] = page.Say("retention.refused.longer")
	case errors.Is(err, register.ErrNoEntry), errors.Is(err, register.ErrNotInForce):
		form.Problems["instruction"] = page.Say("retention.refused.instruction")
	case errors.Is(err, retention.ErrInvalid):
		form.Problems["class"] = page.Say("retention.refused.choose")
	default:
		return err
	}
	return s.showRetention(w, r, http.StatusUnprocessableEntity, &page.Retention{Form: form})
}

// postHold lays a legal hold.
func (s *Server) postHold(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "number", "reason", "until")
	until, _ := time.ParseInLocation(time.DateOnly, form.Values["until"], s.now(r).Location())
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		h := retention.Hold{Reason: form.Values["reason"], Until: until, By: callerOf(r.Context()).actor()}
		if form.Values["number"] != "" {
			e, err := people.EmployeeByNumber(r.Context(), tx, form.Values["number"])
			if err != nil {
				return err
			}
			h.Employee = e.ID
		}
		_, err := retention.PutHold(r.Context(), tx, h, s.cfg.Now())
		return err
	})
	switch {
	case err == nil:
		return s.done(w, r, page.PathRetention, notice{Key: "notice.saved"})
	case errors.Is(err, people.ErrNotFound):
		form.Problems["number"] = page.Say("retention.refused.employee")
	case errors.Is(err, retention.ErrInvalid):
		form.Problems["reason"] = page.Say("retention.refused.hold")
	default:
		return err
	}
	return s.showRetention(w, r, http.StatusUnprocessableEntity, &page.Retention{Hold: form})
}

func (s *Server) postLift(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return retention.LiftHold(r.Context(), tx, id, callerOf(r.Context()).actor(), s.cfg.Now())
	})
	if err != nil && !errors.Is(err, retention.ErrNoHold) {
		return err
	}
	return s.done(w, r, page.PathRetention, notice{Key: "notice.saved"})
}
