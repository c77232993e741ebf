package api

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/tenant"
)

// reportOn is the paper of October 2026 as it was at a moment: WinBase until the
// 15th, Nedap after it, with an outage over that midnight and one in the hour in
// which the clock is set back.
func reportOn(t *testing.T, language string, now time.Time) string {
	t.Helper()
	pages, err := page.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	zone, october := now.Location(), sla.Month{Year: 2026, Month: time.October}
	var f sla.Facts
	for at := october.In(zone); at.Before(october.Add(1).In(zone)) && at.Before(now); at = at.Add(time.Minute) {
		m := sla.Minute{At: at.UTC(), State: sla.Up}
		for from, minutes := range map[string]int{"2026-10-15T21:30:00Z": 70, "2026-10-25T00:30:00Z": 1000} {
			if begin, _ := time.Parse(time.RFC3339, from); !at.Before(begin) && at.Before(begin.Add(time.Duration(minutes)*time.Minute)) {
				m.State = sla.Down
			}
		}
		f.Minutes = append(f.Minutes, m)
	}
	day := func(d int) time.Time { return time.Date(2026, 10, d, 0, 0, 0, 0, time.UTC) }
	var all []tenant.Agreement
	for i, name := range []tenant.ProfileName{tenant.WinBase, tenant.Nedap} {
		profile, _ := tenant.ProfileOf(name)
		all = append(all, tenant.Agreement{Version: i + 1, Profile: name, Terms: profile, Starts: day(1), Signed: day(1 + 15*i)})
	}
	m := serviceMonth{report: sla.Reckon(october, zone, sla.AgreedOf(all, window.Service(zone)), f, now), contract: all[1]}
	if m.report.Over() {
		m.issues = []sla.Issue{{Month: october, Number: 1, Figures: m.report.Figures(), By: audit.Actor{Kind: audit.System}, At: now}}
	}
	p := servicePaper{m: m, paperWords: paperWords{pages: pages, language: language}}
	d := p.document("Acme", now)
	if err := d.PDF(&bytes.Buffer{}); err != nil || p.err != nil {
		t.Fatal(err, p.err)
	}
	return d.Text()
}

func TestTheReportOfAMonthWhoseContractChangedStandsInPartsOnPaper(t *testing.T) { // OB-S1, OB-S2
	text := reportOn(t, "en", time.Date(2026, 11, 8, 9, 0, 0, 0, zoneOf("Europe/Amsterdam")))
	for _, want := range []string{
		"From 1 Oct 2026 up to and including 15 Oct 2026", "Minutes that count this month: 5,610 minutes", "100.000%", "off the invoice of November 2026, for these days",
		"From 16 Oct 2026 up to and including 31 Oct 2026", "Minutes that count this month: 23,100 minutes", "Ratio: 22,060 of 23,100 minutes", "Measured availability: 95.497%", "75% of the subscription for these days of October 2026 back",
		"From: 15 Oct 2026 23:30\nTo: 16 Oct 2026 00:40\nMinutes: 40\nOutside the promise: 30",
		"From: 25 Oct 2026 02:30 (+02:00)\nTo: 25 Oct 2026 18:10\nMinutes: 1,000",
		"Nobody has decided yet whose failing 2 outages were",
		"100.000%, credit 0% (1 October – 15 October), 95.497%, credit 75% (16 October – 31 October)", "The credit is a percentage and no amount",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	first, _, _ := strings.Cut(text, "From 16 Oct")
	if strings.Contains(first, "Nobody has decided") {
		t.Errorf("an outage is named in a part in which it doesn't count:\n%s", first)
	}
}

func TestThePaperOfAMonthThatRunsSaysSo(t *testing.T) {
	text := reportOn(t, "nl", time.Date(2026, 10, 20, 9, 0, 0, 0, zoneOf("Europe/Amsterdam")))
	for _, want := range []string{"De maand loopt nog", "Gerekend tot: 20 okt 2026 09:00", "Als de maand nu voorbij was."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
