package api

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/rule"
)

// ruleFacts puts rules in words, by group; fields that do nothing are left out.
func ruleFacts(r rule.Rules) []page.RuleFacts {
	var out []page.RuleFacts
	for _, g := range ruleGroups() {
		facts := page.RuleFacts{Name: g.name}
		for _, field := range g.tops() {
			if v := ruleValue(field, r); v.Key != "" {
				facts.Lines = append(facts.Lines, page.RuleLine{Name: ruleLabel(field), Value: v})
			}
		}
		if len(facts.Lines) > 0 {
			out = append(out, facts)
		}
	}
	return out
}

// tops gives the fields of the document that a group is about.
func (g ruleGroup) tops() (out []string) {
	for _, f := range g.fields {
		if !slices.Contains(out, top(f.path)) {
			out = append(out, top(f.path))
		}
	}
	if g.name == "holidays" {
		out = append(out, "holiday_table")
	}
	return out
}

// ruleChanges says what differs between two, in the order of the editor.
func ruleChanges(before, after rule.Rules) (out []page.RuleChange) {
	for _, g := range ruleGroups() {
		for _, field := range g.tops() {
			x, y := ruleValue(field, before), ruleValue(field, after)
			if !reflect.DeepEqual(x, y) || field == "holiday_table" && !reflect.DeepEqual(before.HolidayTable, after.HolidayTable) {
				out = append(out, page.RuleChange{Name: ruleLabel(field), Before: orNothing(x), After: orNothing(y)})
			}
		}
	}
	return out
}

func orNothing(m page.Message) page.Message {
	if m.Key == "" {
		return page.Say("rule.value.nothing")
	}
	return m
}

// ruleLabel names a field; one of a table's row by table and row too.
func ruleLabel(path string) page.Message {
	var row int
	var words []string
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		if n, err := strconv.Atoi(part); err == nil {
			row = n + 1
			continue
		}
		words = append(words, part)
	}
	if row == 0 {
		return page.Say("rule.label." + strings.Join(words, "."))
	}
	return page.Say("rule.row", page.Say("rule.label."+words[0]), row)
}

func ruleChoice(path, value string) page.Message {
	return page.Say("rule.choice." + path + "." + cmp.Or(value, "none"))
}

func value(key string, values ...any) page.Message { return page.Say("rule.value."+key, values...) }

// listing gives several in one message; nothing for none.
func listing[T any](all []T, say func(T) page.Message) page.Message {
	if len(all) == 0 {
		return page.Message{}
	}
	return page.Say("plain", page.Parts(each(all, say)))
}

func when(really bool, m page.Message) page.Message {
	if really {
		return m
	}
	return page.Plain("")
}

// ruleValue puts one field of the document in words; nothing where it says
// nothing.
func ruleValue(field string, r rule.Rules) page.Message {
	number := func(n int, unit string) page.Message {
		if n == 0 {
			return page.Message{}
		}
		return value(unit, n)
	}
	text := func(s string) page.Message { return listing(strings.Fields(s), page.Plain) }
	switch field {
	case "pay_period":
		return ruleChoice(field, string(r.PayPeriod))
	case "double_tap_seconds":
		return value("seconds", r.DoubleTapSeconds)
	case "uncertainty_seconds":
		return value("seconds", r.UncertaintySeconds)
	case "pairing":
		return ruleChoice(field, string(r.Pairing))
	case "windows":
		return listing(r.Windows, windowWords)
	case "day_start":
		return text(r.DayStart)
	case "shift_day":
		return ruleChoice(field, string(r.ShiftDay))
	case "longest_shift":
		return value("hours", page.Minutes(r.LongestShift))
	case "questioned_shift":
		return value("hours", page.Minutes(r.QuestionedShift))
	case "shortest_shift":
		return number(r.ShortestShift, "minutes")
	case "shortest_gap":
		return value("minutes", r.ShortestGap)
	case "rounding":
		return roundingWords(r.Rounding)
	case "breaks":
		return orNothing(listing(r.Breaks, breakWords))
	case "paid_breaks":
		return number(r.PaidBreaks, "minutes")
	case "normal_code":
		return text(r.NormalCode)
	case "premiums":
		return ruleChoice(field, string(r.Premiums))
	case "bands":
		return listing(r.Bands, func(b rule.Band) page.Message { return value("band", b.Code, bandWhen(b)) })
	case "full_time":
		if r.FullTime == 0 {
			return page.Message{}
		}
		return value("hours", page.Minutes(r.FullTime))
	case "overtime":
		return listing(r.Overtime, overtimeWords)
	case "minimum_call":
		return extraWords(rule.Extra(r.MinimumCall), page.Plain(""))
	case "travel":
		return extraWords(r.Travel.Extra, value("extra.per", ruleChoice("travel.per", r.Travel.Per)))
	case "split_shift":
		return extraWords(r.SplitShift.Extra, value("extra.gap", page.Minutes(r.SplitShift.Gap)))
	case "standby":
		if r.Standby.Code == "" {
			return page.Message{}
		}
		return value("standby", r.Standby.Code, when(r.Standby.Worked, value("standby.worked")))
	case "plan":
		return planWords(r.Plan)
	case "absent_code":
		return text(r.AbsentCode)
	case "take_up_codes":
		return listing(r.TakeUpCodes, page.Plain)
	case "holidays":
		return listing(r.Holidays, func(name string) page.Message { return page.Say("rule.holiday." + name) })
	case "holiday_code":
		return text(r.HolidayCode)
	case "holiday_table":
		return tableWords(r.HolidayTable)
	}
	return page.Plain(field)
}

func windowWords(w rule.Window) page.Message {
	days := when(len(w.Days) > 0, value("window.on", listing(w.Days, dayWords)))
	return value("window", ruleChoice("windows.mode", w.Mode), w.From, w.To, days)
}

func dayWords(day string) page.Message { return page.Say("band-days." + day) }

func breakWords(b rule.AutoBreak) page.Message {
	return value("break", b.Minutes, page.Minutes(b.Above), when(b.At != "", value("break.at", b.At)), when(b.Always, value("break.always")))
}

func roundingWords(o rule.Rounding) page.Message {
	if o.Per == rule.RoundNothing {
		return value("nothing")
	}
	m := value("rounding", ruleChoice("rounding.per", string(o.Per)), o.To, ruleChoice("rounding.way", string(o.Way)))
	if o.Out != "" {
		return page.Say("plain", page.Parts{m, value("rounding.out", ruleChoice("rounding.way", string(o.Out)))})
	}
	return m
}

func overtimeWords(o rule.Overtime) page.Message {
	above := value("hours", page.Minutes(o.Above))
	if o.Base != rule.BaseZero {
		if above = ruleChoice("overtime.base", string(o.Base)); o.Above > 0 {
			above = value("overtime.base", above, page.Minutes(o.Above))
		}
	}
	return value("overtime", o.Code, above, ruleChoice("overtime.per", string(o.Per)), max(o.Percent, 100))
}

func extraWords(e rule.Extra, more page.Message) page.Message {
	if e.Minutes == 0 {
		return page.Message{}
	}
	return value("extra", e.Minutes, e.Code, more)
}

func planWords(p rule.PlanRules) page.Message {
	if p == (rule.PlanRules{}) {
		return page.Message{}
	}
	said := value("plan", p.Early, p.Late, when(p.Snap, value("plan.snap")))
	for _, m := range []page.Message{
		when(p.NoShow > 0, value("plan.no_show", p.NoShow)),
		when(p.Notice > 0, value("plan.notice", p.Notice, when(p.LateCode != "", value("plan.code", p.LateCode)))),
	} {
		said = value("both", said, m)
	}
	return said
}

func tableWords(table []rule.Holiday) page.Message {
	if len(table) == 0 {
		return page.Message{}
	}
	paid := 0
	for _, h := range table {
		if h.Paid {
			paid++
		}
	}
	return value("table", len(table), paid)
}

// bandWhen says when a band holds: "zondag en feestdag, hele dag · 200 %".
func bandWhen(b rule.Band) page.Message {
	days := page.Parts(each(b.Days, func(day string) page.Message { return page.Say("band-days." + day) }))
	hour := page.Say("rule.band.hours", b.From, b.To)
	if b.From == "00:00" && b.To == "24:00" {
		hour = page.Say("rule.band.all-day")
	}
	if len(days) == 0 {
		return page.Say("rule.band.daily", hour, b.Percent)
	}
	return page.Say("rule.band.value", days, hour, b.Percent)
}

// ruleProblems says what is wrong with rules: what belongs to a field by its
// name in the form, the rest apart.
func ruleProblems(err error) (fields map[string]page.Message, others []page.Message) {
	fields = map[string]page.Message{}
	for _, c := range rule.Contradictions(err) {
		said := page.Say("rule.contradict", ruleLabel(c.Fields[0]), ruleLabel(c.Fields[1]), page.Say("rule.clash."+c.Key, c.Values...))
		others = append(others, said)
		for _, f := range c.Fields {
			fields[formName(f)] = said
		}
	}
	for _, o := range rule.OutOfRange(err) {
		fields[formName(o.Field)] = page.Say("rule.problem.range", o.Low, o.High)
		others = append(others, page.Say("rule.problem", ruleLabel(o.Field), fields[formName(o.Field)]))
	}
	if len(others) == 0 {
		detail, _ := strings.CutPrefix(err.Error(), hours.ErrInvalid.Error()+": ")
		others = append(others, page.Say("refused.because", detail))
	}
	return fields, others
}

// formName gives the name in the form of a field of the document: "bands[0]"
// is "bands.0".
func formName(field string) string {
	return strings.NewReplacer("[", ".", "]", "").Replace(field)
}

// scopeName names a scope in addresses: "site-7"; "": the tenant.
func scopeName(s rule.Scope) string {
	if s.IsTenant() {
		return ""
	}
	return fmt.Sprintf("%s-%d", s.Kind, s.ID)
}

// scopeOf reads a scope's name.
func scopeOf(name string) (rule.Scope, error) {
	if name == "" {
		return rule.Scope{}, nil
	}
	kind, number, _ := strings.Cut(name, "-")
	n, err := id(number)
	if err != nil {
		return rule.Scope{}, err
	}
	s := rule.Scope{Kind: rule.ScopeKind(kind), ID: n}
	if s.IsTenant() || s.Check() != nil {
		return s, &problem{status: http.StatusNotFound, detail: "no such record"}
	}
	return s, nil
}
