package report

import (
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/people"
	"tikklok/ingest/press/presstest"
)

func TestBothLanguagesSayTheSame(t *testing.T) { presstest.SayTheSame(t, texts) }

func TestALetterTellsTheTwoHoursApartInWhichTheClockIsSetBack(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	d := sla.Decision{From: from, To: from.Add(time.Hour), Cause: sla.Supplier}
	all, err := letters(news{say: decisionText(d)}, []people.Account{{Email: "boss@example.org", Language: "pl"}}, zone)
	if err != nil {
		t.Fatal(err)
	}
	if want := "25 October 2026 02:30 (+02:00) until 25 October 2026 02:30 (+01:00)"; !strings.Contains(all[0].Body, want) {
		t.Errorf("it lacks %q:\n%s", want, all[0].Body)
	}
}
