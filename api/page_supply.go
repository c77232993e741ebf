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
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/delivery"
)

// supplyRoutes are the pages of the contract with the supplier, with their
// grants.
func (s *Server) supplyRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathSupply, pageSupply, s.supplyPage)
	post(page.PathSupply, pageSupplySet, s.postSupply)
	post(page.PathSupplyEvent, pageSupplySet, s.postSupplyEvent)
	post(page.PathSupplyBack, pageSupplySet, s.postSupplyBack)
}

// What only pages do with the contract.
const (
	pageSupply    = "page.contract"
	pageSupplySet = "page.contract.set"
)

func (s *Server) supplyPage(w http.ResponseWriter, r *http.Request) error {
	return s.showSupply(w, r, http.StatusOK, func(*page.Supply) {})
}

// showSupply draws the contract as it stands, but for what besides changes: a
// form as it was refused.
func (s *Server) showSupply(w http.ResponseWriter, r *http.Request, status int, besides func(*page.Supply)) error {
	v := &page.Supply{Frame: s.frame(r), May: s.may(r.Context(), pageSupplySet)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error { return s.supplyView(r.Context(), tx, v) })
	if err != nil {
		return err
	}
	besides(v)
	return s.render(w, status, v)
}

func (s *Server) supplyView(ctx context.Context, tx pg.Tx, v *page.Supply) error {
	a, err := tenant.Contract(ctx, tx)
	if err != nil {
		return err
	}
	events, err := tenant.Events(ctx, tx)
	if err != nil {
		return err
	}
	versions, err := tenant.Versions(ctx, tx)
	if err != nil {
		return err
	}
	readsUsers(ctx)
	accounts, err := people.Accounts(ctx, tx)
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, one := range accounts {
		names[one.ID] = one.Name
		if one.Closed == nil && one.Has(people.Administrator) {
			v.Administrators = append(v.Administrators, page.Option{Value: positive(one.ID), Label: one.Name})
		}
	}
	v.Recorded, v.Terms, v.Form = a.Version > 0, supplyTerms(a), supplyForm(a, v.Now)
	v.Missing, v.Facts = supplyMissing(a, v.Administrators), supplyFacts(a, names)
	v.Days = each(a.Calendar(events, v.Now), supplyDay)
	v.Events = supplyEvents(events, names, v.May)
	v.Versions = each(versions, func(one tenant.Version) page.SupplyVersion {
		return page.SupplyVersion{Version: one.Number, Profile: string(one.Profile), Reference: one.Reference, At: one.At.In(v.Now.Location()), By: names[one.By.ID]}
	})
	if v.Places, err = s.supplyPlaces(ctx, tx, a.Terms); err != nil {
		return err
	}
	v.Happened = page.Form{Values: map[string]string{"told": v.Now.Format(time.DateOnly)}}
	return nil
}

// supplyMissing says what has to be done about a contract (OB-H13).
func supplyMissing(a tenant.Agreement, administrators []page.Option) (out []page.Message) {
	switch {
	case a.Version == 0:
		return []page.Message{page.Say("supply.missing.contract")}
	case !slices.ContainsFunc(administrators, func(o page.Option) bool { return o.Value == positive(a.Contact.Administrator) }):
		out = append(out, page.Say("supply.missing.administrator"))
	}
	return out
}

func supplyFacts(a tenant.Agreement, names map[int64]string) []page.SupplyFact {
	if a.Version == 0 {
		return nil
	}
	out := []page.SupplyFact{
		{Label: "supply.profile", Text: page.Say("supply.profile." + string(a.Profile))}, {Label: "supply.reference", Text: page.Plain(a.Reference)},
		{Label: "supply.signed", Text: fullDate(a.Signed)}, {Label: "supply.starts", Text: fullDate(a.Starts)},
		{Label: "supply.administrator", Text: page.Plain(names[a.Contact.Administrator])},
		{Label: "supply.fallback", Text: page.Plain(a.Contact.Fallback)}, {Label: "supply.telephone", Text: page.Plain(a.Contact.Telephone)},
	}
	if a.Ends != nil {
		out = slices.Insert(out, 4, page.SupplyFact{Label: "supply.ends", Text: fullDate(*a.Ends)})
	}
	return out
}

// supplyPlaces gives where data is and goes.
func (s *Server) supplyPlaces(ctx context.Context, tx pg.Tx, terms tenant.Profile) (out []page.SupplyPlace, err error) {
	add := func(name page.Message, p tenant.Place) {
		out = append(out, page.SupplyPlace{Name: name, Region: string(p.Region), Operator: string(p.Operator), Outside: terms.Refusal(p) != ""})
	}
	for _, p := range s.cfg.Places {
		add(page.Say("supply.place."+p.Name), p)
	}
	channels, err := delivery.Channels(ctx, tx, 0)
	for _, c := range channels {
		if c.Off == nil {
			add(page.Say("supply.place.channel", string(c.Kind), c.Address()), tenant.Place{Region: c.Region, Operator: c.Operator})
		}
	}
	return out, err
}

// placeName is a place that the server declared, or a delivery channel's.
func placeName(p tenant.Place) page.Message {
	if kind, ok := strings.CutPrefix(p.Name, tenant.ChannelPlace); ok {
		return page.Say("supply.place.a-channel", kind)
	}
	return page.Say("supply.place." + p.Name)
}

func regionSaid(r tenant.Region) page.Message {
	if r == "" {
		return page.Say("supply.place.unknown")
	}
	return page.Say("supply.region." + string(r))
}

func fullDate(day time.Time) page.Message {
	return page.Say("supply.full-date", page.Date(day), day.Year())
}

func supplyDay(e tenant.Entry) page.SupplyDay {
	what := page.Say("supply.on." + string(e.Kind))
	if e.Service != "" {
		what = page.Say("supply.on.first_use", page.Say("supply.service."+string(e.Service)))
	}
	in := page.Say("supply.in.today")
	switch {
	case e.Days > 0:
		in = page.Say("supply.in.days", e.Days)
	case e.Days < 0:
		in = page.Say("supply.in.ago", -e.Days)
	}
	return page.SupplyDay{Day: e.Day, What: what, In: in, Warn: e.Warn}
}

// supplyEvents gives what people told each other, the last first.
func supplyEvents(all []tenant.Event, names map[int64]string, may bool) (out []page.SupplyEvent) {
	gone := map[int64]bool{}
	for _, e := range all {
		gone[e.TakesBack] = true
	}
	for _, e := range slices.Backward(all) {
		by, told := "", e.Kind == tenant.NoticeGiven || e.Kind == tenant.Indexed || e.Kind == tenant.TermsChange || e.Kind == tenant.ForceMajeure
		if e.By.Kind == "account" {
			by = names[e.By.ID]
		}
		out = append(out, page.SupplyEvent{ID: e.ID, Kind: string(e.Kind), Service: string(e.Service), Party: string(e.Of), Told: e.Told, On: e.Effective, Reference: e.Reference,
			By: by, Gone: gone[e.ID], May: may && told && !gone[e.ID]})
	}
	return out
}

// supplyForm holds a contract as the form of another version.
func supplyForm(a tenant.Agreement, now time.Time) page.Form {
	f := page.Form{Values: map[string]string{"signed": now.Format(time.DateOnly), "starts": now.Format(time.DateOnly)}}
	if a.Version == 0 {
		return f
	}
	f.Values = map[string]string{
		"profile": string(a.Profile), "reference": a.Reference, "signed": a.Signed.Format(time.DateOnly), "starts": a.Starts.Format(time.DateOnly),
		"administrator": positive(a.Contact.Administrator), "fallback": a.Contact.Fallback, "telephone": a.Contact.Telephone,
		"statistics": string(or(a.Own.Statistics)), "region": string(or(a.Own.Region)),
	}
	if a.Until != nil { // a notice can be taken back
		f.Values["ends"] = a.Until.Format(time.DateOnly)
	}
	if a.Own.Consent != nil {
		f.Values["consent"] = either(*a.Own.Consent, "yes", "no")
	}
	for name, into := range ownNumbers(&a.Own) {
		if *into != nil {
			f.Values[name] = strconv.Itoa(**into)
		}
	}
	return f
}

// ownNumbers names the numbers of what was agreed otherwise.
func ownNumbers(o *tenant.Own) map[string]**int {
	return map[string]**int{
		"breach_hours": &o.BreachHours, "keep_months": &o.KeepMonths, "data_months": &o.DataMonths, "access_months": &o.AccessMonths,
		"backup_days": &o.BackupDays, "notice_months": &o.NoticeMonths, "first_use_months": &o.FirstUseMonths,
	}
}

// supplyOf reads the form of a contract.
func supplyOf(form page.Form) (a tenant.Agreement) {
	day := func(field string, needed bool) (d time.Time) {
		d, err := time.Parse(time.DateOnly, form.Values[field])
		if err != nil && (needed || form.Values[field] != "") {
			form.Problems[field] = page.Say("problem.date")
		}
		return d
	}
	a.Profile, a.Reference = tenant.ProfileName(form.Values["profile"]), form.Values["reference"]
	a.Signed, a.Starts = day("signed", true), day("starts", true)
	if ends := day("ends", false); !ends.IsZero() {
		a.Ends = &ends
	}
	a.Contact = tenant.Contact{Fallback: form.Values["fallback"], Telephone: form.Values["telephone"]}
	a.Contact.Administrator, _ = optionalID(form.Values["administrator"]) // one that is none is refused as none
	for name, into := range ownNumbers(&a.Own) {
		if form.Values[name] == "" {
			continue
		}
		n, err := strconv.Atoi(form.Values[name])
		if err != nil {
			form.Problems[name] = page.Say("invalid-supply." + name)
		}
		*into = &n
	}
	if c := form.Values["consent"]; c != "" {
		yes := c == "yes"
		a.Own.Consent = &yes
	}
	if v := tenant.Statistics(form.Values["statistics"]); v != "" {
		a.Own.Statistics = &v
	}
	if v := tenant.Region(form.Values["region"]); v != "" {
		a.Own.Region = &v
	}
	return a
}

// postSupply records another version of the contract.
func (s *Server) postSupply(w http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), formOf(r, page.SupplyFields()...)
	a := supplyOf(form)
	if !form.Problem() {
		err := s.inTenant(ctx, func(tx pg.Tx) error {
			_, err := tenant.Agree(ctx, tx, callerOf(ctx).actor(), a, s.now(r), s.cfg.Places...)
			return err
		})
		if err == nil {
			return s.done(w, r, page.PathSupply, notice{Key: "supply.recorded"})
		}
		if !besidesSupply(form, err) {
			return err
		}
	}
	return s.showSupply(w, r, http.StatusUnprocessableEntity, func(v *page.Supply) { v.Form = form })
}

// besidesSupply puts what was refused beside its field; false where it is
// about none.
func besidesSupply(form page.Form, err error) bool {
	var wrong *tenant.Invalid
	if !errors.As(err, &wrong) {
		return false
	}
	switch {
	case wrong.Field == "place":
		form.Problems["region"] = page.Say("invalid-supply.place", placeName(wrong.Place), regionSaid(wrong.Place.Region), regionSaid(wrong.Place.Operator))
	case wrong.Field != "effective":
		form.Problems[wrong.Field] = page.Say("invalid-supply." + wrong.Field)
	case wrong.Earliest.IsZero():
		form.Problems["effective"] = page.Say("invalid-supply.day")
	default:
		form.Problems["effective"] = page.Say("invalid-supply.effective", fullDate(wrong.Earliest))
	}
	return true
}

// postSupplyEvent records what one party told the other.
func (s *Server) postSupplyEvent(w http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), formOf(r, "kind", "party", "told", "effective", "letter")
	e := tenant.Event{Kind: tenant.EventKind(form.Values["kind"]), Of: tenant.Party(form.Values["party"]), Reference: form.Values["letter"]}
	var err error
	if e.Told, err = time.Parse(time.DateOnly, form.Values["told"]); err != nil {
		form.Problems["told"] = page.Say("problem.date")
	}
	if form.Values["effective"] != "" {
		if e.Effective, err = time.Parse(time.DateOnly, form.Values["effective"]); err != nil {
			form.Problems["effective"] = page.Say("problem.date")
		}
	}
	if !form.Problem() {
		err = s.inTenant(ctx, func(tx pg.Tx) error {
			_, err := tenant.Happen(ctx, tx, callerOf(ctx).actor(), e, s.now(r))
			return err
		})
		if err == nil {
			return s.done(w, r, page.PathSupply, notice{Key: "supply.noted"})
		}
		if !besidesSupply(form, err) {
			return err
		}
		if p, ok := form.Problems["reference"]; ok {
			form.Problems["letter"] = p
		}
	}
	return s.showSupply(w, r, http.StatusUnprocessableEntity, func(v *page.Supply) { v.Happened = form })
}

// postSupplyBack takes back what was told, or ends force majeure.
func (s *Server) postSupplyBack(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	event, err := id(r.FormValue("event"))
	if err != nil {
		return err
	}
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		_, err := tenant.TakeBack(ctx, tx, callerOf(ctx).actor(), event, r.FormValue("letter"), s.now(r))
		return err
	})
	if err != nil {
		return s.refuse(w, r, page.PathSupply, err)
	}
	return s.done(w, r, page.PathSupply, notice{Key: "supply.noted"})
}
