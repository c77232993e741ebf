package law

import (
	"errors"
	"fmt"

	"tikklok/ingest/hours/calendar"
)

// Figures is what is allowed, in minutes unless named otherwise. Default has
// the Act's; a collective agreement may set others, as far as FigureOf says.
type Figures struct {
	Shift             int `json:"shift"`               // of work, at most
	Week              int `json:"week"`                // of work, at most
	Average4          int `json:"average_4"`           // of work a week, at most
	Average16         int `json:"average_16"`          // of work a week, at most
	DailyRest         int `json:"daily_rest"`          // at least
	ShortRest         int `json:"short_rest"`          // at least, once in 7 × 24 hours
	WeeklyRest        int `json:"weekly_rest"`         // in 7 × 24 hours, at least
	FortnightRest     int `json:"fortnight_rest"`      // or in 14 × 24 hours, at least; 0: not in its place
	FortnightPart     int `json:"fortnight_part"`      // that may be split in parts of at least this
	BreakAfter        int `json:"break_after"`         // more work in a shift asks for Break
	Break             int `json:"break"`               // at least
	LongBreakAfter    int `json:"long_break_after"`    // more work in a shift asks for LongBreak
	LongBreak         int `json:"long_break"`          // at least
	BreakPart         int `json:"break_part"`          // a shorter break is none
	FreeSundays       int `json:"free_sundays"`        // times in 52 weeks, at least
	NightWork         int `json:"night_work"`          // more work between 00:00 and 06:00 makes a night shift
	NightShift        int `json:"night_shift"`         // of work, at most
	LongNight         int `json:"long_night"`          // of work, at most, as often as:
	LongNights14      int `json:"long_nights_14"`      // times in 14 × 24 hours
	LongNights52      int `json:"long_nights_52"`      // times in 52 weeks
	LongNightRest     int `json:"long_night_rest"`     // after it, at least
	LateNightRest     int `json:"late_night_rest"`     // after a night shift that ended after 02:00, at least
	ShortLateRest     int `json:"short_late_rest"`     // at least, once in 7 × 24 hours
	NightSeries       int `json:"night_series"`        // times: so many night shifts one after another ask for NightSeriesRest
	NightSeriesRest   int `json:"night_series_rest"`   // at least
	Series            int `json:"series"`              // shifts one after another with a night shift among them, at most
	SeriesEnds        int `json:"series_ends"`         // a rest this long ends a series: our reading, a part of the weekly rest (5:5)
	LateNights16      int `json:"late_nights_16"`      // times in 16 weeks, at most; 0: one of the two below is in its place
	LateNights52      int `json:"late_nights_52"`      // times in 52 weeks
	NightMinutes2     int `json:"night_minutes_2"`     // of work between 00:00 and 06:00 in 2 weeks
	NightAverageAfter int `json:"night_average_after"` // times: so many night shifts in 16 weeks ask for NightAverage
	NightAverage      int `json:"night_average"`       // of work a week over 16 weeks, at most
	NoWorkFrom        int `json:"no_work_from"`        // minute of the day; as NoWorkTo: there are no such hours
	NoWorkTo          int `json:"no_work_to"`
}

// Default gives the Act's figures for employees of 18 and over (ATW 5:3 to 5:8).
func Default() Figures {
	return Figures{
		Shift: 12 * 60, Week: 60 * 60, Average4: 55 * 60, Average16: 48 * 60,
		DailyRest: 11 * 60, ShortRest: 8 * 60, WeeklyRest: 36 * 60, FortnightRest: 72 * 60, FortnightPart: 32 * 60,
		BreakAfter: 330, Break: 30, LongBreakAfter: 600, LongBreak: 45, BreakPart: 15, FreeSundays: 13,
		NightWork: 60, NightShift: 10 * 60, LongNight: 12 * 60, LongNights14: 5, LongNights52: 22, LongNightRest: 12 * 60,
		LateNightRest: 14 * 60, ShortLateRest: 8 * 60, NightSeries: 3, NightSeriesRest: 46 * 60,
		Series: 7, SeriesEnds: 32 * 60, LateNights16: 36, NightAverageAfter: 16, NightAverage: 40 * 60,
	}
}

// Minors gives the Act's figures for employees of 16 and 17. The time that
// they are at school counts as work (4:4), and is not seen.
func Minors() Figures {
	f := Default()
	f.Shift, f.Week, f.Average4, f.Average16 = 9*60, 45*60, 40*60, 40*60
	f.DailyRest, f.ShortRest, f.FortnightRest = 12*60, 12*60, 0
	f.BreakAfter, f.Break = 270, 30
	f.NoWorkFrom, f.NoWorkTo = 23*60, 6*60
	return f
}

// Unit says what a figure counts.
type Unit string

// The units.
const (
	Minutes   Unit = "minutes"
	Times     Unit = "times"
	TimeOfDay Unit = "time" // minute of the day
)

// Figure says of one of the figures what it is and what may stand in it.
type Figure struct {
	Name        string // as in a document
	Row         Row
	Article     string // of the Act; "": our own reading
	Unit        Unit
	Least, Most int // for adults; the Act's own figure is the one a collective agreement can't go beyond
	MinorLeast  int // for employees of 16 and 17
	MinorMost   int
	of          func(*Figures) *int
}

// Of gives the figure's place in f.
func (g Figure) Of(f *Figures) *int { return g.of(f) }

const (
	aDay  = 24 * 60
	aWeek = 7 * aDay
)

// List gives all figures in the order of the Act's overview.
func List() []Figure {
	atMost := func(name string, row Row, article string, unit Unit, of func(*Figures) *int, least, most, minor int) Figure {
		return Figure{name, row, article, unit, least, most, least, minor, of}
	}
	atLeast := func(name string, row Row, article string, unit Unit, of func(*Figures) *int, least, minor, most int) Figure {
		return Figure{name, row, article, unit, least, most, minor, most, of}
	}
	return []Figure{
		atMost("shift", Shift, "5:7", Minutes, func(f *Figures) *int { return &f.Shift }, 60, 720, 540),
		atMost("week", Week, "5:7", Minutes, func(f *Figures) *int { return &f.Week }, 60, 3600, 2700),
		atMost("average_4", Average4, "5:7", Minutes, func(f *Figures) *int { return &f.Average4 }, 60, 3600, 2400), // by agreement another figure
		atMost("average_16", Average16, "5:7", Minutes, func(f *Figures) *int { return &f.Average16 }, 60, 2880, 2400),
		atLeast("daily_rest", DailyRest, "5:3", Minutes, func(f *Figures) *int { return &f.DailyRest }, 660, 720, aDay),
		atLeast("short_rest", DailyRest, "5:3", Minutes, func(f *Figures) *int { return &f.ShortRest }, 480, 720, aDay),
		atLeast("weekly_rest", WeeklyRest, "5:5", Minutes, func(f *Figures) *int { return &f.WeeklyRest }, 2160, 2160, aWeek),
		atLeast("fortnight_rest", WeeklyRest, "5:5", Minutes, func(f *Figures) *int { return &f.FortnightRest }, 0, 0, 2*aWeek),
		atLeast("fortnight_part", WeeklyRest, "5:5", Minutes, func(f *Figures) *int { return &f.FortnightPart }, 1920, 1920, aWeek),
		atMost("break_after", Break, "5:4", Minutes, func(f *Figures) *int { return &f.BreakAfter }, 60, 330, 270),
		atLeast("break", Break, "5:4", Minutes, func(f *Figures) *int { return &f.Break }, 15, 30, 240), // by agreement 15
		atMost("long_break_after", LongBreak, "5:4", Minutes, func(f *Figures) *int { return &f.LongBreakAfter }, 60, 600, 600),
		atLeast("long_break", LongBreak, "5:4", Minutes, func(f *Figures) *int { return &f.LongBreak }, 15, 30, 240), // by agreement 15
		atLeast("break_part", Break, "1:7", Minutes, func(f *Figures) *int { return &f.BreakPart }, 15, 15, 60),
		atLeast("free_sundays", FreeSundays, "5:6", Times, func(f *Figures) *int { return &f.FreeSundays }, 0, 0, 52), // by agreement fewer
		atMost("night_work", NightShift, "1:7", Minutes, func(f *Figures) *int { return &f.NightWork }, 0, 60, 60),
		atMost("night_shift", NightShift, "5:8", Minutes, func(f *Figures) *int { return &f.NightShift }, 60, 600, 600),
		atMost("long_night", NightShift, "5:8", Minutes, func(f *Figures) *int { return &f.LongNight }, 60, 720, 720),
		atMost("long_nights_14", LongNights, "5:8", Times, func(f *Figures) *int { return &f.LongNights14 }, 0, 5, 5),
		atMost("long_nights_52", LongNights, "5:8", Times, func(f *Figures) *int { return &f.LongNights52 }, 0, 22, 22),
		atLeast("long_night_rest", LongNightRest, "5:8", Minutes, func(f *Figures) *int { return &f.LongNightRest }, 720, 720, aWeek),
		atLeast("late_night_rest", LateNightRest, "5:8", Minutes, func(f *Figures) *int { return &f.LateNightRest }, 840, 840, aWeek),
		atLeast("short_late_rest", LateNightRest, "5:8", Minutes, func(f *Figures) *int { return &f.ShortLateRest }, 480, 480, aWeek),
		atMost("night_series", NightSeriesRest, "5:8", Times, func(f *Figures) *int { return &f.NightSeries }, 1, 3, 3),
		atLeast("night_series_rest", NightSeriesRest, "5:8", Minutes, func(f *Figures) *int { return &f.NightSeriesRest }, 2760, 2760, aWeek),
		atMost("series", Series, "5:8", Times, func(f *Figures) *int { return &f.Series }, 1, 8, 8), // by agreement 8
		atLeast("series_ends", Series, "", Minutes, func(f *Figures) *int { return &f.SeriesEnds }, aDay, aDay, aWeek),
		atMost("late_nights_16", LateNights, "5:8", Times, func(f *Figures) *int { return &f.LateNights16 }, 0, 36, 36),
		atMost("late_nights_52", LateNights, "5:8", Times, func(f *Figures) *int { return &f.LateNights52 }, 0, 140, 140),
		atMost("night_minutes_2", LateNights, "5:8", Minutes, func(f *Figures) *int { return &f.NightMinutes2 }, 0, 38*60, 38*60),
		atMost("night_average_after", NightAverage, "5:8", Times, func(f *Figures) *int { return &f.NightAverageAfter }, 1, 16, 16),
		atMost("night_average", NightAverage, "5:8", Minutes, func(f *Figures) *int { return &f.NightAverage }, 60, 2400, 2400),
		{"no_work_from", NoWork, "5:3", TimeOfDay, 0, aDay - 1, 0, 23 * 60, func(f *Figures) *int { return &f.NoWorkFrom }},
		{"no_work_to", NoWork, "5:3", TimeOfDay, 0, aDay - 1, 6 * 60, aDay - 1, func(f *Figures) *int { return &f.NoWorkTo }},
	}
}

// Bounds gives what may stand in the figure.
func (g Figure) Bounds(minors bool) (least, most int) {
	if minors {
		return g.MinorLeast, g.MinorMost
	}
	return g.Least, g.Most
}

// FigureError says of one figure why it can't be.
type FigureError struct {
	Figure      string
	Value       int
	Least, Most int
	Against     string // the figure it contradicts; "": it is out of its bounds
}

func (e *FigureError) Error() string {
	if e.Against != "" {
		return fmt.Sprintf("%s is %d, which contradicts %s", e.Figure, e.Value, e.Against)
	}
	return fmt.Sprintf("%s is %d; the Act leaves room for %d to %d", e.Figure, e.Value, e.Least, e.Most)
}

// Check says what is wrong with the figures, all of it: a FigureError each.
func (f Figures) Check(minors bool) error {
	var errs []error
	for _, g := range List() {
		v := *g.Of(&f)
		if least, most := g.Bounds(minors); v < least || v > most {
			errs = append(errs, &FigureError{Figure: g.Name, Value: v, Least: least, Most: most})
		}
	}
	if f.FortnightRest != 0 && f.FortnightRest < 72*60 {
		errs = append(errs, &FigureError{Figure: "fortnight_rest", Value: f.FortnightRest, Least: 72 * 60, Most: 2 * aWeek})
	}
	if minors && f.FortnightRest != 0 {
		errs = append(errs, &FigureError{Figure: "fortnight_rest", Value: f.FortnightRest})
	}
	return errors.Join(append(errs, f.contradictions()...)...)
}

// contradictions names pairs that can't both hold.
func (f Figures) contradictions() (errs []error) {
	not := func(wrong bool, name string, v int, against string) {
		if wrong {
			errs = append(errs, &FigureError{Figure: name, Value: v, Against: against})
		}
	}
	not(f.ShortRest > f.DailyRest, "short_rest", f.ShortRest, "daily_rest")
	not(f.ShortLateRest > f.LateNightRest, "short_late_rest", f.ShortLateRest, "late_night_rest")
	not(f.LongBreakAfter <= f.BreakAfter, "long_break_after", f.LongBreakAfter, "break_after")
	not(f.LongBreak < f.Break, "long_break", f.LongBreak, "break")
	not(f.BreakPart > f.Break, "break_part", f.BreakPart, "break")
	not(f.LongNight < f.NightShift, "long_night", f.LongNight, "night_shift")
	not(f.Average4 > f.Week, "average_4", f.Average4, "week")
	not(f.Average16 > f.Average4, "average_16", f.Average16, "average_4")
	counted := 0
	for _, n := range []int{f.LateNights16, f.LateNights52, f.NightMinutes2} {
		counted += min(n, 1)
	}
	not(counted != 1, "late_nights_16", f.LateNights16, "late_nights_52, night_minutes_2")
	return errs
}

// Dated is figures with the day from which they hold.
type Dated struct {
	From    calendar.Date
	Figures Figures
}

// Law is the figures for one employee, ascending by From; of days before the
// first the first hold, and none are the Act's for adults.
type Law []Dated

// At gives the figures for a day.
func (l Law) At(d calendar.Date) Figures {
	for i := len(l) - 1; i >= 0; i-- {
		if i == 0 || !d.Before(l[i].From) {
			return l[i].Figures
		}
	}
	return Default()
}
