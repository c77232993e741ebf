package api

import (
	"context"
	"slices"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

// waitingDays is how far back the page of codes looks for hours that wait: a
// quarter, so that it answers at once whatever was ever approved. A run's own
// check looks at all of them.
const waitingDays = 92

// codeBook is a destination's code map beside all pay codes it may hold.
type codeBook struct {
	destination payroll.Destination
	format      format.Format
	codes       payroll.CodeMap
	rules       inForce
	waiting     map[string]int // minutes by code
}

func (s *Server) codeBook(ctx context.Context, tx pg.Tx, destination int64) (b codeBook, err error) {
	if b.destination, err = payroll.DestinationByID(ctx, tx, destination); err != nil {
		return b, err
	}
	if b.format, err = format.ByName(b.destination.Format); err != nil {
		return b, err
	}
	if b.codes, err = payroll.Codes(ctx, tx, destination); err != nil {
		return b, err
	}
	today := calendar.DateOf(s.cfg.Now().In(zoneOf(callerOf(ctx).tenant.Zone)))
	if b.rules, err = rulesInForce(ctx, tx, today); err != nil {
		return b, err
	}
	b.waiting, err = waitingCodes(ctx, tx, destination, today)
	return b, err
}

func waitingCodes(ctx context.Context, tx pg.Tx, destination int64, today calendar.Date) (map[string]int, error) {
	return payroll.WaitingCodes(ctx, tx, destination, calendar.Period{From: today.AddDays(-waitingDays), To: today})
}

// ours are the pay codes of the rules, of hours that wait, and of the map.
func (b codeBook) ours() []string {
	all := each(b.rules.codes, func(u rule.CodeUse) string { return u.Code })
	all = slices.Concat(all, sortedKeys(b.waiting), sortedKeys(b.codes.Codes))
	slices.Sort(all)
	return slices.Compact(all)
}

// needed says whether a code without a component is worth a warning: nobody
// may ever be absent.
func (b codeBook) needed(code string) bool {
	return b.waiting[code] != 0 || !slices.ContainsFunc(b.rules.codes, func(u rule.CodeUse) bool {
		return u.Code == code && (u.Field == "absent_code" || u.Field == "take_up_codes")
	})
}

// lines are our codes with the package's, those that lack one first.
func (b codeBook) lines(theirs map[string]string) []page.CodeLine {
	lines := each(b.ours(), func(code string) page.CodeLine {
		return page.CodeLine{Code: code, Name: b.rules.codeName(code), Theirs: theirs[code], Used: b.waiting[code], Missing: theirs[code] == "" && b.needed(code)}
	})
	slices.SortStableFunc(lines, func(x, y page.CodeLine) int { return rank(y) - rank(x) })
	return lines
}

// rank puts what stops hours that wait before what may stop some later.
func rank(l page.CodeLine) int {
	switch {
	case l.Missing && l.Used != 0:
		return 2
	case l.Missing:
		return 1
	}
	return 0
}

// sharedComponent is a component that several of our codes have.
type sharedComponent struct {
	Codes     []string
	Component string
}

func sharedComponents(codes map[string]string) (all []sharedComponent) {
	ours := map[string][]string{}
	for _, code := range sortedKeys(codes) {
		ours[codes[code]] = append(ours[codes[code]], code)
	}
	for _, theirs := range sortedKeys(ours) {
		if len(ours[theirs]) > 1 {
			all = append(all, sharedComponent{ours[theirs], theirs})
		}
	}
	return all
}

func shared(codes map[string]string) []page.SharedCode {
	return each(sharedComponents(codes), func(s sharedComponent) page.SharedCode {
		return page.SharedCode{Theirs: s.Component, Ours: each(s.Codes, page.Plain)}
	})
}
