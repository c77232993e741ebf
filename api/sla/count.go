package sla

import "time"

// kind is what a minute counts as.
type kind uint8

const (
	isOutside kind = iota
	isLeftOut
	isUnmeasured
	isUp
	isDown
	isOther
)

// kind gives what a minute counts as, by the causes of rulings.
func (s *stretch) kind(i int, causes []Cause) kind {
	switch {
	case !s.scope[i]:
		return isOutside
	case s.work[i]:
		return isLeftOut
	case s.minutes[i].State == Up:
		return isUp
	case s.minutes[i].State != Down:
		return isUnmeasured
	case causes[s.ruling[i]].Counts():
		return isDown
	}
	return isOther
}

// causes gives the cause by a ruling: the first is of none.
func causes(decisions []Decision) []Cause {
	out := []Cause{Undecided}
	for _, d := range decisions {
		out = append(out, d.Cause)
	}
	return out
}

// bridge is how many unmeasured minutes between two that were down part no
// outage (ours): a probe that starts again, not one that was away for a day.
const bridge = 60

// outages gives the runs that touch the month.
func (s *stretch) outages(r Report, decisions []Decision) (all []Outage) {
	of := causes(decisions)
	newest := s.until - 1
	for newest >= 0 && s.minutes[newest].State == Unmeasured {
		newest--
	}
	from, to := s.index(r.From), s.index(r.Until)
	for i := 0; i < s.until; i++ {
		if s.minutes[i].State != Down {
			continue
		}
		begin, last := i, s.runEnd(i)
		i = last
		if last < from || begin >= to {
			continue
		}
		o := Outage{From: s.at(begin).In(r.From.Location()), To: s.at(last + 1).In(r.From.Location()), Cause: of[s.ruling[begin]],
			GoesOn: last == newest && s.until < len(s.minutes), Unsettled: begin == 0 || last == len(s.minutes)-1}
		if n := s.ruling[begin]; n > 0 {
			o.Decision = decisions[n-1]
		}
		for j := max(begin, from); j <= min(last, to-1); j++ {
			switch {
			case s.minutes[j].State != Down:
			case s.scope[j] && !s.work[j]:
				o.Down++
			default:
				o.Excused++
			}
		}
		all = append(all, o)
	}
	return all
}

// runEnd gives the last minute of the run that begins at a minute: of the same
// ruling, over short stretches that nobody measured.
func (s *stretch) runEnd(begin int) int {
	last := begin
	for i := begin + 1; i < s.until && i-last <= bridge+1; i++ {
		switch {
		case s.minutes[i].State == Up, s.minutes[i].State == Down && s.ruling[i] != s.ruling[begin]:
			return last
		case s.minutes[i].State == Down:
			last = i
		}
	}
	return last
}

// Budget is how much of the month may be down before the promise is broken, and
// how fast it is spent.
type Budget struct {
	Allowed int // minutes: the most with which the month is still what was promised
	Spent   int
	// Minutes down that count, in the time before Report.Until.
	Hour, SixHours, ThreeDays int
}

// Left gives the minutes that are left; under zero they are overspent.
func (b Budget) Left() int { return b.Allowed - b.Spent }

// Burn is how urgent the spending is.
type Burn string

// The alarms, of the month's budget (thresholds: Google's Site Reliability
// Workbook, chapter 5).
const (
	Calm    Burn = ""
	Slow    Burn = "slow"    // a tenth within three days
	Fast    Burn = "fast"    // a fiftieth within an hour, or a twentieth within six
	Overrun Burn = "overrun" // more was down than the promise allows
)

// Burn gives the worst alarm that holds.
func (b Budget) Burn() Burn {
	spent := func(minutes, percent int) bool { return minutes > 0 && minutes*100 >= b.Allowed*percent }
	switch {
	case b.Left() < 0:
		return Overrun
	case spent(b.Hour, 2), spent(b.SixHours, 5):
		return Fast
	case spent(b.ThreeDays, 10):
		return Slow
	}
	return Calm
}

func (s *stretch) budget(r Report, of []Cause) Budget {
	b := Budget{Allowed: int(int64(r.Promised) * int64(Whole-r.Terms.Least) / Whole), Spent: r.Count.Down}
	until := s.index(r.Until)
	for i := max(0, until-3*24*60, s.index(r.From)); i < until; i++ {
		if s.kind(i, of) != isDown {
			continue
		}
		b.ThreeDays++
		if until-i <= 6*60 {
			b.SixHours++
		}
		if until-i <= 60 {
			b.Hour++
		}
	}
	return b
}

// Day is a day of the month, for its picture.
type Day struct {
	At    time.Time // local midnight
	Hours []Hour    // 23 to 25 of them
}

// Hour is one hour by the clock on the wall, or the first or second of one that
// comes twice.
type Hour struct {
	At                          time.Time
	Up, Down, Other, Unmeasured int // minutes
	Outside                     int // minutes that count for nothing: outside the terms' time, or announced work
	Ahead                       int // minutes that are still to come
}

// count counts the month, and each hour of it, in one walk.
func (r *Report) count(s *stretch, of []Cause) {
	until, zone := s.index(r.Until), r.From.Location()
	for i, end := s.index(r.From), s.index(r.To); i < end; i++ {
		h := r.hour(s.at(i).In(zone))
		if i >= until {
			h.Ahead++
			continue
		}
		switch s.minutes[i].Tap {
		case Up:
			r.Count.Taps.Arrived++
		case Down:
			r.Count.Taps.Lost++
		}
		c := &r.Count
		switch s.kind(i, of) {
		case isOutside:
			c.Outside, h.Outside = c.Outside+1, h.Outside+1
		case isLeftOut:
			c.LeftOut, h.Outside = c.LeftOut+1, h.Outside+1
		case isUnmeasured:
			c.Unmeasured, h.Unmeasured = c.Unmeasured+1, h.Unmeasured+1
		case isUp:
			c.Up, h.Up = c.Up+1, h.Up+1
		case isDown:
			c.Down, h.Down = c.Down+1, h.Down+1
		case isOther:
			c.Other, h.Other = c.Other+1, h.Other+1
		}
	}
}

// hour gives the hour that a minute stands in, a new one where it begins.
func (r *Report) hour(t time.Time) *Hour {
	if n := len(r.Days); n == 0 || r.Days[n-1].At.Day() != t.Day() {
		r.Days = append(r.Days, Day{At: t})
	}
	day := &r.Days[len(r.Days)-1]
	if n := len(day.Hours); n > 0 {
		last := &day.Hours[n-1]
		_, was := last.At.Zone()
		if _, is := t.Zone(); is == was && last.At.Hour() == t.Hour() {
			return last
		}
	}
	day.Hours = append(day.Hours, Hour{At: t})
	return &day.Hours[len(day.Hours)-1]
}
