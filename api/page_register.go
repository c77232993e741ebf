package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/tenant"
)

// registerRoutes are the pages of what was agreed, announced and told about
// people's data, with their grants.
func (s *Server) registerRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathRegisters, pageRegisters, s.registersPage)
	post(page.PathRegisters, pageRegister, s.postRegister)
	post(page.PathRegisterStep, pageRegister, s.postRegisterStep)
	post(page.PathSupport, pageRegister, s.postSupport)
	post(page.PathSupportEnd, pageRegister, s.postSupportEnd)
}

// bookSupport is shown among the registers; its rows have an end of their own.
const bookSupport = "support"

// supportLines is how many times that support was allowed are shown.
const supportLines = 50

// rulesOf puts a contract's terms as the registers know them.
func rulesOf(terms tenant.Profile, works func(time.Time) bool) register.Rules {
	sub := terms.SubProcessors
	return register.Rules{
		Consent: sub.Consent, Notice: daysOf(sub.Notice), Objection: daysOf(sub.Objection), Urgent: sub.UrgentDays, Update: max(1, sub.Updated.Months),
		AuditNotice: daysOf(terms.Audit.Announced), AuditsAYear: terms.Audit.AYear, AuditorListed: terms.Audit.Registered, WorkingDay: works,
	}
}

// daysOf counts a month as its longest: nobody is told too late by it.
func daysOf(s tenant.Span) int { return s.Months*31 + s.Days }

// RegisterRules reads what the tenant's contract says about registers, with the working days of the Dutch
// calendar.
func RegisterRules(ctx context.Context, tx pg.Tx) (register.Rules, error) {
	contract, err := tenant.Contract(ctx, tx)
	return rulesOf(contract.Terms, workingDay), err
}

func workingDay(day time.Time) bool {
	date := calendar.DateOf(day)
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !slices.ContainsFunc(
		[]string{"new_year", "easter_monday", "kings_day", "ascension", "whit_monday", "christmas", "boxing_day"},
		func(name string) bool { return calendar.Observed(name, date.Year) == date })
}

func (s *Server) registersPage(w http.ResponseWriter, r *http.Request) error {
	return s.showRegisters(w, r, http.StatusOK, &page.Registers{Book: r.FormValue("book")})
}

// showRegisters shows a book; v brings which, and a form that was refused.
func (s *Server) showRegisters(w http.ResponseWriter, r *http.Request, status int, v *page.Registers) error {
	if v.Book == "" {
		v.Book = string(register.Books()[0])
	}
	v.Frame, v.May = s.frame(r), s.may(r.Context(), pageRegister)
	err := s.inTenant(r.Context(), func(tx pg.Tx) error { return fillRegisters(r.Context(), tx, v) })
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func fillRegisters(ctx context.Context, tx pg.Tx, v *page.Registers) error {
	names, err := accountNames(ctx, tx)
	if err != nil {
		return err
	}
	rules, books, err := registerBooks(ctx, tx)
	if err != nil {
		return err
	}
	today := calendar.DateOf(v.Now).In(time.UTC)
	for _, b := range register.Books() {
		line := page.RegisterBook{Name: string(b)}
		for _, e := range books[b] {
			status := rules.Status(e, today)
			line.Late += boolInt(status.Late)
			if v.Book == line.Name {
				v.Entries = append(v.Entries, registerEntry(e, status, names, v))
			}
		}
		v.Books = append(v.Books, line)
	}
	v.Books = append(v.Books, page.RegisterBook{Name: bookSupport})
	if v.Book == bookSupport {
		return fillSupport(ctx, tx, v, names)
	}
	form, err := register.FormOf(register.Book(v.Book))
	if err != nil {
		return &problem{status: http.StatusNotFound, detail: err.Error()}
	}
	v.Fields, v.Rules = each(form.Fields, registerField), registerTerms(form.Book, rules)
	return nil
}

// registerBooks reads all registers, with the contract's rules about them.
func registerBooks(ctx context.Context, tx pg.Tx) (register.Rules, map[register.Book][]register.Entry, error) {
	rules, err := RegisterRules(ctx, tx)
	if err != nil {
		return rules, nil, err
	}
	books, err := register.All(ctx, tx)
	rules.Audits, rules.Restores = books[register.Audits], books[register.Restores]
	return rules, books, err
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func registerField(f register.Field) page.RegisterField {
	return page.RegisterField{Name: f.Name, Kind: string(f.Kind), Required: f.Required, Choices: f.Choices}
}

// registerTerms says what the contract lays down about a book.
func registerTerms(b register.Book, r register.Rules) []page.Message {
	switch {
	case b == register.Subprocessors && r.Consent:
		return []page.Message{page.Say("register.rule.consent"), page.Say("register.rule.update", r.Update)}
	case b == register.Subprocessors && r.Urgent == 0:
		return []page.Message{page.Say("register.rule.notice", r.Notice, r.Objection), page.Say("register.rule.update", r.Update)}
	case b == register.Subprocessors:
		return []page.Message{page.Say("register.rule.notice", r.Notice, r.Objection), page.Say("register.rule.urgent", r.Urgent), page.Say("register.rule.update", r.Update)}
	case b == register.Audits:
		return auditRules(r)
	}
	return nil
}

func auditRules(r register.Rules) (out []page.Message) {
	if r.AuditNotice > 0 {
		out = append(out, page.Say("register.rule.audit", r.AuditNotice))
	}
	if r.AuditorListed {
		out = append(out, page.Say("register.rule.auditor"))
	}
	if r.AuditsAYear > 0 {
		out = append(out, page.Say("register.rule.audits", r.AuditsAYear))
	}
	return out
}

func registerEntry(e register.Entry, s register.Status, names map[int64]string, v *page.Registers) page.RegisterEntry {
	zone := v.Now.Location()
	out := page.RegisterEntry{ID: e.ID, Title: e.Title(), State: s.Word, What: s.What, Due: s.Due, Late: s.Late, By: actorName(e.By, names), At: e.At.In(zone), Opened: v.StepOf == e.ID}
	form, _ := register.FormOf(e.Book) // of a book that was read
	for _, f := range form.Fields {
		if value := e.Values[f.Name]; value != "" {
			day, _ := time.Parse(time.DateOnly, value)
			out.Facts = append(out.Facts, page.RegisterFact{Name: f.Name, Value: value, Choice: f.Kind == register.Choice, Day: day})
		}
	}
	out.Steps = each(e.Steps, func(step register.Step) page.RegisterStep {
		return page.RegisterStep{What: step.What, Day: step.Day, Note: step.Note, By: actorName(step.By, names), At: step.At.In(zone)}
	})
	out.Next = each(s.Next, func(what string) page.Option {
		return page.Option{Value: what, Chosen: v.StepOf == e.ID && v.Form.Values["what"] == what}
	})
	return out
}

// actorName is the name of an account; "" where it was another actor.
func actorName(by audit.Actor, names map[int64]string) string {
	if by.Kind != audit.Account {
		return ""
	}
	return names[by.ID]
}

// fillSupport lists who of the supplier may look, and did.
func fillSupport(ctx context.Context, tx pg.Tx, v *page.Registers, names map[int64]string) error {
	v.Support = &page.Support{}
	accounts, err := people.Accounts(ctx, tx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.Has(people.Supplier) && a.Closed == nil {
			v.Support.Accounts = append(v.Support.Accounts, page.Option{Value: strconv.FormatInt(a.ID, 10), Label: a.Name})
		}
	}
	all, err := register.Supports(ctx, tx, supportLines)
	zone := v.Now.Location()
	v.Support.Rows = each(all, func(g register.Support) page.SupportLine {
		until := g.Until
		if g.Ended != nil {
			until = *g.Ended
		}
		return page.SupportLine{Account: g.Account, Who: names[g.Account], By: names[g.By], Reason: g.Reason, Region: g.Region, Operator: g.Operator, At: g.At.In(zone), Until: until.In(zone),
			Ended: g.Ended != nil, Now: g.Counts(v.Now), Looks: g.Looks}
	})
	return err
}

// postRegister writes an entry down.
func (s *Server) postRegister(w http.ResponseWriter, r *http.Request) error {
	book := register.Book(r.FormValue("book"))
	known, err := register.FormOf(book)
	if err != nil {
		return &problem{status: http.StatusNotFound, detail: err.Error()}
	}
	form := formOf(r, each(known.Fields, func(f register.Field) string { return f.Name })...)
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		_, err := register.Add(r.Context(), tx, register.Entry{Book: book, Values: form.Values, At: s.now(r), By: callerOf(r.Context()).actor()})
		return err
	})
	if besidesRefused(form, err, "register", "what") {
		return s.showRegisters(w, r, http.StatusUnprocessableEntity, &page.Registers{Book: string(book), Form: form})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, page.PathRegisters+"?book="+string(book), notice{Key: "notice.saved"})
}

// besidesRefused puts what a register refused beside its field, or beside
// otherwise where the form has no such field, in the words of a family.
func besidesRefused(form page.Form, err error, family, otherwise string) bool {
	var no *privacy.Refused
	if !errors.As(err, &no) {
		return false
	}
	field := no.Field
	if _, ours := form.Values[field]; !ours {
		field = otherwise
	}
	form.Problems[field] = page.Say(family + ".refused." + no.Why)
	return true
}

func (s *Server) postRegisterStep(w http.ResponseWriter, r *http.Request) error {
	form, book := formOf(r, "what", "day", "note"), r.FormValue("book")
	entry, err := id(r.FormValue("entry"))
	if err != nil {
		return err
	}
	day, _ := time.Parse(time.DateOnly, form.Values["day"]) // a wrong one is refused as such
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		rules, err := RegisterRules(r.Context(), tx)
		if err != nil {
			return err
		}
		return register.Take(r.Context(), tx, register.Book(book), entry, register.Step{What: form.Values["what"], Day: day, Note: form.Values["note"],
			At: s.now(r), By: callerOf(r.Context()).actor()}, rules)
	})
	if besidesRefused(form, err, "register", "what") {
		return s.showRegisters(w, r, http.StatusUnprocessableEntity, &page.Registers{Book: book, Form: form, StepOf: entry})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, page.PathRegisters+"?book="+book, notice{Key: "notice.saved"})
}

// postSupport lets a supplier's person look while this session lasts (OB-P15).
func (s *Server) postSupport(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "account", "minutes", "reason", "region", "operator")
	account, err := id(form.Values["account"])
	if err != nil {
		form.Problems["account"] = page.Say("register.refused.choice")
	}
	for _, field := range []string{"region", "operator"} {
		if !slices.Contains((&page.Support{}).Places(), form.Values[field]) {
			form.Problems[field] = page.Say("register.refused.choice")
		}
	}
	if form.Problem() {
		return s.showRegisters(w, r, http.StatusUnprocessableEntity, &page.Registers{Book: bookSupport, Form: form})
	}
	minutes, _ := strconv.Atoi(form.Values["minutes"])
	now, who := s.cfg.Now(), callerOf(r.Context())
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		a, err := people.AccountByID(r.Context(), tx, account)
		if err != nil {
			return err
		}
		if !a.Has(people.Supplier) || a.Closed != nil {
			return &problem{status: http.StatusNotFound, detail: "no such account of a supplier"}
		}
		g := register.Support{Account: account, By: who.account.ID, Session: sha256.Sum256([]byte(s.sessions.Token(r.Context()))),
			Region: form.Values["region"], Operator: form.Values["operator"],
			Reason: form.Values["reason"], At: now, Until: now.Add(time.Duration(min(max(minutes, 0), 10_000)) * time.Minute)}
		if err := helpAllowed(r.Context(), tx, g); err != nil {
			return err
		}
		return register.Allow(r.Context(), tx, g)
	})
	switch {
	case errors.Is(err, register.ErrTime):
		form.Problems["minutes"] = page.Say("register.refused.support")
	case errors.Is(err, errHelpPlace):
		form.Problems["region"] = page.Say("register.refused.support-place")
	}
	if form.Problem() {
		return s.showRegisters(w, r, http.StatusUnprocessableEntity, &page.Registers{Book: bookSupport, Form: form})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, page.PathRegisters+"?book="+bookSupport, notice{Key: "notice.support-allowed"})
}

func (s *Server) postSupportEnd(w http.ResponseWriter, r *http.Request) error {
	account, err := id(r.FormValue("account"))
	if err != nil {
		return err
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return register.EndSupport(r.Context(), tx, account, callerOf(r.Context()).actor(), s.cfg.Now())
	})
	if err != nil {
		return err
	}
	return s.done(w, r, page.PathRegisters+"?book="+bookSupport, notice{Key: "notice.support-ended"})
}

// errHelpPlace refuses help from where the contract does not allow data to be.
var errHelpPlace = errors.New("the contract does not allow remote help from there")

// helpAllowed holds the place of who looks along to the contract (OB-P9).
func helpAllowed(ctx context.Context, tx pg.Tx, g register.Support) error {
	agreed, err := tenant.Contract(ctx, tx)
	if err != nil {
		return err
	}
	place := tenant.Place{Name: "remote help", Region: tenant.Region(g.Region), Operator: tenant.Region(g.Operator)}
	if why := agreed.Terms.Refusal(place); why != "" {
		return fmt.Errorf("%w: %s", errHelpPlace, why)
	}
	return nil
}

// supplied lets a supplier's person look where somebody of the tenant allows it
// and is there, and writes the look down (OB-P15). Signing out and the like
// take nobody's leave.
func (s *Server) supplied(ctx context.Context, who caller, operation string) error {
	return s.byLeave(ctx, who, operation, func(tx pg.Tx, g register.Support) error { return register.NoteLook(ctx, tx, g, operation) })
}

// stillSupplied says whether that leave holds for what is under way.
func (s *Server) stillSupplied(ctx context.Context, who caller, operation string) error {
	return s.byLeave(ctx, who, operation, func(pg.Tx, register.Support) error { return nil })
}

// byLeave does something under the leave that a supplier's person needs for an
// operation.
func (s *Server) byLeave(ctx context.Context, who caller, operation string, do func(pg.Tx, register.Support) error) error {
	if who.account == nil || !who.account.Has(people.Supplier) || slices.Contains([]string{"GetSession", "SignOut", pageHome}, operation) {
		return nil
	}
	err := s.cfg.DB.InTenant(ctx, who.tenant.ID, func(tx pg.Tx) error {
		g, err := register.GrantOf(ctx, tx, who.account.ID, s.cfg.Now())
		if err == nil {
			err = helpAllowed(ctx, tx, g) // the contract may have changed since
		}
		if err != nil {
			return err
		}
		return do(tx, g)
	})
	if errors.Is(err, register.ErrNoSupport) || errors.Is(err, errHelpPlace) {
		said := page.Say("refused.no-support")
		return &problem{status: http.StatusForbidden, detail: err.Error(), said: &said}
	}
	return err
}
