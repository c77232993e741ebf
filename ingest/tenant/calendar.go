package tenant

import (
	"slices"
	"time"
)

// Entry is a day of the contract's calendar.
type Entry struct {
	Day     time.Time // midnight UTC
	Kind    EntryKind
	Service Service // of first use
	Event   int64   // what it follows from; 0: from the terms
	Days    int     // until then; below 0: ago
	Warn    bool    // somebody has to do something, or should know now
}

// EntryKind is what a day of the calendar is.
type EntryKind string

// The kinds.
const (
	Begins       EntryKind = "begins"
	FirstUseBy   EntryKind = "first_use"     // a service not taken by then is charged (OB-H12)
	IndexTellBy  EntryKind = "index_tell"    // the last day on which an indexation can be told
	IndexFrom    EntryKind = "index_from"    // prices rise
	TermsFrom    EntryKind = "terms_from"    // changed terms hold; until the day before the customer may end
	MajeureLimit EntryKind = "majeure_limit" // from the day after on the other party may end at once
	Ends         EntryKind = "ends"          // the last day
	AccessUntil  EntryKind = "access_until"  // the last day of reading
	DataUntil    EntryKind = "data_until"    // the day on which data is destroyed
	BackupsUntil EntryKind = "backups_until" // the day on which the last backup is
)

// warnAhead is how long before a day that asks something of somebody it is
// shown as a warning.
const warnAhead = 31 * 24 * time.Hour

// Calendar gives the days that a contract has ahead, and those of the year
// behind, the first first.
func (a Agreement) Calendar(events []Event, today time.Time) []Entry {
	if a.Version == 0 {
		return nil
	}
	today = midnight(today)
	standing := Standing(events)
	all := append([]Entry{{Day: a.Starts, Kind: Begins}}, a.firstUse(standing, today)...)
	all = append(all, a.indexing(standing, today)...)
	all = append(all, a.changes(standing)...)
	all = append(all, a.ending()...)
	all = slices.DeleteFunc(all, func(e Entry) bool { return e.Day.Before(today.AddDate(-1, 0, 0)) })
	for i := range all {
		all[i].Days = int(all[i].Day.Sub(today).Hours() / 24)
		all[i].Warn = all[i].Warn && (all[i].Days >= 0 || all[i].Kind == FirstUseBy)
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return a.Day.Compare(b.Day) })
	return all
}

// firstUse gives the day by which each service that nobody took is charged.
func (a Agreement) firstUse(standing []Event, today time.Time) []Entry {
	var out []Entry
	by := a.Terms.FirstUse.After(a.Signed)
	for _, s := range Services() {
		used := slices.ContainsFunc(standing, func(e Event) bool { return e.Kind == Used && e.Service == s })
		if !used && (a.Ends == nil || by.Before(*a.Ends)) {
			out = append(out, Entry{Day: by, Kind: FirstUseBy, Service: s, Warn: by.Sub(today) <= 2*warnAhead})
		}
	}
	return out
}

// indexing gives the next day on which prices may rise, and until when it can
// be told; told is told.
func (a Agreement) indexing(standing []Event, today time.Time) []Entry {
	var out []Entry
	for _, e := range standing {
		if e.Kind == Indexed {
			out = append(out, Entry{Day: e.Effective, Kind: IndexFrom, Event: e.ID, Warn: e.Effective.After(today)})
		}
	}
	i := a.Terms.Indexation
	if i.Month == 0 {
		return out
	}
	next := time.Date(today.Year(), i.Month, i.Day, 0, 0, 0, 0, time.UTC)
	if i.Ahead.Before(next).Before(today) {
		next = next.AddDate(1, 0, 0)
	}
	told := slices.ContainsFunc(out, func(e Entry) bool { return e.Day.Equal(next) })
	if !told && (a.Ends == nil || next.Before(*a.Ends)) {
		out = append(out, Entry{Day: i.Ahead.Before(next), Kind: IndexTellBy})
	}
	return out
}

func (a Agreement) changes(standing []Event) []Entry {
	var out []Entry
	for _, e := range standing {
		switch {
		case e.Kind == TermsChange:
			out = append(out, Entry{Day: e.Effective, Kind: TermsFrom, Event: e.ID, Warn: true})
		case e.Kind == ForceMajeure && !slices.ContainsFunc(standing, func(o Event) bool { return o.Kind == Over && o.TakesBack == e.ID }):
			out = append(out, Entry{Day: e.Effective.AddDate(0, 0, a.Terms.ForceMajeure), Kind: MajeureLimit, Event: e.ID, Warn: true})
		}
	}
	return out
}

// ending gives what the end date starts (OB-P4, OB-P5).
func (a Agreement) ending() []Entry {
	if a.Ends == nil {
		return nil
	}
	end := a.Terms.End
	out := []Entry{{Day: *a.Ends, Kind: Ends, Warn: true}}
	if !end.Chosen() {
		return out
	}
	if !end.Access.IsZero() {
		out = append(out, Entry{Day: end.Access.After(*a.Ends), Kind: AccessUntil, Warn: true})
	}
	data := end.Data.After(*a.Ends)
	return append(out, Entry{Day: data, Kind: DataUntil, Warn: true}, Entry{Day: end.Backups.After(data), Kind: BackupsUntil})
}
