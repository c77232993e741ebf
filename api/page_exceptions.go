package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// queuePage is how many exceptions one page shows.
const queuePage = 50

func (s *Server) exceptionsPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.exceptions(r, r.URL.Query().Get)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

// exceptionsAgain shows the page with what was wrong with one of its forms.
func (s *Server) exceptionsAgain(w http.ResponseWriter, r *http.Request, form page.Form) error {
	v, err := s.exceptions(r, backValues(r, ""))
	if err != nil {
		return err
	}
	for i, item := range v.Items {
		if answered(item.Card, r) && item.Card.Day == r.FormValue("day") && strconv.FormatInt(item.Employee, 10) == orZero(r.FormValue("employee")) {
			v.Items[i].Card.Form = form
		}
		v.Items[i].Chosen = slices.Contains(r.Form["pick"], item.Pick) && item.Pick != ""
	}
	if len(r.Form["pick"]) > 0 {
		v.Form = form
	}
	return s.render(w, http.StatusUnprocessableEntity, v)
}

func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

// exceptions fills the page from the values of an address.
func (s *Server) exceptions(r *http.Request, value func(string) string) (*page.Exceptions, error) {
	ctx, f := r.Context(), s.frame(r)
	filter, at, err := queueFilter(value)
	if err != nil {
		return nil, err
	}
	v := &page.Exceptions{Frame: f, Kind: string(filter.Kind), Week: value("week"), MayDecide: s.may(ctx, "CreateDecision")}
	var q hours.Queue
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		sites, err := fleet.Sites(ctx, tx)
		if err != nil {
			return err
		}
		v.Sites = siteOptions(sites, filter.Site)
		if q, err = hours.QueueOf(ctx, tx, filter); err != nil {
			return err
		}
		if v.MayDecide && slices.ContainsFunc(q.Items, func(i hours.QueueItem) bool { return i.Fob != nil }) {
			v.Employees, err = numberOptions(ctx, tx, f.Now)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	v.Kinds, v.Weeks = kindOptions(q.Kinds, filter.Kind), weekOptions(f.Now, v.Week)
	v.Total, v.From, v.To = q.Total, min(filter.Offset+1, q.Total), filter.Offset+len(q.Items)
	if v.Before = at - 1; v.To < q.Total {
		v.After = at + 1
	}
	v.Items = queueItems(q.Items, f)
	v.Picks = slices.ContainsFunc(v.Items, func(i page.QueueItem) bool { return i.Pick != "" })
	return v, nil
}

// queueFilter reads kind, site, week and page of an address.
func queueFilter(value func(string) string) (f hours.QueueFilter, at int, err error) {
	f = hours.QueueFilter{Kind: hours.ExceptionKind(value("kind")), Limit: queuePage}
	if f.Site, err = optionalID(value("site")); err != nil {
		return f, 0, err
	}
	if week := value("week"); week != "" {
		if f.Week, err = parseWeek(week); err != nil {
			return f, 0, err
		}
	}
	at = 1
	if text := value("page"); text != "" {
		if at, err = strconv.Atoi(text); err != nil || at < 1 || at > 100_000 {
			return f, 0, wrongField("page", "it is a number from 1 on")
		}
	}
	f.Offset = (at - 1) * queuePage
	return f, at, nil
}

// numberOptions are the employees that taps can be given to.
func numberOptions(ctx context.Context, tx pg.Tx, now time.Time) ([]page.Option, error) {
	options, err := employeeOptions(ctx, tx, now)
	for i, o := range options {
		name, number, _ := strings.Cut(o.Label, " · ")
		options[i] = page.Option{Value: number, Label: name}
	}
	return options, err
}

// kindOptions are the kinds that there are, those that most wait of first.
func kindOptions(kinds map[hours.ExceptionKind]int, chosen hours.ExceptionKind) []page.Option {
	all := 0
	options := []page.Option{{}}
	for kind, n := range kinds {
		all += n
		options = append(options, page.Option{Value: string(kind), Label: strconv.Itoa(n), Chosen: kind == chosen})
	}
	slices.SortFunc(options[1:], func(a, b page.Option) int {
		if n := kinds[hours.ExceptionKind(b.Value)] - kinds[hours.ExceptionKind(a.Value)]; n != 0 {
			return n
		}
		return strings.Compare(a.Value, b.Value)
	})
	options[0] = page.Option{Label: strconv.Itoa(all), Chosen: chosen == ""}
	return options
}

// weekOptions are the last weeks; what is older is found without a week.
func weekOptions(now time.Time, chosen string) []page.Option {
	options := []page.Option{{Chosen: chosen == ""}}
	week := hoursNow(now)
	for range 8 {
		options = append(options, page.Option{Value: week.String(), Label: strconv.Itoa(page.Week{Monday: week.Monday().In(now.Location())}.Number()), Chosen: week.String() == chosen})
		week = week.Add(-1)
	}
	return options
}

func queueItems(items []hours.QueueItem, f page.Frame) []page.QueueItem {
	var out []page.QueueItem
	heading := ""
	for n, i := range items {
		item := queueItem(i, f)
		item.Key = strconv.Itoa(n)
		group, day := "exceptions.of-day", i.Day
		switch {
		case i.Asked != nil:
			group, day = "exceptions.asked", calendar.Date{}
		case i.Fob != nil:
			group, day = "exceptions.nobodys", calendar.Date{}
		case i.Who.ID == 0:
			group, day = "exceptions.lacking", calendar.Date{}
		}
		if at := group + day.String(); at != heading {
			heading, item.Heading, item.HeadDay = at, group, i.Day.In(f.Now.Location())
		}
		out = append(out, item)
	}
	return out
}

func queueItem(i hours.QueueItem, f page.Frame) page.QueueItem {
	zone := zoneOf(i.Zone)
	midnight := i.Day.In(zone)
	item := page.QueueItem{
		Employee: i.Who.ID, Number: i.Who.Number, Site: i.SiteName, Day: page.Day{Date: midnight, Minutes: i.Minutes, Exception: string(i.Kind), Strip: page.DayStrip(midnight)},
		Card: cardOf(i.Exception, hours.Day{Date: i.Day, Employee: i.Who.ID}, zone, f.Language),
	}
	if i.Who.ID != 0 {
		item.Name = nameOf(i.Who.Surname, i.Who.FirstName)
	}
	d := hours.WeekDay{Date: i.Day, Strip: i.Strip, Exceptions: []hours.Exception{i.Exception}}
	item.Day.Strip.Spans = dayCell(d, i.Rules, f.Now.In(zone)).Strip.Spans
	switch {
	case i.Fob != nil:
		fobCard(&item, i, zone, f.Language)
	case i.Asked != nil:
		item.Card.What = requestMessage(*i.Asked, zone)
		item.Request = &page.RequestCard{ID: i.Asked.ID, Made: i.Asked.Made.In(zone)}
	}
	if item.Card.Accept != nil {
		item.Pick = pickOf(item)
	}
	return item
}

// fobCard asks whose a fob's taps are (OB-H1).
func fobCard(item *page.QueueItem, i hours.QueueItem, zone *time.Location, language string) {
	c := cardMaking{e: i.Exception, day: i.Day, zone: zone, language: language}
	f := i.Fob
	item.Name = f.Label
	from, to := page.Clock(time.UnixMilli(f.First).In(zone)), page.Clock(time.UnixMilli(f.Last).In(zone))
	item.Card.What = page.Say("what.fob", f.Count, f.ReaderName, from, to)
	if f.Holder.ID != 0 {
		held := page.Say("what.held", nameOf(f.Holder.Surname, f.Holder.FirstName), f.Holder.Number)
		item.Card.Hole = &held
	}
	fob := fobTapsID(f)
	item.Card.Assign = c.hidden("kind", string(hours.AssignTap), "fob", fob)
	item.Card.Ignore = c.hidden("kind", string(hours.IgnoreTap), "fob", fob, "reason", words(language, "niet meegeteld", "not counted"))
	if f.Fob == 0 {
		item.Card.Link, item.Card.LinkText = page.PathFobs, "exceptions.to-fobs"
	}
	if p := i.Proposal; p != nil {
		item.Card.Accept = c.hidden(append(decisionPairs(p.Decision, reasonOf(p.Basis, language)), "fob", fob, "employee", positive(p.Decision.Employee))...)
		if p.Decision.Kind == hours.AssignTap {
			m := page.Say("proposed.assign-to", nameOf(f.Holder.Surname, f.Holder.FirstName))
			item.Card.Proposed = &m
		} else {
			item.Card.Ignore = nil
		}
	}
}

// pickOf writes an item's proposal down as the value of its box.
func pickOf(item page.QueueItem) string {
	values := url.Values{"day": {item.Card.Day}}
	if item.Employee != 0 {
		values.Set("employee", strconv.FormatInt(item.Employee, 10))
	}
	for _, h := range item.Card.Accept {
		if h.Name != "near" && h.Name != "about" {
			values.Set(h.Name, h.Value)
		}
	}
	return values.Encode()
}

// mostPicked is how many exceptions one form may answer.
const mostPicked = 200

// postExceptions accepts the proposals of the picked exceptions, each by
// itself: what somebody else decided meanwhile keeps no other from being done.
// One reason, where it is given, stands for all; else each has its proposal's.
func (s *Server) postExceptions(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "reason")
	picked := r.Form["pick"]
	switch {
	case len(picked) == 0 || len(picked) > mostPicked:
		return s.done(w, r, page.PathExceptions, notice{Bad: true, Key: "notice.nothing"})
	case len(form.Values["reason"]) > 500:
		form.Problems["reason"] = page.Say("problem.reason")
		return s.exceptionsAgain(w, r, form)
	}
	var made []int64
	var failed error
	for _, text := range picked {
		ids, err := s.acceptPicked(r.Context(), text, form.Values["reason"])
		if err != nil && failed == nil {
			failed = err
		}
		made = append(made, ids...)
	}
	s.recompute(r.Context())
	if failed != nil {
		if p := problemOf(failed); p.status >= http.StatusInternalServerError {
			return failed
		}
		return s.done(w, r, page.PathExceptions, notice{Bad: true, Key: "notice.some-failed", Values: []string{strconv.Itoa(len(made))}, Why: told(failed)})
	}
	n := s.decidedNotice(r, made...)
	n.Key, n.Values = "notice.decided-many", []string{strconv.Itoa(len(picked))}
	return s.done(w, r, page.PathExceptions, n)
}

func (s *Server) acceptPicked(ctx context.Context, text, reason string) ([]int64, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, badRequest("the form is incomplete; open the page again")
	}
	if reason == "" {
		reason = values.Get("reason")
	}
	form := page.Form{Values: map[string]string{"reason": reason, "mode": values.Get("mode")}, Problems: map[string]page.Message{}}
	a, err := s.answerOf(ctx, values.Get, form)
	if err != nil {
		return nil, err
	}
	if form.Problem() {
		return nil, badRequest("the form is incomplete; open the page again")
	}
	return s.record(ctx, a)
}

// postRequest answers what an employee asked: granted when it was dealt with
// otherwise, or refused.
func (s *Server) postRequest(w http.ResponseWriter, r *http.Request) error {
	request, err := id(r.FormValue("request"))
	if err != nil {
		return err
	}
	form := formOf(r, "reason")
	if n := len(form.Values["reason"]); n < 1 || n > 500 {
		form.Problems["reason"] = page.Say("problem.reason")
		return s.decideAgain(w, r, form)
	}
	if err := s.answerRequest(r.Context(), request, hours.RequestState(r.FormValue("state")), form.Values["reason"]); err != nil {
		return s.refuse(w, r, page.PathExceptions, err)
	}
	return s.done(w, r, page.PathExceptions, notice{Key: "notice.answered"})
}
