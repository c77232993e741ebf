package incident_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/notice"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
	"tikklok/payroll/delivery"
)

// staff adds an administrator with an address, and a webhook.
func (r room) staff() {
	r.t.Helper()
	seal, err := delivery.OpenSeal(filepath.Join(r.t.TempDir(), "delivery.key"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.must(func(tx pg.Tx) error {
		operator := audit.Actor{Kind: audit.Operator}
		_, err := people.CreateAccount(r.t.Context(), tx, operator, people.Account{Email: "boss@example.org", Name: "Boss", Language: "nl", Roles: []people.Role{people.Administrator}}, "")
		if err != nil {
			return err
		}
		_, err = notice.PutHook(r.t.Context(), tx, operator, seal, "https://example.org/hook", at(9, 0))
		return err
	})
}

func (r room) letters(about string) (t mail.Tally) {
	r.t.Helper()
	r.must(func(tx pg.Tx) (err error) { t, err = mail.Count(r.t.Context(), tx, about); return err })
	return t
}

func (r room) calls(about string) (all []notice.Call) {
	r.t.Helper()
	r.must(func(tx pg.Tx) (err error) { all, err = notice.Calls(r.t.Context(), tx, about); return err })
	return all
}

func TestEachStepIsToldOnceByLetterAndWebhook(t *testing.T) { // OB-S5, N-B8
	r := newRoom(t)
	r.staff()
	id := r.add()
	for _, s := range []incident.Step{{What: incident.Confirmed, DoneAt: at(9, 45)}, {What: incident.Answered, DoneAt: at(10, 0)}, {What: incident.Earlier, DoneAt: at(8, 0)}, {What: incident.Solved, DoneAt: at(11, 0)}, {What: incident.Reopened, DoneAt: at(12, 0)}} {
		if err := r.do(id, s); err != nil {
			t.Fatal(err)
		}
	}
	for about, want := range map[string]string{"incident 1": "incident.reported", "incident 1 step 1": "incident.confirmed", "incident 1 step 2": "incident.answered", "incident 1 step 3": "",
		"incident 1 step 4": "incident.solved", "incident 1 step 5": "incident.reopened"} {
		calls := r.calls(about)
		if want == "" {
			if len(calls) > 0 || r.letters(about).Waiting > 0 {
				t.Errorf("%s is told: %v", about, calls)
			}
			continue
		}
		if got := r.letters(about).Waiting; got != 1 {
			t.Errorf("%s: %d letters, want 1", about, got)
		}
		if len(calls) != 1 || string(calls[0].Event) != want {
			t.Errorf("%s: %v, want %s", about, calls, want)
		}
	}
}

func TestAWebhookIsToldNumbersAndNothingThatWasTyped(t *testing.T) { // OB-P14
	r := newRoom(t)
	r.staff()
	r.add()
	var text string
	r.must(func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT data FROM notice_call WHERE tenant_id = current_tenant()").Scan(&text)
	})
	var got map[string]any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{"incident": 1.0, "state": "open", "category": "B", "priority": "medium", "arose": "2026-11-16T09:00:00Z", "at": "2026-11-16T09:30:00Z",
		"answer_by": "2026-11-16T13:00:00Z", "solve_by": "2026-11-17T12:30:00Z"} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if len(got) != 8 {
		t.Errorf("it is told %v", got)
	}
}

func TestWhatIsNotKeptIsNotTold(t *testing.T) {
	r := newRoom(t)
	r.staff()
	id := r.add()
	stop := errors.New("the server was killed here")
	err := r.in(func(tx pg.Tx) error {
		s := incident.Step{What: incident.Solved, DoneAt: at(10, 0), Note: "x", At: at(20, 0), By: by()}
		if err := incident.Do(t.Context(), tx, id, s); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) || r.letters("incident 1 step 1").Waiting > 0 || len(r.calls("incident 1 step 1")) > 0 {
		t.Errorf("told of a step that isn't there: %v", err)
	}
}

func TestTwoAtOnceSolveItOnce(t *testing.T) {
	r := newRoom(t)
	r.staff()
	id := r.add()
	var wait sync.WaitGroup
	errs := make([]error, 4)
	for n := range errs {
		wait.Go(func() { errs[n] = r.do(id, incident.Step{What: incident.Solved, DoneAt: at(10, n)}) })
	}
	wait.Wait()
	refused := 0
	for _, err := range errs {
		var no *privacy.Refused
		if errors.As(err, &no) && no.Why == "not-now" {
			refused++
		}
	}
	if steps := r.list()[0].Steps; refused != 3 || len(steps) != 1 {
		t.Errorf("%d refused, %d steps: %v", refused, len(steps), errs)
	}
	if n := pgtest.Exec(t, r.url, "SELECT count(*) FROM mail"); n != 2 {
		t.Errorf("%d letters, want that of the report and that of the solution", n)
	}
}

func TestADowntimeThatIsOverIsToldFromItsBeginningToItsEnd(t *testing.T) {
	r := newRoom(t)
	r.staff()
	r.measured(at(9, 10), sla.Down, sla.Down, sla.Up)
	r.find(at(9, 13))
	r.find(at(9, 14))
	if n := pgtest.Exec(t, r.url, "SELECT count(*) FROM mail"); n != 2 {
		t.Errorf("%d letters, want one that it was found and one that signing in works again", n)
	}
}

func (r room) roster(duties ...incident.Duty) {
	r.t.Helper()
	for _, d := range duties {
		d.From, d.Until, d.Name, d.Telephone = at(0, 0), at(23, 0), "Duty team", "+31 88 000 0001"
		r.must(func(tx pg.Tx) error { _, err := incident.PutDuty(r.t.Context(), tx, d, at(9, 0)); return err })
	}
}

func (r room) summon(now time.Time) (all []incident.Summons) {
	r.t.Helper()
	r.must(func(tx pg.Tx) (err error) { all, err = incident.Summon(r.t.Context(), tx, time.UTC, now); return err })
	return all
}

func (r room) taken(all []incident.Summons, now time.Time) {
	r.t.Helper()
	r.must(func(tx pg.Tx) error { return incident.Settle(r.t.Context(), tx, all, true, now) })
}

// grave opens an incident of high priority.
func (r room) grave() int64 {
	r.t.Helper()
	id := r.add()
	if err := r.do(id, incident.Step{What: incident.Weighed, DoneAt: at(9, 50), Priority: "high"}); err != nil {
		r.t.Fatal(err)
	}
	return id
}

func TestWhoIsOnDutyIsToldOnceAndTheNextStepAfterTenMinutes(t *testing.T) { // OB-S9
	r := newRoom(t)
	r.roster(incident.Duty{Step: 1, Email: "one@example.com"}, incident.Duty{Step: 2}, incident.Duty{Step: 3, Email: "three@example.com"})
	id := r.grave()
	first := r.summon(at(10, 0))
	if len(first) != 1 || first[0].Step != 1 || first[0].To[0].Email != "one@example.com" || first[0].Incident != id {
		t.Fatalf("%+v", first)
	}
	if again := r.summon(at(10, 1)); len(again) > 0 {
		t.Errorf("given to another server within two minutes: %+v", again)
	}
	if again := r.summon(at(10, 3)); len(again) != 1 || again[0].ID != first[0].ID {
		t.Errorf("nobody lived to send it, and it isn't given again: %+v", again)
	}
	r.taken(first, at(10, 3))
	if again := r.summon(at(10, 9)); len(again) > 0 {
		t.Errorf("told again: %+v", again)
	}
	next := r.summon(at(10, 10))
	if len(next) != 1 || next[0].Step != 3 {
		t.Fatalf("after ten minutes: %+v, want step 3, the next that has an address", next)
	}
	r.taken(next, at(10, 10))
	if more := r.summon(at(11, 0)); len(more) > 0 {
		t.Errorf("the last step is told again: %+v", more)
	}
	r.must(func(tx pg.Tx) error {
		told, err := incident.ToldOf(t.Context(), tx, id)
		if len(told) != 2 || told[0] != (incident.Told{Step: 3, At: told[0].At, Sent: true}) || !told[0].At.Equal(at(10, 10)) {
			t.Errorf("%+v", told)
		}
		return err
	})
}

func TestNobodyMoreIsToldOnceSomebodyAnsweredOrHasItInHand(t *testing.T) { // OB-S9
	for name, answer := range map[string]func(r room, id int64){
		"a call was answered": func(r room, id int64) {
			r.must(func(tx pg.Tx) error {
				return incident.NoteCall(t.Context(), tx, incident.Call{Incident: id, Step: 1, CalledAt: at(10, 2), Answered: at(10, 3)}, by(), at(20, 0))
			})
		},
		"the receipt was confirmed": func(r room, id int64) {
			if err := r.do(id, incident.Step{What: incident.Confirmed, DoneAt: at(10, 3)}); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.roster(incident.Duty{Step: 1, Email: "one@example.com"}, incident.Duty{Step: 2, Email: "two@example.com"})
			id := r.grave()
			r.taken(r.summon(at(10, 0)), at(10, 0))
			answer(r, id)
			if more := r.summon(at(10, 30)); len(more) > 0 {
				t.Errorf("told all the same: %+v", more)
			}
		})
	}
}

func TestWhoTakesOverWhileItWaitsIsToldToo(t *testing.T) { // OB-S9
	r := newRoom(t)
	r.roster(incident.Duty{Step: 1, Email: "one@example.com"})
	r.grave()
	r.taken(r.summon(at(10, 0)), at(10, 0))
	r.must(func(tx pg.Tx) error {
		next := incident.Duty{From: at(12, 0), Until: at(23, 0), Step: 1, Name: "Duty team", Telephone: "+31 88 000 0001", Email: "two@example.com"}
		_, err := incident.PutDuty(t.Context(), tx, next, at(11, 0))
		return err
	})
	if early := r.summon(at(11, 58)); len(early) > 0 {
		t.Errorf("before the shift: %+v", early)
	}
	got := r.summon(at(12, 1))
	if len(got) != 1 || len(got[0].To) != 1 || got[0].To[0].Email != "two@example.com" {
		t.Errorf("%+v, want a letter to who takes over alone", got)
	}
}

func TestWhatIsReopenedIsToldAnew(t *testing.T) {
	r := newRoom(t)
	r.roster(incident.Duty{Step: 1, Email: "one@example.com"})
	id := r.grave()
	r.taken(r.summon(at(10, 0)), at(10, 0))
	for _, s := range []incident.Step{{What: incident.Solved, DoneAt: at(10, 30)}, {What: incident.Reopened, DoneAt: at(11, 0)}} {
		if err := r.do(id, s); err != nil {
			t.Fatal(err)
		}
	}
	if again := r.summon(at(11, 1)); len(again) != 1 {
		t.Errorf("%+v", again)
	}
}

func TestWhatCanWaitCallsNobody(t *testing.T) {
	r := newRoom(t)
	r.roster(incident.Duty{Step: 1, Email: "one@example.com"})
	r.add() // medium
	if got := r.summon(at(10, 0)); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestTheHoursOfSupportAreKeptWithEachIncidentOfTheirContract(t *testing.T) { // W-3.6
	r := newRoom(t)
	put := func(h incident.Hours) error {
		return r.in(func(tx pg.Tx) error { return incident.PutSupportHours(t.Context(), tx, h, at(9, 0)) })
	}
	if err := put(incident.Hours{Opens: 600, Closes: 600, Days: 62}); err == nil {
		t.Error("hours that never are")
	}
	if err := put(incident.Hours{Opens: 540, Closes: 1020, Days: 0}); err == nil {
		t.Error("hours on no day")
	}
	if err := put(incident.Hours{Opens: 540, Closes: 1020, Days: 62}); err != nil {
		t.Fatal(err)
	}
	r.add() // under the strictest of all, which has the service window
	pgtest.Contract(t, r.url, r.tenant, "winbase")
	r.add()
	if err := put(incident.Hours{Opens: 480, Closes: 1020, Days: 62}); err != nil {
		t.Fatal(err)
	}
	all := r.list()
	if all[1].Terms.Hours != nil || all[0].Terms.Hours == nil || all[0].Terms.Hours.Opens != 540 {
		t.Errorf("strict %+v, winbase %+v", all[1].Terms.Hours, all[0].Terms.Hours)
	}
}
