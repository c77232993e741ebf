package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/register"
)

// lastTaps is how many of them the page shows.
const lastTaps = 12

// today is what the page is made of.
type today struct {
	in        []hours.Presence
	taps      []hours.LatestTap
	recent    []hours.Summary         // of the week before and this one
	sheets    []hours.Timesheet       // of this week, of who is in or was today
	days      map[int64]hours.WeekDay // today's, of each of them
	gateways  []fleet.Gateway
	reminders []page.ReminderLine
	rules     rule.Rules
	notices   []hours.LawNotice
}

func (s *Server) todayPage(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r)
	on, err := s.wallOn(r.Context())
	if err != nil {
		return err
	}
	steps, err := s.firstSteps(r.Context())
	if err != nil {
		return err
	}
	if !on {
		return s.render(w, http.StatusOK, &page.Today{Frame: f, FirstSteps: steps, Off: true, MayConsent: s.may(r.Context(), pageRegister)})
	}
	t, err := s.readToday(r.Context(), f.Now)
	if err != nil {
		return err
	}
	v := &page.Today{Frame: f, FirstSteps: steps, In: len(t.in), Done: t.done(f.Now), Exceptions: t.exceptions(), Silent: t.silent(), Reminders: t.reminders,
		Day: page.DayStrip(calendar.DateOf(f.Now).In(f.Now.Location()))}
	for _, p := range t.in {
		if p.OnBreak {
			v.OnBreak++
		}
	}
	v.In -= v.OnBreak
	v.Prevent = notices(t.notices, f.Now.Location())
	v.Sites = t.sites(f.Now)
	v.LastTaps = each(t.taps, func(l hours.LatestTap) page.LastTap { return lastTap(l, f.Now) })
	return s.render(w, http.StatusOK, v)
}

// errWallOff refuses who is in until the works council's consent is recorded.
var errWallOff = errors.New("who is in is switched off: first write down the works council's consent under Privacy, Registers (Works Councils Act article 27)")

// wallOn says whether it may be shown live who is in.
func (s *Server) wallOn(ctx context.Context) (on bool, err error) {
	return on, s.inTenant(ctx, func(tx pg.Tx) error {
		on, err = register.WallOn(ctx, tx)
		return err
	})
}

func (s *Server) readToday(ctx context.Context, now time.Time) (t today, err error) {
	return t, s.inTenant(ctx, func(tx pg.Tx) error {
		if t.in, err = hours.Today(ctx, tx, now); err != nil {
			return err
		}
		if t.taps, err = hours.Latest(ctx, tx, lastTaps); err != nil {
			return err
		}
		if err = t.readSheets(ctx, tx, now); err != nil {
			return err
		}
		if t.reminders, err = reminders(ctx, tx, now); err != nil {
			return err
		}
		if t.gateways, err = fleet.Gateways(ctx, tx); err != nil {
			return err
		}
		if t.notices, err = hours.LawNotices(ctx, tx, now); err != nil {
			return err
		}
		t.rules, err = rulesOn(ctx, tx, calendar.DateOf(now))
		return err
	})
}

// hoursNow is the week that runs.
func hoursNow(now time.Time) calendar.Week { return calendar.DateOf(now).Week() }

// readSheets reads two weeks of everybody in short, and this one in full of
// those whose day is drawn.
func (t *today) readSheets(ctx context.Context, tx pg.Tx, now time.Time) error {
	week, day := hoursNow(now), calendar.DateOf(now)
	before, err := hours.Summaries(ctx, tx, week.Add(-1))
	if err != nil {
		return err
	}
	current, err := hours.Summaries(ctx, tx, week)
	if err != nil {
		return err
	}
	t.recent = append(before, current...)
	drawn := each(t.in, func(p hours.Presence) int64 { return p.Who.ID })
	for _, s := range current {
		if d := s.Days[day.Sub(week.Monday())]; d.Minutes != 0 || len(d.Exceptions) > 0 {
			drawn = append(drawn, s.Who.ID)
		}
	}
	if t.sheets, err = hours.TimesheetsOf(ctx, tx, drawn, week); err != nil {
		return err
	}
	t.days = map[int64]hours.WeekDay{}
	for _, s := range t.sheets {
		t.days[s.Who.ID] = s.Days[day.Sub(week.Monday())]
	}
	return nil
}

// rulesOn are the tenant's rules in force on a day; what holds for a part of
// it stands in the book.
func rulesOn(ctx context.Context, tx pg.Tx, day calendar.Date) (rule.Rules, error) {
	book, err := rulesBook(ctx, tx)
	if err != nil {
		return rule.Rules{}, err
	}
	return book.At(day).Set.Rules, nil
}

func rulesBook(ctx context.Context, tx pg.Tx) (*rule.Book, error) {
	sets, err := hours.RuleSets(ctx, tx)
	if err != nil {
		return nil, err
	}
	return rule.NewBook(sets)
}

func (t today) sites(now time.Time) []page.PresentSite {
	var sites []page.PresentSite
	for _, p := range t.in {
		i := slices.IndexFunc(sites, func(s page.PresentSite) bool { return s.Name == p.SiteName })
		if i < 0 {
			i, sites = len(sites), append(sites, page.PresentSite{Name: p.SiteName})
		}
		minutes := int(now.Sub(p.Since) / time.Minute)
		sites[i].People = append(sites[i].People, page.Present{
			Employee: p.Who.ID, Name: nameOf(p.Who.Surname, p.Who.FirstName), Since: p.Since.In(now.Location()), Minutes: minutes,
			Break: p.OnBreak, Long: minutes > t.rules.QuestionedShift, Day: t.soFar(p, now),
		})
	}
	slices.SortFunc(sites, func(a, b page.PresentSite) int { return compare(a.Name, b.Name) })
	return sites
}

// soFar draws the day of somebody who is in. A shift that began on an earlier
// day has no picture of its own on this one.
func (t today) soFar(p hours.Presence, now time.Time) page.Day {
	day := calendar.DateOf(now)
	cell := page.Day{Date: day.In(now.Location()), Strip: page.DayStrip(day.In(now.Location()))}
	if d, ok := t.days[p.Who.ID]; ok {
		cell = dayCell(d, t.rules, now)
	}
	if !slices.ContainsFunc(cell.Strip.Spans, func(s page.Span) bool { return s.Running }) {
		cell.Strip.Spans = append(cell.Strip.Spans, page.Span{From: p.Since.In(now.Location()), To: now, Running: true})
	}
	return cell
}

// done lists who worked today and is not in any more.
func (t today) done(now time.Time) []page.Left {
	var left []page.Left
	in := map[int64]bool{}
	for _, p := range t.in {
		in[p.Who.ID] = true
	}
	for _, sheet := range t.sheets {
		if d := t.days[sheet.Who.ID]; d.Worked && !in[sheet.Who.ID] {
			left = append(left, page.Left{Employee: sheet.Who.ID, Name: nameOf(sheet.Who.Surname, sheet.Who.FirstName), Day: dayCell(d, t.rules, now)})
		}
	}
	return left
}

func (t today) exceptions() []page.TodayException {
	var all []page.TodayException
	for _, sheet := range t.recent {
		if sheet.State == hours.StateApproved {
			continue
		}
		for i, d := range sheet.Days {
			for _, e := range d.Exceptions {
				all = append(all, page.TodayException{Employee: sheet.Who.ID, Name: nameOf(sheet.Who.Surname, sheet.Who.FirstName), Day: sheet.Week.Monday().AddDays(i).In(time.UTC), Kind: string(e.Kind)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b page.TodayException) int { return b.Day.Compare(a.Day) })
	return all
}

// silent names what keeps the page from being complete.
func (t today) silent() []page.Message {
	var all []page.Message
	for _, g := range t.gateways {
		if !g.Online && g.Revoked == nil && g.LastHeard != nil {
			all = append(all, page.Say("silent.gateway", g.Name))
		}
	}
	return all
}

func lastTap(l hours.LatestTap, now time.Time) page.LastTap {
	v := page.LastTap{
		At: l.At.In(now.Location()), Employee: l.Who.ID, Reader: l.ReaderName, Site: l.SiteName,
		Meaning: meaning(l), New: now.Sub(l.Arrived) < 10*time.Second,
	}
	if l.Who.ID != 0 {
		v.Name = nameOf(l.Who.Surname, l.Who.FirstName)
	}
	return v
}

func meaning(l hours.LatestTap) string {
	switch {
	case l.Who.ID == 0:
		return "unknown"
	case l.Role == hours.RoleBreakStart, l.Role == hours.RoleBreakEnd:
		return "break"
	}
	return string(l.Role)
}
