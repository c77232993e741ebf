package hours

import (
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// split cuts a span of UTC minutes into stretches of one code, in local days
// of the zone. Elapsed minutes are counted: the night of a clock change has
// one hour more or less.
func split(p *rule.Page, s Span, zone *time.Location) []Worked {
	var out []Worked
	for from := s.From; from < s.To; {
		t := time.Unix(from*60, 0).In(zone)
		minute := t.Hour()*60 + t.Minute()
		code, until := p.CodeAt(calendar.DateOf(t), minute)
		to := min(s.To, from+int64(until-minute))
		if _, change := t.ZoneBounds(); !change.IsZero() {
			to = min(to, max(change.Unix()/60, from+1))
		}
		if n := len(out); n > 0 && out[n-1].Code == code {
			out[n-1].To = to
		} else {
			out = append(out, Worked{Span: Span{from, to}, Code: code})
		}
		from = to
	}
	return out
}
