package request

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
)

// inMinutes are the columns of instants in minutes since 1970; all others that
// are numbers are in milliseconds.
var inMinutes = []string{"from_at", "to_at", "over_from", "over_to", "at", "shifts"}

// value says a value as a person reads it; ok is false where it means
// something to programs only.
func (p paper) value(c FileColumn, v any) (text string, ok bool) {
	if v == nil || v == "" {
		return "", true
	}
	switch c.Kind {
	case privacy.Reference, privacy.Token, privacy.Secret:
		return "", false
	case privacy.Moment, privacy.Birth:
		return p.moment(c.Name, v)
	case privacy.Choice:
		return p.choice(c.Name, v), true
	case privacy.Structured:
		return p.structure(v), true
	case privacy.Amount:
		return p.amount(c.Name, v), true
	}
	return p.plain(v), true
}

// moment says a day or an instant in the organisation's zone; a device's
// counters are none.
func (p paper) moment(column string, v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return p.time(v)
	case json.Number:
		n, err := v.Int64()
		switch {
		case err != nil || column == "tick" || column == "gap":
			return "", false
		case n == 0:
			return "", true
		case slices.Contains(inMinutes, column) && n < 1e11:
			return p.clock(time.Unix(n*60, 0)), true
		}
		return p.clock(time.UnixMilli(n)), n > 1e11 && n < 1e14
	}
	return "", false
}

// time says a text that is a day or an instant.
func (p paper) time(text string) (string, bool) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return press.Date(p.language, day), true
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return "", false
	}
	if at.Location() == time.UTC && at.Equal(at.Truncate(24*time.Hour)) && strings.HasSuffix(text, "T00:00:00Z") {
		return press.Date(p.language, at), true // a day of the log
	}
	return p.clock(at), true
}

func (p paper) clock(at time.Time) string {
	at = at.In(p.zone)
	return press.Date(p.language, at) + at.Format(" 15:04")
}

func (p paper) choice(column string, v any) string {
	say := p.w.Choice
	switch column {
	case "action":
		say = p.w.Action
	case "operation":
		say = p.w.Operation
	}
	if all, ok := v.([]any); ok {
		said := make([]string, len(all))
		for i, one := range all {
			said[i] = say(fmt.Sprint(one))
		}
		return strings.Join(said, ", ")
	}
	return say(fmt.Sprint(v))
}

func (p paper) amount(column string, v any) string {
	n, _ := v.(json.Number)
	number, err := n.Int64()
	switch {
	case err == nil && column == "hundredths":
		return strings.Replace(fmt.Sprintf("%.2f", float64(number)/100), ".", p.say("comma"), 1)
	case err == nil && column == "contract_minutes":
		return fmt.Sprintf("%d:%02d", number/60, number%60)
	}
	return p.plain(v)
}

func (p paper) plain(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return p.say("yes")
		}
		return p.say("no")
	case []any:
		said := make([]string, len(v))
		for i, one := range v {
			said[i] = p.plain(one)
		}
		return strings.Join(said, ", ")
	}
	return fmt.Sprint(v)
}

// alias are names in the log of what the catalogue calls otherwise.
var alias = map[string]string{"from": "from_day", "From": "from_day", "until": "until_day", "Until": "employed_until", "made": "made_at", "week": "monday", "Born": "birth_date"}

// structure says what the log holds of a change, name by name, of what has a
// name that people know: numbers within the program and hashes are left out.
func (p paper) structure(v any) string {
	if text, ok := v.(string); ok {
		if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
			return text
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var inner any
		if d.Decode(&inner) != nil {
			return text
		}
		v = inner
	}
	switch v := v.(type) {
	case map[string]any:
		if said, ok := p.read(v); ok {
			return said
		}
		var said []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			name, known := p.w.Known(cmp.Or(alias[key], snake(key)))
			if text := p.inner(key, v[key]); known && text != "" {
				said = append(said, name+": "+text)
			}
		}
		return strings.Join(said, "; ")
	case []any:
		var said []string
		for _, one := range v {
			said = append(said, p.structure(one))
		}
		return strings.Join(said, "; ")
	case nil:
		return ""
	}
	return p.plain(v)
}

func (p paper) inner(key string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if raw, err := hex.DecodeString(v); err == nil && len(raw) >= 16 {
			return ""
		}
		if said, ok := p.time(v); ok {
			return said
		}
		return p.w.Choice(v)
	case map[string]any:
		return p.structure(v)
	case []any:
		if len(v) > 0 {
			if _, inner := v[0].(map[string]any); inner {
				return p.structure(v)
			}
		}
		return p.choice(key, v)
	}
	if text := p.amount(snake(key), v); text != "0" {
		return text
	}
	return ""
}

// snake writes a name as the catalogue does.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 && b.Len() > 0 && !strings.HasSuffix(name[:i], strings.ToUpper(name[i-1:i])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
