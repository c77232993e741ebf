package notice

import (
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/people"
	"tikklok/ingest/people/peopletest"
	"tikklok/ingest/pg"
)

func (h *house) newcomers(now time.Time) (n int) {
	h.T.Helper()
	h.In(func(tx pg.Tx) (err error) { n, err = TellNewcomers(h.T.Context(), tx, now); return err })
	return n
}

func TestWhoComesAfterAnAnnouncementIsToldToo(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-72 * time.Hour)
	m := h.announce(work(), now)
	if n := h.newcomers(now.Add(time.Minute)); n != 0 {
		t.Errorf("%d who were told are told again", n)
	}
	h.Join(peopletest.User("new@example.com", "en", people.Approver))
	for _, want := range []int{1, 0} {
		if n := h.newcomers(from.Add(-time.Hour)); n != want {
			t.Errorf("%d newcomers are told, want %d", n, want)
		}
	}
	if got := h.letters(m.About(Announced)).Waiting; got != 2 {
		t.Errorf("%d letters count as the announcement's, want the 2 of who was there", got)
	}
	if n := h.newcomers(m.Until); n != 0 {
		t.Errorf("%d are told of work that is over", n)
	}
}

func TestNobodyIsToldLaterOfWhatWasCancelled(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-72 * time.Hour)
	h.announce(work(), now)
	h.In(func(tx pg.Tx) error { _, err := Cancel(t.Context(), tx, operator, work().Reference, now); return err })
	h.Join(peopletest.User("new@example.com", "en", people.Approver))
	if n := h.newcomers(now.Add(time.Hour)); n != 0 {
		t.Errorf("%d are told", n)
	}
}

func TestWorkSaysHowMuchOfItFallsWithinOfficeHours(t *testing.T) { // OB-S3
	h := newHouse(t)
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, zone)
	}
	h.In(func(tx pg.Tx) error { // November by the service window, from December on day and night
		return sla.PutOffice(t.Context(), tx, sla.Office{Month: sla.Month{Year: 2026, Month: time.December}, Window: window.Window{From: 0, To: 1440, Days: window.Always(zone).Days, Holidays: true, Zone: zone}, By: operator}, at(11, 1, 9, 0))
	})
	for _, c := range []struct {
		name        string
		from, until time.Time
		want        time.Duration
	}{
		{"a night", at(11, 24, 22, 0), at(11, 25, 4, 0), 0},
		{"an evening that begins at half past four", at(11, 24, 16, 30), at(11, 24, 20, 0), 30 * time.Minute},
		{"a Sunday", at(11, 29, 9, 0), at(11, 29, 12, 0), 0},
		{"over the end of the month, where other hours begin", at(11, 30, 16, 0), at(12, 1, 1, 0), 2 * time.Hour},
	} {
		h.In(func(tx pg.Tx) error {
			got, err := InOffice(t.Context(), tx, Maintenance{From: c.from, Until: c.until}, zone)
			if got != c.want {
				t.Errorf("%s: %s within office hours, want %s", c.name, got, c.want)
			}
			return err
		})
	}
}

func TestWorkThatWasCancelledHalfwayIsLeftOutOfNothing(t *testing.T) { // W-3.2
	h := newHouse(t)
	m := h.announce(work(), from.Add(-72*time.Hour))
	left := func() (n int) {
		h.In(func(tx pg.Tx) error { all, err := Work(t.Context(), tx, time.Time{}); n = len(all); return err })
		return n
	}
	if left() != 1 {
		t.Error("announced work is left out of nothing")
	}
	h.In(func(tx pg.Tx) error {
		_, err := Cancel(t.Context(), tx, operator, m.Reference, from.Add(30*time.Minute))
		return err
	})
	if left() != 0 || h.letters(m.About(Cancelled)).Waiting != 2 {
		t.Errorf("%d pieces of work are left out, letters: %+v", left(), h.letters(m.About(Cancelled)))
	}
}

func TestAnnouncementsThatOverlapAreEachToldAndShown(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-72 * time.Hour)
	second := work()
	second.Reference, second.From = "db-17", from.Add(30*time.Minute)
	second.Until = second.From.Add(time.Hour)
	for _, m := range []Maintenance{h.announce(work(), now), h.announce(second, now)} {
		if got := h.letters(m.About(Announced)).Waiting; got != 2 {
			t.Errorf("%s: %d letters", m.Reference, got)
		}
	}
	h.In(func(tx pg.Tx) error {
		all, err := Ahead(t.Context(), tx, from.Add(70*time.Minute))
		if len(all) != 1 || all[0].Reference != "db-17" {
			t.Errorf("after the first one ended are shown %+v", all)
		}
		return err
	})
}
