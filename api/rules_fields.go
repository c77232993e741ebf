package api

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tikklok/api/page"
)

// field draws one field of the document; label is its path without rows.
func (d ruleDocument) field(f ruleField, path, label string, problems map[string]page.Message) page.RuleField {
	v := page.RuleField{Path: path, Kind: f.kind, Unit: f.unit, Label: page.Say("rule.label." + label), Field: top(path), Problem: problems[path]}
	v.Row = v.Label
	if f.hint {
		v.Hint = page.Say("rule.hint." + label)
	}
	switch f.kind {
	case page.RuleTable:
		v.Rows = d.rows(f, problems)
		return v
	case page.RuleSome:
		v.Choices = d.some(f)
		return v
	}
	v.Value = f.shown(d.at(f.path))
	for _, c := range f.choices {
		v.Choices = append(v.Choices, page.RuleOption{Value: c, Label: choiceWords(label, c), Chosen: c == v.Value})
	}
	return v
}

// retype puts back what could not be read, so that it can be mended.
func retype(f *page.RuleField, form url.Values) {
	if f.Problem.Key != "" && form.Has(f.Path) {
		f.Value = form.Get(f.Path)
	}
	for _, row := range f.Rows {
		for i := range row {
			retype(&row[i], form)
		}
	}
}

// choiceWords says what a choice means; the ways of rounding share their words.
func choiceWords(label, choice string) page.Message {
	if choice != "" && (label == "rounding.out" || label == "rounding.half") {
		label = "rounding.way"
	}
	return ruleChoice(label, choice)
}

// spareRows is how many empty rows a table has, for who has no script.
const spareRows = 2

func (d ruleDocument) rows(f ruleField, problems map[string]page.Message) (rows [][]page.RuleField) {
	values, _ := d[f.path].([]any)
	for i := range len(values) + spareRows {
		row := ruleDocument{}
		if i < len(values) {
			row, _ = values[i].(map[string]any)
		}
		var cells []page.RuleField
		for _, c := range f.columns {
			cell := row.field(c, fmt.Sprintf("%s.%d.%s", f.path, i, c.path), f.path+"."+c.path, problems)
			cell.Row = page.Say("rule.row", cell.Label, i+1)
			if m, ok := problems[fmt.Sprintf("%s.%d", f.path, i)]; ok && c.path == f.key {
				cell.Problem = m
			}
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	return rows
}

// some gives choices of which several may be chosen.
func (d ruleDocument) some(f ruleField) (out []page.RuleOption) {
	chosen, _ := d[f.path].([]any)
	for _, c := range f.choices {
		words := page.Say("rule.day." + c)
		if f.path == "holidays" {
			words = page.Say("rule.holiday." + c)
		}
		out = append(out, page.RuleOption{Value: c, Label: words, Chosen: slices.Contains(chosen, any(c))})
	}
	return out
}

// shown writes a value as it is typed.
func (f ruleField) shown(v any) string {
	switch v := v.(type) {
	case float64:
		if f.kind == page.RuleHours {
			if v == 0 {
				return ""
			}
			return fmt.Sprintf("%d:%02d", int(v)/60, int(v)%60)
		}
		return strconv.Itoa(int(v))
	case bool:
		if v {
			return "yes"
		}
	case string:
		return v
	case []any:
		return strings.Join(each(v, func(w any) string { return fmt.Sprint(w) }), ", ")
	}
	return ""
}
