package paper

import (
	"embed"
	"fmt"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/press"
	"tikklok/payroll/format"
)

//go:embed text/*.json
var texts embed.FS

// words is what is printed in one language.
type words struct{ press.Words }

func wordsOf(language string) (words, error) {
	w, err := press.WordsOf(texts, language)
	if err != nil {
		return words{}, fmt.Errorf("%w: papers are not printed in %q", ErrInvalid, language)
	}
	return words{w}, nil
}

func (w words) weekday(d calendar.Date) string {
	return fmt.Sprintf("%s %d %s", strings.Fields(w.Say("weekdays"))[d.Weekday()], d.Day, w.month(d))
}

func (w words) date(d calendar.Date) string {
	return fmt.Sprintf("%d %s %d", d.Day, w.month(d), d.Year)
}

func (w words) month(d calendar.Date) string { return strings.Fields(w.Say("months"))[d.Month-1] }

func (w words) period(p calendar.Period) string { return w.date(p.From) + " – " + w.date(p.To) }

func (w words) moment(t time.Time) string { return w.date(calendar.DateOf(t)) + t.Format(" 15:04") }

// clock gives a UTC minute as local time; in the hour that comes twice, or on
// a day whose clock changes, with its distance to UTC.
func clock(minute int64, zone *time.Location) string {
	t := time.Unix(minute*60, 0).In(zone)
	_, before := t.Add(-12 * time.Hour).Zone()
	_, after := t.Add(12 * time.Hour).Zone()
	if before != after {
		return t.Format("15:04-07")
	}
	return t.Format("15:04")
}

// minutes gives hours and minutes with a true minus.
func minutes(n int) string { return strings.ReplaceAll(format.ClockText(n), "-", "−") }

// actor names who did something.
func (r *register) actor(a audit.Actor) string {
	if name := r.accounts[a.ID]; a.Kind == audit.Account && name != "" {
		return name
	}
	return r.words.Say("by."+string(a.Kind), a.ID)
}

// given gives who approved, in order, in one line.
func (w words) given(levels []Level, zone *time.Location) string {
	var parts []string
	for _, l := range levels {
		text := w.Say("by", l.By, w.moment(l.At.In(zone)))
		if l.For != "" {
			text = w.Say("by.for", l.By, l.For, w.moment(l.At.In(zone)))
		}
		if l.Name != "" {
			text = w.Say("level", w.Say("level."+l.Name), text)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
