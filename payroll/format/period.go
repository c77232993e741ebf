package format

import (
	"fmt"
	"iter"
	"strconv"

	"tikklok/ingest/hours/calendar"
)

// payPeriod is a period as a package names it: period 7 of 2026.
type payPeriod struct{ year, number int }

// periodSettings are those of packages that know periods by year and number.
func periodSettings() []Setting {
	return []Setting{
		{Key: "period", Default: string(calendar.Months), Choices: []string{string(calendar.Months), string(calendar.FourWeeks), string(calendar.Weeks)}},
		// Hours of earlier periods stand in the period that they are paid in, as
		// a package's current period is the one that is surely open, or in the
		// one that they were worked in, which the package then calculates again.
		{Key: "corrections", Default: "paid", Choices: []string{"paid", "worked"}},
	}
}

// perPeriod adds an employee's lines up per period that the package is told,
// and component. What comes to nothing is left out: some packages take a zero
// for a value.
func perPeriod(e Employee, c Content) []total[periodComponent] {
	sums := totals(e.Lines, func(l Line) periodComponent {
		if c.Settings["corrections"] == "worked" {
			return periodComponent{l.Period, l.Component}
		}
		return periodComponent{c.Period, l.Component}
	})
	left := sums[:0]
	for _, t := range sums {
		if t.Hundredths != 0 {
			left = append(left, t)
		}
	}
	return left
}

// periodValue is a value that a package takes: hours of a component in a
// period.
type periodValue struct {
	number     string
	period     payPeriod
	component  string
	hundredths int
}

// periodValues gives a run as values, employee by employee.
func periodValues(employees Employees, c Content) iter.Seq2[periodValue, error] {
	return func(yield func(periodValue, error) bool) {
		for e, err := range employees {
			if err != nil {
				yield(periodValue{}, err)
				return
			}
			for _, t := range perPeriod(e, c) {
				period, err := payPeriodOf(t.key.period, c.Settings)
				if !yield(periodValue{e.Number, period, t.key.component, t.Hundredths}, err) || err != nil {
					return
				}
			}
		}
	}
}

// payPeriodOf numbers a period, and refuses one that the package does not
// have: a run must cover a period as it is.
func payPeriodOf(p calendar.Period, s Settings) (payPeriod, error) {
	table := calendar.Table(s["period"])
	whole := table.Of(p.From)
	if whole != p {
		return payPeriod{}, fmt.Errorf("%s to %s is not a pay period by setting period %s, %s is %s to %s: make the run for that, or change the setting",
			p.From, p.To, table, table.Name(p.From), whole.From, whole.To)
	}
	name := table.Name(p.From) // 2026-07, 2026-P07 or 2026-W27
	year, err := strconv.Atoi(name[:4])
	number, err2 := strconv.Atoi(name[len(name)-2:])
	if err != nil || err2 != nil {
		return payPeriod{}, fmt.Errorf("period %s has no year and number", name)
	}
	return payPeriod{year, number}, nil
}
