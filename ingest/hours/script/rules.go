package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

var ruleLines = []kind{
	{`rules [from 2026-11-09] {"rounding": 5}`, regexp.MustCompile(`^rules(?: from ` + dayForm + `)? (\{.*\})$`), (*world).rule},
}

// rule changes fields of the newest set, or adds a set from a day on that
// differs from the default rules in these fields.
func (w *world) rule(m []string) error {
	if m[1] != "" {
		set := rule.Default()
		var err error
		if set.From, err = calendar.ParseDate(m[1]); err != nil {
			return err
		}
		set.Version = len(w.rules) + 1
		w.rules = append(w.rules, set)
	}
	d := json.NewDecoder(bytes.NewReader([]byte(m[2])))
	d.DisallowUnknownFields()
	if err := d.Decode(&w.rules[len(w.rules)-1].Rules); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	return nil
}
