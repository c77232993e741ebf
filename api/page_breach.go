package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/wording"
	"tikklok/ingest/tenant"
)

// breachRoutes are the pages of breaches, with their grants.
func (s *Server) breachRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathBreaches, pageBreaches, s.breachesPage)
	post(page.PathBreaches, pageBreach, s.postBreach)
	get(page.PathBreaches+"/:id", pageBreaches, s.breachPage)
	post(page.PathBreaches+"/:id", pageBreach, s.postBreachFacts)
	post(page.PathBreaches+"/:id"+page.BreachTaken, pageBreach, s.postBreachStep)
	get(page.PathBreaches+"/:id"+page.BreachNotice, pageBreaches, s.breachNotice)
}

// localMoment is how a browser sends a day and time of the tenant's zone.
const localMoment = "2006-01-02T15:04"

// breachFields are those of what is known.
func breachFields() []string {
	return []string{"nature", "known", "from", "until", "learned", "cause", "groups", "least", "most", "records", "consequences", "taken", "planned", "contact"}
}

func (s *Server) breachesPage(w http.ResponseWriter, r *http.Request) error {
	return s.showBreaches(w, r, http.StatusOK, page.Form{Values: map[string]string{"known": s.now(r).Format(localMoment)}})
}

func (s *Server) showBreaches(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Breaches{Frame: s.frame(r), Form: form, May: s.may(r.Context(), pageBreach)}
	v.Kinds = dataKinds(v.Language, r.Form["kind"])
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		contract, err := tenant.Contract(r.Context(), tx)
		if err != nil {
			return err
		}
		v.Hours = breachHours(contract)
		all, err := breach.List(r.Context(), tx)
		for _, b := range all {
			v.Open += boolInt(b.Open())
		}
		v.Rows = each(all, func(b breach.Breach) page.BreachLine { return breachLine(b, v.Now) })
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// breachHours is how soon the contract has the controller told.
func breachHours(a tenant.Agreement) int { return int(a.Terms.Breach.Within / time.Hour) }

func breachLine(b breach.Breach, now time.Time) page.BreachLine {
	f, zone := b.Now(), now.Location()
	return page.BreachLine{ID: b.ID, Nature: f.Nature, Known: b.Known.In(zone), Due: b.Due().In(zone), State: string(b.State()), Late: b.Late(now), Least: f.Least, Most: f.Most}
}

// dataKinds are the kinds of the catalogue in the reader's language.
func dataKinds[T ~string](language string, chosen []T) []page.Option {
	words, err := wording.In(language)
	return each(privacy.Kinds(), func(k privacy.Kind) page.Option {
		o := page.Option{Value: string(k), Label: string(k), Chosen: slices.Contains(chosen, T(k))}
		if err == nil {
			o.Label = words.Kind(k)
		}
		return o
	})
}

func (s *Server) postBreach(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, breachFields()...)
	facts, known := factsOf(form, r.Form["kind"], s.now(r).Location())
	if form.Problem() {
		return s.showBreaches(w, r, http.StatusUnprocessableEntity, form)
	}
	var number int64
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		contract, err := tenant.Contract(r.Context(), tx)
		if err != nil {
			return err
		}
		number, err = breach.Report(r.Context(), tx, known, breachHours(contract), facts, callerOf(r.Context()).actor(), s.cfg.Now())
		return err
	})
	if besidesRefused(form, err, "breach", "nature") {
		return s.showBreaches(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("%s/%d", page.PathBreaches, number), notice{Key: "notice.breach"})
}

// factsOf reads what was typed; what is no moment or number becomes a problem.
func factsOf(form page.Form, kinds []string, zone *time.Location) (f breach.Facts, known time.Time) {
	v := form.Values
	f = breach.Facts{Nature: v["nature"], Cause: v["cause"], Learned: v["learned"], Groups: v["groups"], Consequences: v["consequences"],
		Taken: v["taken"], Planned: v["planned"], Contact: v["contact"], Kinds: each(kinds, func(k string) privacy.Kind { return privacy.Kind(k) })}
	f.From, f.Until, known = momentOf(form, "from", zone), momentOf(form, "until", zone), momentOf(form, "known", zone)
	f.Least, f.Most, f.Records = numberOf(form, "least"), numberOf(form, "most"), numberOf(form, "records")
	return f, known
}

func momentOf(form page.Form, field string, zone *time.Location) time.Time {
	text := form.Values[field]
	if text == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation(localMoment, text, zone)
	if err != nil || at.Year() < 1990 || at.Year() > 2200 {
		form.Problems[field] = page.Say("breach.refused.moment")
	}
	return at
}

func numberOf(form page.Form, field string) int {
	n, err := strconv.Atoi(cmp.Or(form.Values[field], "0"))
	if err != nil {
		form.Problems[field] = page.Say("breach.refused.number")
	}
	return n
}

func (s *Server) breachPage(w http.ResponseWriter, r *http.Request) error {
	counts := formOf(r, "count_from", "count_until", "who", "table", "operation")
	return s.showBreach(w, r, http.StatusOK, &page.Breach{Counts: counts})
}

// showBreach shows one; v brings forms that were refused, and what to count.
func (s *Server) showBreach(w http.ResponseWriter, r *http.Request, status int, v *page.Breach) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	v.Frame, v.May = s.frame(r), s.may(r.Context(), pageBreach)
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		b, names, err := breachOf(r.Context(), tx, number)
		if err != nil {
			return err
		}
		if v.Contact, err = breachContact(r.Context(), tx, names); err != nil {
			return err
		}
		fillBreach(v, b, names)
		if v.Who, err = whoCounts(r.Context(), tx, v.Counts.Values["who"], v.Now); err != nil {
			return err
		}
		v.Tables = s.tablesCounted(v)
		return s.countFor(r, tx, v)
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// breachOf reads one, with the names of who wrote about it.
func breachOf(ctx context.Context, tx pg.Tx, number int64) (breach.Breach, map[int64]string, error) {
	b, err := breach.Get(ctx, tx, number)
	if err != nil {
		return b, nil, err
	}
	names, err := accountNames(ctx, tx)
	return b, names, err
}

// breachContact is whom the contract has told (OB-H13, N-C Annex 2).
func breachContact(ctx context.Context, tx pg.Tx, names map[int64]string) (string, error) {
	a, err := tenant.Contract(ctx, tx)
	parts := slices.DeleteFunc([]string{names[a.Contact.Administrator], a.Contact.Telephone, a.Contact.Fallback}, func(s string) bool { return s == "" })
	return strings.Join(parts, ", "), err
}

func fillBreach(v *page.Breach, b breach.Breach, names map[int64]string) {
	f, zone := b.Now(), v.Now.Location()
	last := b.Versions[len(b.Versions)-1]
	v.BreachLine, v.Hours, v.Missing, v.Open = breachLine(b, v.Now), b.Hours, f.Missing(), b.Open()
	v.Version, v.At, v.By = len(b.Versions), last.At.In(zone), actorName(last.By, names)
	if told := b.ToldAt(); !told.IsZero() {
		v.Told = told.In(zone)
	}
	recorded := breachForm(b, zone)
	v.Recorded, v.RecordedKinds = recorded.Values, dataKinds(v.Language, f.Kinds)
	if v.Form.Values == nil {
		v.Form, v.Kinds = recorded, v.RecordedKinds
	}
	v.Steps = each(b.Steps, func(s breach.Step) page.BreachStep {
		return page.BreachStep{What: string(s.What), DoneAt: s.DoneAt.In(zone), Whom: s.Whom, Note: s.Note, By: actorName(s.By, names)}
	})
	next := []breach.StepKind{breach.Telephone, breach.Email, breach.Other, breach.FollowUp, breach.Closed, breach.Dismissed}
	if !v.Open {
		next = []breach.StepKind{breach.FollowUp, breach.Other, breach.Reopened}
	}
	v.Next = each(next, func(k breach.StepKind) page.Option {
		return page.Option{Value: string(k), Chosen: v.Do.Values["what"] == string(k)}
	})
}

// breachForm is what is known now, as the form has it.
func breachForm(b breach.Breach, zone *time.Location) page.Form {
	f := b.Now()
	moment := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format(localMoment)
	}
	form := page.Form{Values: map[string]string{"nature": f.Nature, "known": moment(b.Known), "from": moment(f.From), "until": moment(f.Until), "learned": f.Learned,
		"cause": f.Cause, "groups": f.Groups, "least": strconv.Itoa(f.Least), "most": strconv.Itoa(f.Most), "consequences": f.Consequences,
		"taken": f.Taken, "planned": f.Planned, "contact": f.Contact}, Problems: map[string]page.Message{}}
	if f.Most == 0 {
		form.Values["least"], form.Values["most"] = "", ""
	}
	if f.Records > 0 {
		form.Values["records"] = strconv.Itoa(f.Records)
	}
	return form
}

func (s *Server) postBreachFacts(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, breachFields()...)
	facts, _ := factsOf(form, r.Form["kind"], s.now(r).Location())
	if !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			return breach.Amend(r.Context(), tx, number, facts, callerOf(r.Context()).actor(), s.cfg.Now())
		})
	}
	if besidesRefused(form, err, "breach", "nature") || form.Problem() {
		return s.showBreach(w, r, http.StatusUnprocessableEntity, &page.Breach{Form: form, Kinds: dataKinds(s.frame(r).Language, r.Form["kind"])})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("%s/%d", page.PathBreaches, number), notice{Key: "notice.saved"})
}

func (s *Server) postBreachStep(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "what", "at", "whom", "note")
	at := momentOf(form, "at", s.now(r).Location())
	if !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			return breach.Do(r.Context(), tx, number, breach.Step{What: breach.StepKind(form.Values["what"]), DoneAt: at, Whom: form.Values["whom"], Note: form.Values["note"],
				At: s.cfg.Now(), By: callerOf(r.Context()).actor()})
		})
	}
	if besidesRefused(form, err, "breach", "what") || form.Problem() {
		return s.showBreach(w, r, http.StatusUnprocessableEntity, &page.Breach{Do: form})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("%s/%d", page.PathBreaches, number), notice{Key: "notice.saved"})
}

// breachNotice gives the draft notice as a PDF, or as text for an e-mail.
func (s *Server) breachNotice(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	language := r.FormValue("language")
	words, err := wording.In(language)
	if err != nil {
		return wrongField("language", "is nl or en")
	}
	var b breach.Breach
	var to string
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		one, names, err := breachOf(r.Context(), tx, number)
		if err != nil {
			return err
		}
		b = one
		to, err = breachContact(r.Context(), tx, names)
		return err
	})
	if err != nil {
		return err
	}
	doc := b.Notice(language, breach.Parties{Controller: callerOf(r.Context()).tenant.Name, To: to, Kind: words.Kind}, s.now(r))
	if r.FormValue("as") == "text" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.Write([]byte(doc.Text()))
		return err
	}
	var file bytes.Buffer
	if err := doc.PDF(&file); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="breach-%d-%s.pdf"`, number, language))
	_, err = file.WriteTo(w)
	return err
}
