package alarm

import (
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/people/peopletest"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// house is a customer with two administrators.
type house struct{ *peopletest.House }

func newHouse(t *testing.T) house {
	return house{peopletest.New(t, peopletest.User("eva@example.com", "nl", people.Administrator), peopletest.User("jan@example.com", "en", people.Administrator))}
}

func (h house) note(now time.Time, wrong ...Signal) (turn Turn) {
	h.T.Helper()
	h.In(func(tx pg.Tx) (err error) { turn, err = Note(h.T.Context(), tx, Look{Signals: wrong}, now); return err })
	return turn
}

func (h house) list(since time.Time) (all []Shown) {
	h.T.Helper()
	h.In(func(tx pg.Tx) (err error) { all, err = List(h.T.Context(), tx, since); return err })
	return all
}

func (h house) letters() int64 { return pgtest.Exec(h.T, h.URL, "SELECT count(*) FROM mail") }

var altered = Signal{Key: "audit altered", NL: "Het logboek klopt niet.", EN: "The audit log doesn't hold."}

func TestAdministratorsAreToldWithTheNoteAndWhatIsOverStaysOnTheList(t *testing.T) {
	h := newHouse(t)
	for i := range 3 {
		h.note(zero.Add(time.Duration(i)*time.Minute), altered)
	}
	if n := h.letters(); n != 2 {
		t.Errorf("%d letters, want one for each administrator", n)
	}
	h.note(zero.Add(time.Hour))
	if turn := h.note(zero.Add(2 * time.Hour)); len(turn.Over) != 1 {
		t.Errorf("it is not over: %+v", turn)
	}
	if n := h.letters(); n != 4 {
		t.Errorf("%d letters, want two for each", n)
	}
	all := h.list(zero)
	if len(all) != 1 || all[0].Over == nil || !all[0].Since.Equal(zero) || !all[0].Clear.Equal(zero.Add(time.Hour)) {
		t.Errorf("the list is %+v", all)
	}
	h.note(zero.Add(3*time.Hour), altered) // it begins anew beside the one that is over
	if all := h.list(zero); len(all) != 2 || all[0].Over != nil {
		t.Errorf("the list is %+v", all)
	}
}

func TestWhatPassedByLeavesNoRow(t *testing.T) {
	h := newHouse(t)
	slow := altered
	slow.Settle = time.Hour
	h.note(zero, slow)
	h.note(zero.Add(time.Minute))
	h.note(zero.Add(time.Hour))
	if n := pgtest.Exec(t, h.URL, "SELECT count(*) FROM alarm"); n != 0 || h.letters() != 0 {
		t.Errorf("%d rows, %d letters", n, h.letters())
	}
}

func TestTwoServersThatLookAtOnceTellOnce(t *testing.T) {
	h := newHouse(t)
	var both sync.WaitGroup
	for range 4 {
		both.Go(func() {
			err := h.DB.InTenant(t.Context(), h.Tenant, func(tx pg.Tx) error {
				_, err := Note(t.Context(), tx, Look{Signals: []Signal{altered}}, zero)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if n := h.letters(); n != 2 {
		t.Errorf("%d letters", n)
	}
}

func TestAnotherCustomerSeesNoneOfIt(t *testing.T) { // I6
	h := newHouse(t)
	h.note(zero, altered)
	other := pgtest.Tenant(t, h.URL, "De Boer")
	err := h.DB.InTenant(t.Context(), other, func(tx pg.Tx) error {
		all, err := List(t.Context(), tx, time.Time{})
		if len(all) != 0 {
			t.Errorf("another customer sees %+v", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsLongOverGoes(t *testing.T) {
	h := newHouse(t)
	h.note(zero, altered)
	h.note(zero.Add(time.Hour))
	h.note(zero.Add(2 * time.Hour))
	h.note(zero.AddDate(2, 0, 0), Signal{Key: "other", NL: "x", EN: strings.Repeat("é", 1000)})
	if all := h.list(time.Time{}); len(all) != 1 || all[0].Key != "other" {
		t.Errorf("the list is %+v", all)
	}
}
