package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// spareDays is how many empty rows the holiday table has.
const spareDays = 3

// holidaysPage shows a year's days: the tenant's own, or what the calendar
// proposes. Good Friday and 5 May are no paid days by themselves.
func (s *Server) holidaysPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.draft(r)
	if err != nil {
		return err
	}
	year, err := yearOf(r, d.from.Year)
	if err != nil {
		return err
	}
	v := s.holidayView(r, d, year)
	rows, proposed := holidayRows(d.now.Rules, year)
	v.Rows, v.Proposed = rows, proposed
	return s.render(w, http.StatusOK, v)
}

func yearOf(r *http.Request, otherwise int) (int, error) {
	text := r.FormValue("year")
	if text == "" {
		return otherwise, nil
	}
	year, err := strconv.Atoi(text)
	if err != nil || year < 2015 || year > 2100 {
		return 0, &problem{status: http.StatusNotFound, detail: "holidays are of 2015 to 2100"}
	}
	return year, nil
}

func (s *Server) holidayView(r *http.Request, d ruleDraft, year int) *page.HolidayTable {
	v := &page.HolidayTable{Frame: s.frame(r), RuleDraft: d.RuleDraft, Year: year, Code: d.now.Rules.HolidayCode}
	v.Version = d.now.Version
	first := calendar.On(year, 1, 1)
	if today := calendar.DateOf(v.Now); r.FormValue("from") == "" && today.Before(first) {
		v.From = first.String()
	}
	return v
}

// holidayRows gives a year's days with empty rows below; proposed says that
// none is the tenant's own yet.
func holidayRows(rules rule.Rules, year int) (rows []page.HolidayRow, proposed bool) {
	for _, h := range rules.HolidayTable {
		if h.Day.Year == year {
			rows = append(rows, page.HolidayRow{Day: h.Day.String(), Name: h.Name, Keep: true, Paid: h.Paid})
		}
	}
	if proposed = len(rows) == 0; proposed {
		for _, name := range calendar.HolidayNames() {
			unpaid := name == "good_friday" || name == "liberation_day"
			rows = append(rows, page.HolidayRow{Day: calendar.Observed(name, year).String(), Word: name,
				Keep: slices.Contains(rules.Holidays, name), Paid: !unpaid && slices.Contains(rules.Holidays, name)})
		}
	}
	slices.SortStableFunc(rows, func(a, b page.HolidayRow) int { return strings.Compare(a.Day, b.Day) })
	return append(rows, make([]page.HolidayRow, spareDays)...), proposed
}

// postHolidays puts the days of a year into the tenant's rules, and shows what
// that changes.
func (s *Server) postHolidays(w http.ResponseWriter, r *http.Request) error {
	d, err := s.draft(r)
	if err != nil {
		return err
	}
	year, err := yearOf(r, d.from.Year)
	if err != nil {
		return err
	}
	rows, table, problems := typedHolidays(r, year)
	rules := d.now.Rules
	rules.HolidayCode = strings.TrimSpace(r.FormValue("code"))
	rules.HolidayTable = slices.DeleteFunc(slices.Clone(rules.HolidayTable), func(h rule.Holiday) bool { return h.Day.Year == year })
	rules.HolidayTable = append(rules.HolidayTable, table...)
	slices.SortStableFunc(rules.HolidayTable, func(a, b rule.Holiday) int { return a.Day.Sub(b.Day) })
	if m := d.overtaken(); m != nil {
		problems = append(problems, *m)
	}
	if err := rules.Check(); err != nil && len(problems) == 0 {
		_, problems = ruleProblems(err)
	}
	document, err := documentOf(rules)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		v := s.holidayView(r, d, year)
		v.Rows, v.Problems, v.Code = append(rows, make([]page.HolidayRow, spareDays)...), problems, rules.HolidayCode
		return s.render(w, http.StatusUnprocessableEntity, v)
	}
	text, err := d.text(document, nil)
	if err != nil {
		return err
	}
	return s.showPreview(w, r, http.StatusOK, d, text, document)
}

// mostHolidays is how many rows the form may have.
const mostHolidays = 100

// typedHolidays reads the rows: those that are kept are the table.
func typedHolidays(r *http.Request, year int) (rows []page.HolidayRow, table []rule.Holiday, problems []page.Message) {
	for i := range mostHolidays {
		at := func(name string) string { return strings.TrimSpace(r.FormValue(fmt.Sprintf("%s.%d", name, i))) }
		row := page.HolidayRow{Day: at("day"), Name: at("name"), Keep: at("keep") != "", Paid: at("paid") != ""}
		if row.Day == "" && row.Name == "" {
			continue
		}
		rows = append(rows, row)
		if !row.Keep {
			continue
		}
		day, err := calendar.ParseDate(row.Day)
		switch {
		case err != nil, day.Year != year:
			problems = append(problems, page.Say("rule.problem.holiday", page.Plain(row.Name), year))
		case row.Name == "":
			problems = append(problems, page.Say("rule.problem.holiday-name", row.Day))
		}
		table = append(table, rule.Holiday{Day: day, Name: row.Name, Paid: row.Paid})
	}
	return rows, table, problems
}
