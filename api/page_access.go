package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tikklok/api/page"
	"tikklok/api/sla/port"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// accessRoutes are the page of who gets in, and how to report what is wrong.
func (s *Server) accessRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathAccess, pageAccess, s.accessPage)
	post(page.PathAccess, pageCutOff, s.postCutOff)
	get(page.PathSecurity, pageSecurity, s.securityPage)
	get(page.PathSecurityTXT, pageSecurity, s.securityFile)
}

func (s *Server) accessPage(w http.ResponseWriter, r *http.Request) error {
	return s.showAccess(w, r, http.StatusOK, formOf(r))
}

func (s *Server) showAccess(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Access{Frame: s.frame(r), Form: form, May: s.may(r.Context(), pageCutOff)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		if err := suspensionView(r.Context(), tx, v); err != nil {
			return err
		}
		if err := s.waysView(r.Context(), tx, v); err != nil {
			return err
		}
		checks, err := port.Last(r.Context(), tx)
		portsView(checks, v)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func suspensionView(ctx context.Context, tx pg.Tx, v *page.Access) error {
	agreed, err := tenant.Contract(ctx, tx)
	if err != nil {
		return err
	}
	steps, err := tenant.SuspensionSteps(ctx, tx)
	if err != nil {
		return err
	}
	now := tenant.SuspensionOf(steps)
	v.Asked, v.Ground, v.Reference = agreed.Terms.Reminders, string(now.Ground), now.Reference
	if now.Since != nil {
		v.Since = now.Since.In(v.Now.Location())
	}
	v.Reminders = each(now.Reminders, func(e tenant.SuspensionStep) page.AccessReminder {
		return page.AccessReminder{Told: e.Told, Reference: e.Reference}
	})
	return nil
}

// Comparisons of a machine that are older than portsShown are not shown: it is
// gone, or called otherwise. One is late an hour after it was due, as it is
// looked at every ten minutes and the server may just have started.
const (
	portsShown = 35 * 24 * time.Hour
	portsLate  = port.Every + time.Hour
)

func portsView(checks []port.Check, v *page.Access) {
	for _, c := range checks {
		ago := v.Now.Sub(c.At)
		if ago > portsShown {
			continue
		}
		v.Ports = append(v.Ports, page.AccessPorts{At: c.At.In(v.Now.Location()), Late: ago > portsLate, Seen: string(c.Seen), Host: c.Host,
			Unexpected: portsText(c.Unexpected), Missing: portsText(c.Missing)})
	}
}

// waysView fills what may be cut off: all but the own account.
func (s *Server) waysView(ctx context.Context, tx pg.Tx, v *page.Access) error {
	if !v.May {
		return nil
	}
	all, err := Accesses(ctx, tx, s.cfg.Now())
	if err != nil {
		return err
	}
	for _, kind := range []struct{ kind, words string }{{"account", "accounts"}, {"api_key", "keys"}, {"gateway", "gateways"}} {
		ways := page.AccessWays{Kind: kind.words}
		for _, a := range all {
			if a.Kind == kind.kind && (a.Kind != "account" || a.ID != callerOf(ctx).account.ID) {
				ways.All = append(ways.All, page.Option{Value: a.Kind + "-" + strconv.FormatInt(a.ID, 10), Label: a.Name})
			}
		}
		if len(ways.All) > 0 {
			v.Ways = append(v.Ways, ways)
		}
	}
	return nil
}

func portsText(ports []uint16) string {
	return strings.Join(each(ports, func(p uint16) string { return strconv.Itoa(int(p)) }), ", ")
}

// postCutOff cuts off one way in (OB-C11).
func (s *Server) postCutOff(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "whom", "reason")
	if n := utf8.RuneCountInString(form.Values["reason"]); n == 0 || n > 200 {
		form.Problems["reason"] = page.Say("invalid-access.reason")
	}
	var a Access
	found := false
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		all, err := Accesses(r.Context(), tx, s.cfg.Now())
		for _, a = range all {
			if found = fmt.Sprintf("%s-%d", a.Kind, a.ID) == form.Values["whom"]; found {
				break
			}
		}
		if err != nil || !found || form.Problem() {
			return err
		}
		return CutOff(r.Context(), tx, callerOf(r.Context()).actor(), a, form.Values["reason"], s.cfg.Now())
	})
	if err != nil {
		return s.refuse(w, r, page.PathAccess, err)
	}
	if !found {
		form.Problems["whom"] = page.Say("invalid-access.whom")
	}
	if form.Problem() {
		return s.showAccess(w, r, http.StatusUnprocessableEntity, form)
	}
	return s.done(w, r, page.PathAccess, notice{Key: "notice.cut-off", Values: []string{a.Name}})
}
