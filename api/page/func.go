package page

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// functions are what templates may call; all words are of one language.
func functions(w *words, assets *Assets) template.FuncMap {
	return template.FuncMap{
		"t":          w.say,
		"say":        w.message,
		"either":     orElse,
		"kind":       w.or,
		"choice":     w.choice,
		"maybe":      w.maybe,
		"lang":       func() string { return w.lang },
		"asset":      assets.Path,
		"icon":       icon,
		"hours":      hours,
		"clock":      clock,
		"known":      knownClock,
		"weekday":    w.weekday,
		"wd":         w.weekdayShort,
		"dm":         w.dayMonth,
		"month":      w.month,
		"date":       w.date,
		"days":       w.days,
		"when":       w.when,
		"dated":      w.dated,
		"ahead":      w.ahead,
		"span":       w.span,
		"ago":        w.ago,
		"tapat":      w.tapAt,
		"soon":       w.soon,
		"pm":         w.uncertainty,
		"decimal":    w.decimal,
		"num":        func(n any) string { return w.number(toInt(n)) },
		"iso":        func(t time.Time) string { return t.Format(time.DateOnly) },
		"stamp":      func(t time.Time) string { return t.Format(time.RFC3339) },
		"strip":      func(d Day) template.HTML { return d.Strip.svg(smallStrip, w.dayLabel(d), d.Absent) },
		"picture":    w.picture,
		"patterns":   func() template.HTML { return patterns },
		"axis":       Strip.axis,
		"input":      inputOf,
		"to":         withQuery,
		"dict":       dict,
		"noform":     func() Form { return Form{} },
		"noroles":    func() []string { return nil },
		"has":        slices.Contains[[]string, string],
		"modes":      func() []string { return []string{"toggle", "in", "out", "break"} },
		"fobstates":  func() []string { return []string{"", "in_stock", "issued", "lost", "blocked", "returned"} },
		"battery":    battery,
		"chart":      func(c Chart, label string) template.HTML { return c.svg(label) },
		"heat":       w.heat,
		"heatkey":    heatKey,
		"share":      w.share,
		"whole":      func(v float64) string { return w.number(int64(v)) },
		"minus":      func(n any) string { return strings.ReplaceAll(strconv.FormatInt(toInt(n), 10), "-", "−") },
		"kilobytes":  func(n any) string { return w.kilobytes(toInt(n)) },
		"size":       func(n any) string { return w.size(toInt(n)) },
		"severities": func() []string { return []string{"breach", "edge", "unknown"} },
		"places":     func() []string { return []string{"spare", "defective", "returned", "lost"} },
	}
}

func orElse(values ...any) any {
	for _, v := range values {
		if truth, _ := template.IsTrue(v); truth {
			return v
		}
	}
	return values[len(values)-1]
}

func toInt(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case uint32:
		return int64(n)
	case float64:
		return int64(n)
	}
	return 0
}

// dict passes several values to a part.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: a name without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// withQuery is the address with some values of its query set, or taken away
// when empty.
func withQuery(address string, pairs ...any) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("address of the page: %w", err)
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])
		if value == "" {
			q.Del(name)
			continue
		}
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Input is one field of a form as its template draws it.
type input struct {
	ID, Name, Label, Type, Value, Hint, Autocomplete string
	Required, Short                                  bool
	Problem                                          *Message
	Options                                          []Option
}

// inputOf takes the field's name, the key of its label, and then any of
// id=…, type=…, hint=KEY, autocomplete=…, value=…, required, short.
func inputOf(form Form, name, label string, more ...any) (input, error) {
	in := input{ID: "f-" + name, Name: name, Label: label, Type: "text", Value: form.Values[name], Autocomplete: "off"}
	if p, ok := form.Problems[name]; ok {
		in.Problem = &p
	}
	for _, m := range more {
		if options, ok := m.([]Option); ok {
			in.Options = options
			continue
		}
		key, value, _ := strings.Cut(fmt.Sprint(m), "=")
		switch key {
		case "id":
			in.ID = value
		case "type":
			in.Type = value
		case "hint":
			in.Hint = value
		case "autocomplete":
			in.Autocomplete = value
		case "value":
			in.Value = orElse(in.Value, value).(string)
		case "required":
			in.Required = true
		case "short":
			in.Short = true
		default:
			return in, fmt.Errorf("field %s: unknown option %q", name, key)
		}
	}
	return in, nil
}
