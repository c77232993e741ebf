package notice

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/press/presstest"
)

var from = time.Date(2026, 12, 5, 21, 0, 0, 0, time.UTC)

func work() Maintenance {
	return Maintenance{Reference: "db-16", From: from, Until: from.Add(time.Hour), NL: Words{"Nieuwe database", "Sneller."}, EN: Words{"New database", "Faster."}}
}

func TestExactlyTheHoursAheadIsInTime(t *testing.T) { // OB-S3
	for _, c := range []struct {
		name            string
		ahead, promised time.Duration
		late            time.Duration
	}{
		{"exactly 48 hours", 48 * time.Hour, 48 * time.Hour, 0},
		{"a second less", 48*time.Hour - time.Second, 48 * time.Hour, time.Second},
		{"more", 72 * time.Hour, 48 * time.Hour, 0},
		{"after it began", -time.Minute, 48 * time.Hour, 48*time.Hour + time.Minute},
		{"nothing promised", -time.Minute, 0, 0},
	} {
		m := work()
		m.Announced, m.Promised = from.Add(-c.ahead), c.promised
		if got := m.Late(); got != c.late {
			t.Errorf("%s: late by %s, want %s", c.name, got, c.late)
		}
	}
}

func TestHoursAheadAreOfTheClockThatNeverJumps(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	m := work() // the night of 28 March 2027 has 23 hours
	m.From, m.Promised = time.Date(2027, 3, 29, 8, 0, 0, 0, zone), 48*time.Hour
	m.Announced = time.Date(2027, 3, 27, 8, 0, 0, 0, zone)
	if got := m.Late(); got != time.Hour {
		t.Errorf("late by %s, want an hour: the same time two days before is 47 hours ahead", got)
	}
	m.Announced = m.Announced.Add(-time.Hour)
	if got := m.Late(); got != 0 || m.Ahead() != 48*time.Hour {
		t.Errorf("exactly 48 hours ahead over the change of the clock is late by %s", got)
	}
}

func TestItIsShownUntilItEndsOrIsCancelled(t *testing.T) {
	m := work()
	if !m.Shown(from.Add(-time.Hour)) || !m.Shown(from) || m.Shown(m.Until) {
		t.Error("it is shown until it ends")
	}
	m.Cancelled = &from
	if m.Shown(from.Add(-time.Hour)) {
		t.Error("what was cancelled is shown")
	}
}

func TestWhatIsNoAnnouncementIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Maintenance){
		"no reference":                 func(m *Maintenance) { m.Reference = "" },
		"ends before it begins":        func(m *Maintenance) { m.Until = m.From },
		"lasts a month":                func(m *Maintenance) { m.Until = m.From.AddDate(0, 1, 0) },
		"is over":                      func(m *Maintenance) { m.From, m.Until = from.AddDate(-1, 0, 0), from.AddDate(-1, 0, 1) },
		"no Dutch":                     func(m *Maintenance) { m.NL.Title = "" },
		"no English":                   func(m *Maintenance) { m.EN.Title = "" },
		"a line break in its title":    func(m *Maintenance) { m.EN.Title = "a\r\nBcc: b" },
		"a title that is far too long": func(m *Maintenance) { m.NL.Title = strings.Repeat("é", 121) },
		"a book":                       func(m *Maintenance) { m.NL.Changes = strings.Repeat("x", 4001) },
	} {
		m := work()
		spoil(&m)
		if m.check(from.Add(-72*time.Hour)) == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

func TestAllWhoCanSignInGetALetterInTheirLanguage(t *testing.T) { // P-A3.4
	closed := from
	accounts := []people.Account{{ID: 1, Email: "eva@example.com", Language: "nl"}, {ID: 2, Email: "jan@example.com", Language: "pl"},
		{ID: 3, Email: "gone@example.com", Language: "nl", Closed: &closed}, {ID: 4, Email: "no address", Language: "nl"}}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	got, err := letters(work(), Announced, accounts, zone)
	if err != nil || len(got) != 2 || got[0].Account != 1 || got[1].Account != 2 {
		t.Fatalf("letters go to %+v, want accounts 1 and 2", got)
	}
	for i, want := range []string{"5-12-2026 22:00 tot 05-12-2026 23:00 (Europe/Amsterdam)", "5 December 2026 22:00 until 5 December 2026 23:00 (Europe/Amsterdam)"} {
		if !strings.Contains(got[i].Body, want) {
			t.Errorf("letter %d does not say %q:\n%s", i, want, got[i].Body)
		}
	}
}

func TestEachReleaseSaysWhatItBroughtInBothLanguages(t *testing.T) { // OB-S8
	all, err := Releases()
	if err != nil || len(all) == 0 {
		t.Fatal("no release notes:", err)
	}
	if !slices.IsSortedFunc(all, func(a, b Release) int { return b.Day.Compare(a.Day) }) {
		t.Error("the newest is not first")
	}
	seen := map[string]bool{}
	for _, r := range all {
		if seen[r.Version] || r.Version == "" || len(r.NL) == 0 || len(r.NL) != len(r.EN) || slices.Contains(append(r.NL, r.EN...), "") {
			t.Errorf("release %q: once, with as many sentences in Dutch as in English", r.Version)
		}
		seen[r.Version] = true
	}
}

func TestABuildHasTheNotesOfItsVersion(t *testing.T) { // OB-S8
	all, err := Releases()
	if err != nil {
		t.Fatal(err)
	}
	for build, want := range map[string]string{"0.6": "0.6", "v0.6": "0.6", "0.6-12-gab12cd3": "0.6", "v0.6-1-gab12cd3-dirty": "0.6",
		"ab12cd3": all[0].Version, "1234567-dirty": all[0].Version, "unknown": all[0].Version, "99.1": "", "99.1-3-gab12cd3": ""} {
		r, ok, err := Running(build)
		if err != nil || ok != (want != "") || r.Version != want {
			t.Errorf("build %s has the notes of %q, %t: %v; want %q", build, r.Version, ok, err, want)
		}
	}
}

func TestLettersSayTheSameInBothLanguages(t *testing.T) { presstest.SayTheSame(t, texts) }
