package incident

import (
	"strings"
	"testing"
	"time"

	"tikklok/api/sla/notice"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/press"
	"tikklok/ingest/tenant"
)

func TestAdministratorsAndTheReporterAreTold(t *testing.T) { // N-B8
	closed := at(1, 0, 0)
	all := []people.Account{
		{ID: 1, Email: "boss@example.org", Roles: []people.Role{people.Administrator}},
		{ID: 2, Email: "approver@example.org", Roles: []people.Role{people.Approver}},
		{ID: 3, Email: "gone@example.org", Roles: []people.Role{people.Administrator}, Closed: &closed},
		{ID: 4, Email: "eva", Roles: []people.Role{people.Administrator}},
	}
	fallback := people.Account{Email: "office@example.org"}
	for name, c := range map[string]struct {
		accounts []people.Account
		by       audit.Actor
		want     string
	}{
		"the administrators":          {all, audit.Actor{Kind: audit.System}, "boss@example.org"},
		"whoever reported it, too":    {all, audit.Actor{Kind: audit.Account, ID: 2}, "boss@example.org approver@example.org"},
		"an operator is no account":   {all, audit.Actor{Kind: audit.Operator, ID: 2}, "boss@example.org"},
		"where nobody can be reached": {all[1:], audit.Actor{Kind: audit.System}, "office@example.org"},
	} {
		var got []string
		for _, a := range addressees(notice.Customer{Accounts: c.accounts, Fallback: fallback}, c.by) {
			got = append(got, a.Email)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v are told, want %s", name, got, c.want)
		}
	}
}

func TestALetterSaysByWhenAndNothingThatWasTyped(t *testing.T) { // OB-P14
	zone, _ := time.LoadLocation("Europe/Amsterdam")
	i := monday()
	i.Steps = []Step{{What: Answered, DoneAt: at(16, 10, 0), Note: "secret note"}}
	to := []people.Account{{ID: 1, Email: "boss@example.org", Language: "nl"}, {ID: 2, Email: "b@example.org", Language: "pl"}}
	got, err := letters(i, News{i.Steps[0].event(), "incident 1 step 1", i.Steps[0].DoneAt}, to, window.Service(zone))
	if err != nil || len(got) != 2 || got[0].Subject != "Storing 1: oplossingsrichting gemeld" || got[1].Subject != "Incident 1: direction of the solution reported" {
		t.Fatalf("%+v", got)
	}
	for want, body := range map[string]string{"Oplossing uiterlijk: 17-11-2026 13:30 (Europe/Amsterdam)": got[0].Body, "Solution by: 17 November 2026 13:30 (Europe/Amsterdam)": got[1].Body,
		"Prioriteit: middel (categorie B)": got[0].Body, "Arose: 16 November 2026 10:00": got[1].Body} {
		if !strings.Contains(body, want) {
			t.Errorf("lacks %q:\n%s", want, body)
		}
	}
	for _, typed := range []string{"secret note", i.Report.Message, i.Report.Steps, i.Report.Computer} {
		if strings.Contains(got[0].Body+got[1].Body, typed) {
			t.Errorf("it says %q", typed)
		}
	}
	if strings.Contains(got[0].Body, "Oplossingsrichting uiterlijk") {
		t.Error("it says by when what is done is due")
	}
}

func TestALetterTellsTheTwoHoursApartInWhichTheClockIsSetBack(t *testing.T) {
	zone, _ := time.LoadLocation("Europe/Amsterdam")
	i := monday()
	i.AroseAt = time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	got, err := letters(i, News{Event: reported, At: i.AroseAt.Add(-time.Hour)}, []people.Account{{Email: "b@example.org", Language: "en"}}, window.Service(zone))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"reported, 25 October 2026 02:30 (+02:00)", "Arose: 25 October 2026 02:30 (+01:00)"} {
		if !strings.Contains(got[0].Body, want) {
			t.Errorf("it lacks %q:\n%s", want, got[0].Body)
		}
	}
}

func TestLettersHaveWordsForAllThatIsTold(t *testing.T) {
	nl, en, err := bothWords()
	if differ := press.Differences(nl, en); err != nil || len(differ) > 0 {
		t.Errorf("nl and en differ in %v: %v", differ, err)
	}
	for _, say := range []press.Words{nl, en} {
		for _, what := range append(StepKinds(), UpAgain) {
			s := Step{What: what}
			if s.told() && !say.Knows(string(s.event())) {
				t.Errorf("%s: no words for %s", say.Language, s.event())
			}
		}
		for _, p := range tenant.Profiles() {
			for _, priority := range TermsOf(p).Priorities() {
				if !say.Knows("priority." + string(priority)) {
					t.Errorf("%s: no words for %s", say.Language, priority)
				}
			}
		}
	}
}

func TestOneLetterCallsToAllThatWaits(t *testing.T) { // OB-S9
	one := Summons{ID: 5, Incident: 7, Priority: tenant.High, Category: A, Arose: at(16, 9, 0), AnswerBy: at(16, 11, 0), Step: 2}
	got, err := Letter("duty@example.com", []Customer{{Tenant: 2, Zone: time.UTC, All: []Summons{one}}, {Tenant: 1, Zone: time.UTC, All: []Summons{one}}})
	if err != nil || got.To != "duty@example.com" || !strings.Contains(got.Subject, "(2)") || !strings.Contains(got.Body, "tenant 1, incident 7: A high, 2026-11-16 09:00 UTC, answer by 2026-11-16 11:00 UTC (step 2)\ntenant 2, ") {
		t.Errorf("%s\n%s", got.Subject, got.Body)
	}
}
