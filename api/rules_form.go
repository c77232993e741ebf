package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// ruleField is one field of the rule document as the editor shows it.
type ruleField struct {
	path    string // in the document: "rounding.per"; of a column: within its row
	kind    page.RuleKind
	unit    string
	choices []string
	hint    bool
	columns []ruleField // of a table; the row counts when key is filled in
	key     string
}

// ruleGroup is fields that belong together.
type ruleGroup struct {
	name   string
	fields []ruleField
}

// ruleGroups is the whole document but the holiday table, which has a page of
// its own, in the order in which an administrator thinks of it.
func ruleGroups() []ruleGroup {
	number := func(path, unit string) ruleField { return ruleField{path: path, kind: page.RuleNumber, unit: unit} }
	hours := func(path string) ruleField { return ruleField{path: path, kind: page.RuleHours, unit: "hours"} }
	text := func(path string) ruleField { return ruleField{path: path, kind: page.RuleText} }
	tick := func(path string) ruleField { return ruleField{path: path, kind: page.RuleTick} }
	choice := func(path string, choices ...string) ruleField {
		return ruleField{path: path, kind: page.RuleChoice, choices: choices}
	}
	days := ruleField{path: "days", kind: page.RuleSome, choices: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"}}
	table := func(path, key string, columns ...ruleField) ruleField {
		return ruleField{path: path, kind: page.RuleTable, columns: columns, key: key}
	}
	ways := []string{"", "up", "down", "employee", "employer"}
	return []ruleGroup{
		{"pairing", []ruleField{
			choice("pairing", "", "windows", "first_last").hinted(),
			table("windows", "from", choice("mode", "in", "out"), text("from"), text("to"), days).hinted(),
			number("double_tap_seconds", "s"), number("uncertainty_seconds", "s"),
		}},
		{"shifts", []ruleField{
			hours("longest_shift").hinted(), hours("questioned_shift").hinted(), number("shortest_shift", "min"), number("shortest_gap", "min"),
			text("day_start").hinted(), choice("shift_day", "", "end", "most"),
		}},
		{"rounding", []ruleField{
			choice("rounding.per", "", "tap", "shift", "day").hinted(), number("rounding.to", "min"),
			choice("rounding.way", ways...), choice("rounding.out", ways...), choice("rounding.half", ways...),
		}},
		{"breaks", []ruleField{
			table("breaks", "minutes", hours("above"), number("minutes", "min"), text("at"), tick("always")).hinted(),
			number("paid_breaks", "min").hinted(),
		}},
		{"bands", []ruleField{
			text("normal_code"), choice("premiums", "", "stack"),
			table("bands", "code", text("code"), number("percent", "percent"), text("from"), text("to"), days).hinted(),
		}},
		{"overtime", []ruleField{
			hours("full_time").hinted(),
			table("overtime", "code", text("code"), number("percent", "percent"), choice("per", "day", "week", "period"), choice("base", "", "contract", "full_time"), hours("above")).hinted(),
		}},
		{"extras", []ruleField{
			number("minimum_call.minutes", "min"), text("minimum_call.code"),
			number("travel.minutes", "min"), text("travel.code"), choice("travel.per", "", "shift", "day"),
			number("split_shift.minutes", "min"), text("split_shift.code"), number("split_shift.gap", "min"),
			text("standby.code").hinted(), tick("standby.worked"),
		}},
		{"plan", []ruleField{
			number("plan.early", "min"), number("plan.late", "min"), tick("plan.snap"), number("plan.no_show", "min").hinted(),
			number("plan.notice", "days").hinted(), text("plan.late_code"),
		}},
		{"absence", []ruleField{text("absent_code").hinted(), {path: "take_up_codes", kind: page.RuleWords, hint: true}}},
		{"holidays", []ruleField{{path: "holidays", kind: page.RuleSome, choices: calendar.HolidayNames(), hint: true}, text("holiday_code")}},
		{"period", []ruleField{choice("pay_period", "", "four_weeks", "week")}},
	}
}

func (f ruleField) hinted() ruleField {
	f.hint = true
	return f
}

// top gives the field of the document that a path is in.
func top(path string) string {
	path, _, _ = strings.Cut(path, ".")
	return path
}

// ruleDocument is a rule document as its form reads and fills it.
type ruleDocument map[string]any

// documentOf gives rules as a document.
func documentOf(r rule.Rules) (ruleDocument, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing down rules: %w", err)
	}
	var d ruleDocument
	return d, json.Unmarshal(raw, &d)
}

func (d ruleDocument) at(path string) any {
	head, rest, deep := strings.Cut(path, ".")
	if !deep {
		return d[head]
	}
	inner, _ := d[head].(map[string]any)
	return ruleDocument(inner).at(rest)
}

func (d ruleDocument) set(path string, v any) {
	head, rest, deep := strings.Cut(path, ".")
	if !deep {
		d[head] = v
		return
	}
	inner, ok := d[head].(map[string]any)
	if !ok {
		inner = map[string]any{}
		d[head] = inner
	}
	ruleDocument(inner).set(rest, v)
}

// patch gives the fields in which a document differs from the wider one, and
// those that were named before and are not given back.
func (d ruleDocument) patch(wide ruleDocument, named []string, reset func(string) bool) ruleDocument {
	out := ruleDocument{}
	for _, field := range rule.Fields() {
		if v, there := d[field]; field != "pay_period" && !reset(field) && (!reflect.DeepEqual(v, wide[field]) || slices.Contains(named, field)) {
			if out[field] = v; !there {
				out[field] = nil
			}
		}
	}
	return out
}

// read takes a form into the document, and says what can't be read.
func (d ruleDocument) read(form url.Values) map[string]page.Message {
	problems := map[string]page.Message{}
	for _, g := range ruleGroups() {
		for _, f := range g.fields {
			if f.kind == page.RuleTable {
				d[f.path] = f.rows(form, problems)
				continue
			}
			if v, problem := f.value(form, f.path); problem != nil {
				problems[f.path] = *problem
			} else {
				d.set(f.path, v)
			}
		}
	}
	d.tidy()
	return problems
}

// mostRuleRows is how many rows a table of the form may have.
const mostRuleRows = 60

func (f ruleField) rows(form url.Values, problems map[string]page.Message) []any {
	rows := []any{}
	for i := range mostRuleRows {
		prefix := fmt.Sprintf("%s.%d.", f.path, i)
		if strings.TrimSpace(form.Get(prefix+f.key)) == "" {
			continue
		}
		row := map[string]any{}
		for _, c := range f.columns {
			v, problem := c.value(form, prefix+c.path)
			if problem != nil {
				problems[prefix+c.path] = *problem
				continue
			}
			row[c.path] = v
		}
		rows = append(rows, row)
	}
	return rows
}

// value reads one input.
func (f ruleField) value(form url.Values, name string) (any, *page.Message) {
	text := strings.TrimSpace(form.Get(name))
	wrong := func(key string) (any, *page.Message) {
		m := page.Say("rule.problem." + key)
		return nil, &m
	}
	switch f.kind {
	case page.RuleNumber:
		if text == "" {
			return 0.0, nil
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return wrong("number")
		}
		return float64(n), nil
	case page.RuleHours:
		if text == "" {
			return 0.0, nil
		}
		n, err := contract(text)
		if err != nil {
			return wrong("hours")
		}
		return float64(n), nil
	case page.RuleTick:
		return text != "", nil
	case page.RuleSome:
		return anys(form[name]), nil
	case page.RuleWords:
		return anys(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })), nil
	}
	return text, nil
}

func anys(words []string) []any {
	out := []any{}
	for _, w := range words {
		out = append(out, w)
	}
	return out
}

// tidy drops what says nothing, as the document itself does: so that two that
// mean the same are the same.
func (d ruleDocument) tidy() {
	raw, err := json.Marshal(d)
	if err != nil {
		return // of maps and plain values: it can't fail
	}
	r, err := rule.Stored(raw)
	if err != nil {
		return
	}
	if same, err := documentOf(r); err == nil {
		clear(d)
		for field, v := range same {
			d[field] = v
		}
	}
}
