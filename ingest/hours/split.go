package hours

import (
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// split cuts UTC minutes at a site into stretches of one code, in local days of
// the zone, and adds them to out. Elapsed minutes are counted: the night of a
// clock change has one hour more or less.
func split(out []Worked, p *rule.Page, s Worked, zone *time.Location) []Worked {
	first := len(out)
	for from := s.From; from < s.To; {
		t := time.Unix(from*60, 0).In(zone)
		day, minute := calendar.DateOf(t), t.Hour()*60+t.Minute()
		w := Worked{Site: s.Site}
		var until int
		w.Code, until = p.CodeAt(day, minute)
		if p.Set.Rules.Premiums == rule.PremiumStack {
			w.Also, until = supplements(p, day, minute)
		}
		to := min(s.To, from+int64(until-minute))
		if _, change := t.ZoneBounds(); !change.IsZero() {
			to = min(to, max(change.Unix()/60, from+1))
		}
		w.Span = Span{from, to}
		if n := len(out); n > first && out[n-1].Code == w.Code && slices.Equal(out[n-1].Also, w.Also) {
			out[n-1].To = to
		} else {
			out = append(out, w)
		}
		from = to
	}
	return out
}

// supplements gives the codes of the bands that hold at a minute of a local
// day, each once, and the minute of that day up to which nothing changes.
func supplements(p *rule.Page, day calendar.Date, minute int) (codes []string, until int) {
	var hold [8]int
	bands, until := p.Supplements(hold[:0], day, minute)
	for _, i := range bands {
		if code := p.Set.Rules.Bands[i].Code; !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes, until
}
