package incident_test

import (
	"errors"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/incident"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
)

func at(hour, minute int) time.Time { return time.Date(2026, 11, 16, hour, minute, 0, 0, time.UTC) }

func by() audit.Actor { return audit.Actor{Kind: audit.Account, ID: 7} }

type room struct {
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
}

func newRoom(t *testing.T) room {
	url := pgtest.URL(t)
	r := room{t, url, pgtest.Open(t, url, pg.RoleApp), pgtest.Tenant(t, url, "a")}
	pgtest.Exec(t, url, "UPDATE tenant SET created_at = $1", at(9, 9))
	return r
}

func (r room) in(do func(tx pg.Tx) error) error { return r.db.InTenant(r.t.Context(), r.tenant, do) }

func (r room) must(do func(tx pg.Tx) error) {
	r.t.Helper()
	if err := r.in(do); err != nil {
		r.t.Fatal(err)
	}
}

func (r room) add() (id int64) {
	r.t.Helper()
	r.must(func(tx pg.Tx) (err error) {
		id, err = incident.Add(r.t.Context(), tx, incident.Incident{Kind: incident.Fault, Channel: incident.ByTelephone, AroseAt: at(9, 0), Reported: at(9, 30), At: at(9, 40), By: by(),
			Report: incident.Report{Message: "The sheet doesn't open.", Steps: "Week 46.", Computer: "Edge 131"}, Impact: incident.Impact{Disturbance: incident.Serious, Hit: 10, Users: 100}})
		return err
	})
	return id
}

func (r room) do(id int64, s incident.Step) error {
	s.Note, s.At, s.By = "as agreed", at(20, 0), by()
	return r.in(func(tx pg.Tx) error { return incident.Do(r.t.Context(), tx, id, s) })
}

func (r room) list() (all []incident.Incident) {
	r.t.Helper()
	r.must(func(tx pg.Tx) (err error) { all, err = incident.List(r.t.Context(), tx); return err })
	return all
}

func (r room) find(now time.Time) (opened []int64) {
	r.t.Helper()
	r.must(func(tx pg.Tx) error {
		seen, err := incident.Seen(r.t.Context(), tx, now.AddDate(0, 0, -35), now)
		if err != nil {
			return err
		}
		opened, err = incident.Find(r.t.Context(), tx, seen, now)
		return err
	})
	return opened
}

func (r room) measured(from time.Time, states ...sla.State) {
	r.t.Helper()
	var minutes []sla.Minute
	for n, state := range states {
		if state != sla.Unmeasured {
			minutes = append(minutes, sla.Minute{At: from.Add(time.Duration(n) * time.Minute), State: state})
		}
	}
	r.must(func(tx pg.Tx) error {
		_, err := sla.Record(r.t.Context(), tx, "probe", minutes, from.Add(time.Duration(len(states))*time.Minute))
		return err
	})
}

func TestAnIncidentIsReadAsItWasWrittenDown(t *testing.T) { // OB-S5, I3
	r := newRoom(t)
	id := r.add()
	for _, s := range []incident.Step{{What: incident.Confirmed, DoneAt: at(9, 45)}, {What: incident.Answered, DoneAt: at(10, 0)}, {What: incident.Weighed, DoneAt: at(11, 0), Priority: "low", Of: 9}, {What: incident.Solved, DoneAt: at(12, 0)}} {
		if err := r.do(id, s); err != nil {
			t.Fatal(err)
		}
	}
	i := r.list()[0]
	if i.ID != id || i.State() != incident.Done || i.Now() != "low" || i.Priority != "medium" || i.Category != incident.B || !i.AnsweredAt().Equal(at(10, 0)) || len(i.Steps) != 4 ||
		i.Report.Steps != "Week 46." || i.Impact.Users != 100 || i.Terms.Profile != "strict" || len(i.Terms.Promises) != 4 {
		t.Errorf("%+v", i)
	}
	for _, change := range []string{"UPDATE incident_step SET note = ''", "DELETE FROM incident"} {
		if err := r.in(func(tx pg.Tx) error { _, err := tx.Exec(t.Context(), change); return err }); err == nil {
			t.Errorf("%s is done", change)
		}
	}
}

func TestADuplicateNamesOneThatCounts(t *testing.T) {
	r := newRoom(t)
	first, second := r.add(), r.add()
	var no *privacy.Refused
	if err := r.do(second, incident.Step{What: incident.Duplicate, DoneAt: at(10, 0), Of: 99}); !errors.As(err, &no) || no.Field != "of" {
		t.Errorf("a duplicate of none: %v", err)
	}
	if err := r.do(second, incident.Step{What: incident.Duplicate, DoneAt: at(10, 0), Of: first}); err != nil {
		t.Fatal(err)
	}
	if err := r.do(first, incident.Step{What: incident.Duplicate, DoneAt: at(10, 0), Of: second}); !errors.As(err, &no) || no.Why != "closed" {
		t.Errorf("each is the other's duplicate: %v", err)
	}
}

func TestAnIncidentIsOfOneTenant(t *testing.T) { // I6
	r := newRoom(t)
	id := r.add()
	r.tenant = pgtest.Tenant(t, r.url, "b")
	if err := r.do(id, incident.Step{What: incident.Answered, DoneAt: at(10, 0)}); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("another tenant's incident: %v", err)
	}
	if len(r.list()) > 0 {
		t.Error("another tenant's incident is listed")
	}
	err := r.in(func(tx pg.Tx) error {
		return incident.NoteCall(t.Context(), tx, incident.Call{Incident: id, Step: 1, CalledAt: at(9, 0)}, by(), at(10, 0))
	})
	if !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("a call about another tenant's incident: %v", err)
	}
}

func TestADowntimeOpensOneIncidentHoweverOftenItIsTold(t *testing.T) { // OB-S5
	r := newRoom(t)
	const u, d, x = sla.Up, sla.Down, sla.Unmeasured
	r.measured(at(9, 10), u, d)
	if got := r.find(at(9, 12)); len(got) != 1 {
		t.Fatalf("opened %v", got)
	}
	r.measured(at(9, 12), d, d, x, d)
	if got := r.find(at(9, 16)); len(got) != 0 {
		t.Fatalf("the same downtime opened %v", got)
	}
	i := r.list()[0]
	if i.Priority != "login" || i.Category != incident.A || !i.Arose().Equal(at(9, 11)) || i.State() != incident.Open || len(i.Steps) != 0 {
		t.Fatalf("%+v", i)
	}
	r.measured(at(9, 16), u)
	r.find(at(9, 18))
	r.find(at(9, 19))
	if i = r.list()[0]; len(i.Steps) != 1 || i.Steps[0].What != incident.UpAgain || !i.Steps[0].DoneAt.Equal(at(9, 16)) || !i.IsOpen() {
		t.Fatalf("%+v", i.Steps)
	}
	r.measured(at(9, 30), d, u)
	if got := r.find(at(9, 32)); len(got) != 1 || len(r.list()) != 2 {
		t.Errorf("another downtime opened %v", got)
	}
}

func TestMinutesThatComeLaterMoveTheBeginning(t *testing.T) {
	r := newRoom(t)
	const u, d = sla.Up, sla.Down
	r.measured(at(9, 10), d, d)
	r.find(at(9, 12))
	r.measured(at(9, 8), u, d) // delivered after the outage
	if got := r.find(at(9, 13)); len(got) > 0 {
		t.Fatalf("opened %v", got)
	}
	if i := r.list()[0]; !i.Arose().Equal(at(9, 9)) || !i.AroseAt.Equal(at(9, 10)) || len(r.list()) != 1 {
		t.Errorf("%+v", i)
	}
	r.find(at(9, 14))
	if i := r.list()[0]; len(i.Steps) != 1 {
		t.Errorf("told again: %+v", i.Steps)
	}
}

func TestARunThatALateMinuteSplitsStaysOneIncidentEach(t *testing.T) {
	r := newRoom(t)
	const u, d, x = sla.Up, sla.Down, sla.Unmeasured
	r.measured(at(9, 10), d, x, d)
	r.find(at(9, 13))
	r.measured(at(9, 11), u) // the second probe got in
	if got := r.find(at(9, 14)); len(got) != 1 || len(r.list()) != 2 {
		t.Errorf("opened %v of %d", got, len(r.list()))
	}
	if got := r.find(at(9, 15)); len(got) > 0 {
		t.Errorf("opened %v again", got)
	}
}

func TestWhatTheProbeStillFindsIsNotSolved(t *testing.T) {
	r := newRoom(t)
	r.measured(at(9, 10), sla.Down, sla.Down)
	id := r.find(at(9, 12))[0]
	if err := r.do(id, incident.Step{What: incident.Solved, DoneAt: at(9, 13)}); err != nil {
		t.Fatal(err)
	}
	r.find(at(9, 14))
	if i := r.list()[0]; i.IsOpen() {
		t.Fatal("opened again by minutes of before the solution")
	}
	r.measured(at(9, 12), sla.Down, sla.Down, sla.Down)
	r.find(at(9, 15))
	r.find(at(9, 16))
	if i := r.list()[0]; !i.IsOpen() || !i.SolvedAt().IsZero() || len(i.Steps) != 2 {
		t.Errorf("solved while nobody gets in: %+v", i.Steps)
	}
}

func TestADowntimeOfBeforeTheTenantIsNotItsOwn(t *testing.T) {
	r := newRoom(t)
	r.measured(at(9, 5), sla.Down, sla.Down, sla.Up)
	if got := r.find(at(10, 0)); len(got) > 0 {
		t.Errorf("opened %v", got)
	}
}

func TestTheRosterIsKeptAndTidied(t *testing.T) { // OB-S9
	r := newRoom(t)
	put := func(from time.Time) int64 {
		var id int64
		r.must(func(tx pg.Tx) (err error) {
			id, err = incident.PutDuty(t.Context(), tx, incident.Duty{From: from, Until: from.AddDate(0, 0, 7), Step: 1, Name: "Duty team", Telephone: "+31 88 000 0001"}, at(9, 0))
			return err
		})
		return id
	}
	put(at(0, 0).AddDate(0, 0, -100))
	id := put(at(0, 0))
	if n := pgtest.Exec(t, r.url, "SELECT count(*) FROM duty"); n != 1 {
		t.Errorf("%d stretches are kept; one was over for 93 days", n)
	}
	r.must(func(tx pg.Tx) error {
		roster, err := incident.Roster(t.Context(), tx, at(9, 0))
		if len(roster) != 1 || roster[0].ID != id || roster[0].Name != "Duty team" {
			t.Errorf("%+v", roster)
		}
		return err
	})
	r.must(func(tx pg.Tx) error { return incident.DropDuty(t.Context(), tx, id) })
	var no *privacy.Refused
	if err := r.in(func(tx pg.Tx) error { return incident.DropDuty(t.Context(), tx, id) }); !errors.As(err, &no) {
		t.Errorf("taken off twice: %v", err)
	}
}

func TestACallIsKeptWithTheTimeUntilSomebodyAnswered(t *testing.T) { // OB-S9
	r := newRoom(t)
	id := r.add()
	for _, c := range []incident.Call{{Incident: id, Step: 1, CalledAt: at(10, 0)}, {Incident: id, Step: 2, CalledAt: at(10, 11), Answered: at(10, 12)}, {Step: 1, CalledAt: at(11, 0)}} {
		r.must(func(tx pg.Tx) error { return incident.NoteCall(t.Context(), tx, c, by(), at(20, 0)) })
	}
	r.must(func(tx pg.Tx) error {
		calls, err := incident.Calls(t.Context(), tx, id, 10)
		if len(calls) != 2 || calls[0].Took() != time.Minute || calls[1].Took() != 0 {
			t.Errorf("%+v", calls)
		}
		return err
	})
}
