package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) approvalPage(w http.ResponseWriter, r *http.Request) error {
	return s.showApproval(w, r, http.StatusOK, page.Form{}, page.Form{})
}

// showApproval draws who approves, with the forms that were refused.
func (s *Server) showApproval(w http.ResponseWriter, r *http.Request, status int, policy, deputy page.Form) error {
	v := &page.Approval{Frame: s.frame(r), Form: policy, Deputy: deputy, MayChange: s.may(r.Context(), "SetApprovalPolicy")}
	if v.Form.Values == nil {
		v.Form.Values = map[string]string{"from": hoursNow(v.Now).Monday().String(), "agency": "yes"}
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error { return s.fillApproval(r.Context(), tx, v) })
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func (s *Server) fillApproval(ctx context.Context, tx pg.Tx, v *page.Approval) error {
	hirers, err := people.Hirers(ctx, tx)
	if err != nil {
		return err
	}
	policies, err := approval.AllPolicies(ctx, tx)
	if err != nil {
		return err
	}
	for i := range policies {
		v.Policies = append(v.Policies, policyLine(policies, policies[len(policies)-1-i], hirers, v))
	}
	if len(hirers) > 0 {
		v.Hirers = []page.Option{{Label: words(v.Language, "iedereen", "everybody")}}
		v.Hirers = append(v.Hirers, hirerOptions(hirers, nil)...)
	}
	today := calendar.DateOf(v.Now)
	deputies, err := approval.Deputies(ctx, tx, today)
	if err != nil {
		return err
	}
	v.Deputies = each(deputies, func(d approval.Deputy) page.DeputyLine {
		return page.DeputyLine{ID: d.ID, Name: d.Name, For: d.ForName, From: d.From.In(v.Now.Location()), Until: d.Until.In(v.Now.Location()), Now: !today.Before(d.From)}
	})
	approvers, err := approval.Approvers(ctx, tx, today)
	for _, p := range approvers {
		v.Accounts = append(v.Accounts, page.Option{Value: strconv.FormatInt(p.Account, 10), Label: p.Name})
		v.Approvers = append(v.Approvers, page.ApproverLine{Account: p.Account, Name: p.Name, Hirers: hirerOptions(hirers, p.Hirers), All: len(p.Hirers) == 0})
	}
	return err
}

func hirerOptions(hirers []people.Hirer, chosen []int64) []page.Option {
	return each(hirers, func(h people.Hirer) page.Option {
		return page.Option{Value: strconv.FormatInt(h.ID, 10), Label: h.Name, Chosen: slices.Contains(chosen, h.ID)}
	})
}

func policyLine(all approval.Policies, p approval.Policy, hirers []people.Hirer, v *page.Approval) page.PolicyLine {
	line := page.PolicyLine{Version: p.Version, From: p.From.In(v.Now.Location()), Optional: p.Optional, FourEyes: p.FourEyes, Automatic: -1,
		Levels: each(p.Levels, func(l approval.Level) string { return string(l) }), Deadline: page.Say("deadline.none"),
		Now: all.Of(hoursNow(v.Now), []int64{p.Hirer}).Version == p.Version}
	if i := slices.IndexFunc(hirers, func(h people.Hirer) bool { return h.ID == p.Hirer }); i >= 0 {
		line.Hirer = hirers[i].Name
	}
	if p.Automatic != nil {
		line.Automatic = p.Automatic.Tolerance
	}
	if d := p.Deadline; d != nil {
		line.Deadline = page.Say("deadline.value", d.Days, d.At, d.Remind)
	}
	return line
}

// postPolicy stores a policy.
func (s *Server) postPolicy(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "from", "hirer", "tolerance", "days", "at", "remind")
	p, err := policyOf(r, form)
	if err == nil && !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			_, err := approval.SetPolicy(r.Context(), tx, callerOf(r.Context()).actor(), p, s.cfg.Now())
			return err
		})
	}
	if detail, ok := cutInvalid(err); ok {
		form.Problems["policy"], err = page.Say("refused.because", detail), nil
	}
	switch {
	case err != nil:
		return err
	case form.Problem():
		return s.showApproval(w, r, http.StatusUnprocessableEntity, form, page.Form{})
	}
	return s.done(w, r, page.PathApproval, notice{Key: "notice.saved"})
}

func cutInvalid(err error) (string, bool) {
	if !errors.Is(err, approval.ErrInvalid) {
		return "", false
	}
	return strings.ReplaceAll(strings.TrimPrefix(err.Error(), approval.ErrInvalid.Error()+": "), "\n", "; "), true
}

// policyOf reads the form; what is no number or day is a problem of its field.
func policyOf(r *http.Request, form page.Form) (approval.Policy, error) {
	p := approval.Policy{Optional: r.FormValue("optional") == "yes", FourEyes: r.FormValue("four") == "yes"}
	for _, l := range r.Form["level"] {
		p.Levels = append(p.Levels, approval.Level(l))
		form.Values[map[string]string{"employee": "employee", "hirer": "hirer-level", "agency": "agency"}[l]] = "yes"
	}
	form.Values["optional"], form.Values["four"] = r.FormValue("optional"), r.FormValue("four")
	p.From = dateField(form, "from")
	if n, ok := numberField(form, "tolerance"); ok {
		p.Automatic = &approval.Automatic{Tolerance: n}
	}
	if days, ok := numberField(form, "days"); ok {
		p.Deadline = &approval.Deadline{Days: days, At: form.Values["at"]}
		p.Deadline.Remind, _ = numberField(form, "remind")
	}
	var err error
	p.Hirer, err = optionalID(form.Values["hirer"])
	return p, err
}

// numberField gives a whole number; false where nothing, or something else,
// was typed.
func numberField(form page.Form, name string) (int, bool) {
	text := form.Values[name]
	if text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		form.Problems[name] = page.Say("problem.whole")
	}
	return n, err == nil
}

func dateField(form page.Form, name string) calendar.Date {
	d, err := calendar.ParseDate(form.Values[name])
	if err != nil {
		form.Problems[name] = page.Say("problem.date")
	}
	return d
}

// postDeputy names a deputy.
func (s *Server) postDeputy(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "account", "for", "from", "until")
	d := approval.Deputy{From: dateField(form, "from"), Until: dateField(form, "until")}
	var err, err2 error
	d.Account, err = id(form.Values["account"])
	d.For, err2 = id(form.Values["for"])
	if err = errors.Join(err, err2); err != nil {
		return s.refuse(w, r, page.PathApproval, badRequest("choose both accounts"))
	}
	if !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			_, err := approval.Deputise(r.Context(), tx, callerOf(r.Context()).actor(), d, s.cfg.Now())
			return err
		})
	}
	if detail, ok := cutInvalid(err); ok {
		form.Problems["until"], err = page.Say("refused.because", detail), nil
	}
	switch {
	case err != nil:
		return err
	case form.Problem():
		return s.showApproval(w, r, http.StatusUnprocessableEntity, page.Form{}, form)
	}
	return s.done(w, r, page.PathApproval, notice{Key: "notice.saved"})
}

// postDeputyEnd takes a deputy back.
func (s *Server) postDeputyEnd(w http.ResponseWriter, r *http.Request) error {
	return s.changeOne(w, r, "deputy", page.PathApproval, "notice.saved", approval.EndDeputy)
}

// postApprover says for which hirers an account approves.
func (s *Server) postApprover(w http.ResponseWriter, r *http.Request) error {
	account, err := id(r.FormValue("account"))
	if err != nil {
		return err
	}
	var hirers []int64
	for _, text := range r.Form["hirer"] {
		n, err := id(text)
		if err != nil {
			return err
		}
		hirers = append(hirers, n)
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return approval.SetHirers(r.Context(), tx, callerOf(r.Context()).actor(), account, hirers)
	})
	if err != nil {
		return s.refuse(w, r, page.PathApproval, err)
	}
	return s.done(w, r, page.PathApproval, notice{Key: "notice.saved"})
}

// reminders are the weeks whose deadline nears or passed, and which still have
// timesheets that wait: the later reminder of each.
func reminders(ctx context.Context, tx pg.Tx, now time.Time) (lines []page.ReminderLine, err error) {
	all, err := approval.Reminders(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	for i, r := range all { // newest week first, and of a week the newest first
		if i > 0 && all[i-1].Week == r.Week || r.Waiting == 0 {
			continue
		}
		n, err := approval.Waiting(ctx, tx, r.Week)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			lines = append(lines, page.ReminderLine{Week: page.Week{Monday: r.Week.Monday().In(now.Location())}, Due: r.Due.In(now.Location()),
				Passed: r.Kind == approval.RemindPassed, Waiting: n})
		}
	}
	return lines, nil
}
