package delivery

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/remote/remotetest"
	"tikklok/payroll"
)

// byHand says that a person brought the run.
func (b *bench) byHand(run int64) {
	b.Helper()
	b.in(func(tx pg.Tx) error {
		_, err := b.courier.Payroll.MarkDelivered(context.Background(), tx, b.by, run, "by hand", b.time)
		return err
	})
}

func (b *bench) void(run int64) {
	b.Helper()
	if _, err := b.courier.Payroll.Void(context.Background(), b.db, b.tenant, b.by, run, "wrong", b.time); err != nil {
		b.Fatal(err)
	}
}

func TestADestinationHasOneWayOfHandingOver(t *testing.T) { // I8
	b, h := sftpBench(t)
	b.put(Webhook, Settings{URL: "https://example.com/hook"}, Secrets{}) // only word of it
	setu := Channel{Destination: b.destination, Kind: SETU, Settings: Settings{URL: "https://example.com"}}
	add := func() error {
		return b.try(func(tx pg.Tx) error {
			_, _, err := b.courier.Seal.PutChannel(t.Context(), tx, b.by, setu, Secrets{}, b.time)
			return err
		})
	}
	var wrong *Invalid
	if err := add(); !errors.As(err, &wrong) || wrong.Field != "way" {
		t.Errorf("a second way: %v", err)
	}
	b.put(SFTP, leadingTo(h), right) // its own settings can be changed
	b.in(func(tx pg.Tx) error {
		return b.courier.Seal.DropChannel(t.Context(), tx, b.by, b.destination, SFTP, b.time)
	})
	if err := add(); err != nil {
		t.Error(err)
	}
}

func TestTryingNowDoesNotBringWhatAPersonBroughtByHandSince(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	h.Set(func(f *remotetest.Faults) { f.Cut = 10 })
	b.round()
	b.in(func(tx pg.Tx) error { return Again(t.Context(), tx, b.by, b.only().ID, "", b.time) })
	b.round()
	b.byHand(run.ID)
	h.Set(func(f *remotetest.Faults) { f.Cut = 0 })
	b.later()
	b.wants(Withdrawn, 2, payroll.Delivered)
}

func TestADeliveredRunIsBroughtAgainWhenAPersonSaysSo(t *testing.T) {
	b, h := sftpBench(t)
	run := b.someRun()
	b.round()
	if err := os.Remove(filepath.Join(h.Folder, run.FileName)); err != nil {
		t.Fatal(err)
	}
	b.in(func(tx pg.Tx) error { return Again(t.Context(), tx, b.by, b.only().ID, "they lost it", b.time) })
	b.round()
	b.wants(Done, 2, payroll.Delivered)
	if len(h.Files()) != 1 {
		t.Error(h.Files())
	}
}

func TestWhatMayBeThereIsNotFinishedOnceItWasBroughtByHand(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	h.Set(func(f *remotetest.Faults) { f.Rename = "before" }) // it stands there under its other name
	b.round()
	h.Set(func(f *remotetest.Faults) { f.Rename = "" })
	b.byHand(run.ID)
	b.later()
	b.wants(Uncertain, 1, payroll.Delivered)
	for _, name := range h.Files() {
		if !strings.HasSuffix(name, ".part") {
			t.Errorf("a second file: %s", name)
		}
	}
}

func TestARunThatIsBroughtByHandMeanwhileIsNotShown(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	h.Set(func(f *remotetest.Faults) { f.Written = func() { b.byHand(run.ID) } })
	b.round()
	h.Set(func(f *remotetest.Faults) { f.Written = nil })
	b.later()
	b.wants(Withdrawn, 1, payroll.Delivered)
	if len(h.Files()) != 0 {
		t.Error(h.Files())
	}
}

func TestAVoidRunThatTheOtherEndMayHaveIsLookedInto(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	h.Set(func(f *remotetest.Faults) { f.Rename = "after" }) // it has its name; nobody lived to hear it
	b.round()
	h.Set(func(f *remotetest.Faults) { f.Rename = "" })
	b.void(run.ID)
	b.later()
	d := b.wants(Uncertain, 1, payroll.Void)
	b.in(func(tx pg.Tx) error { return Arrived(t.Context(), tx, b.by, d.ID, "they took it out", b.time) })
	b.wants(Done, 1, payroll.Void)
}

func TestAVoidRunOfWhichSomeCardsAreThereIsLookedInto(t *testing.T) { // I8
	b, e := setuBench(t)
	run := b.run()
	n := 0
	e.answers(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n > 1 {
			w.WriteHeader(500)
			return
		}
		w.WriteHeader(http.StatusCreated)
	})
	b.round()
	b.void(run.ID)
	b.later()
	b.wants(Uncertain, 1, payroll.Void)
}

// The database forgets who holds the row (a failover), and another server may
// take it, while this one still writes.
func TestAServerThatLostItsHoldShowsNothing(t *testing.T) { // I8
	b, h := sftpBench(t)
	b.someRun()
	h.Set(func(h *remotetest.Faults) {
		h.Written = func() {
			pgtest.Exec(t, b.url, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE datname = current_database() AND state = 'idle in transaction'`)
			b.letGo()
		}
	})
	if err := b.courier.Round(t.Context(), b.db, b.tenant); err == nil {
		t.Error("a round without its hold ended well")
	}
	for _, name := range h.Files() {
		if !strings.HasSuffix(name, ".part") {
			t.Errorf("shown: %s", name)
		}
	}
	h.Set(func(f *remotetest.Faults) { f.Written = nil })
	b.later()
	b.wants(Done, 2, payroll.Delivered)
}

// A run that only its manifest knows is taken back under another number.
func TestAnAdoptedRunIsNotBroughtASecondTime(t *testing.T) { // I8
	for name, bring := range map[string]func(*bench, int64){
		"its channel brought it": func(b *bench, _ int64) { b.round() },
		"a person brought it":    func(b *bench, run int64) { b.byHand(run) },
	} {
		t.Run(name, func(t *testing.T) {
			b, h := sftpBench(t)
			run := b.someRun()
			bring(b, run.ID)
			_ = os.Remove(filepath.Join(h.Folder, run.FileName))  // the package took it in
			pgtest.Exec(t, b.url, "TRUNCATE payroll_run CASCADE") // which is what a restore makes
			adopted, err := b.courier.Payroll.Adopt(t.Context(), b.db, b.tenant, b.by, run.ID, "the package has it", b.time)
			if err != nil {
				t.Fatal(err)
			}
			b.round()
			if len(h.Files()) != 0 || b.state(adopted.ID) != payroll.Acknowledged {
				t.Errorf("%s, brought a second time: %v", b.state(adopted.ID), h.Files())
			}
		})
	}
}

func TestAfterARestoreAMessageHasTheIDThatItHad(t *testing.T) { // I8
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	b.round()
	pgtest.Exec(t, b.url, "TRUNCATE delivery_attempt, delivery")
	b.round()
	if len(e.heard) != 2 || e.heard[0].header.Get("webhook-id") != e.heard[1].header.Get("webhook-id") {
		t.Errorf("heard %d", len(e.heard))
	}
}

func TestAClockThatWasAheadHoldsNothingUp(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	e.answers(status(500))
	b.time = b.time.AddDate(3, 0, 0)
	b.round()
	e.answers(nil)
	b.time = b.time.AddDate(-3, 0, 0)
	b.round()
	b.wants(Done, 2, payroll.Created)
}

func TestWhatIsKeptSecretIsNotShownToAnotherAddress(t *testing.T) {
	b, h := sftpBench(t)
	elsewhere := leadingTo(h)
	elsewhere.Host = "evil.example"
	put := func(kind Kind, s Settings, secrets Secrets) error {
		return b.try(func(tx pg.Tx) error {
			_, _, err := b.courier.Seal.PutChannel(t.Context(), tx, b.by, Channel{Destination: b.destination, Kind: kind, Settings: s}, secrets, b.time)
			return err
		})
	}
	var wrong *Invalid
	if err := put(SFTP, elsewhere, Secrets{}); !errors.As(err, &wrong) || wrong.Field != "password" {
		t.Error(err)
	}
	if err := put(SFTP, elsewhere, Secrets{Password: "new"}); err != nil {
		t.Error(err)
	}
	s, _ := setuBench(t)
	b = s
	if err := put(SETU, Settings{URL: "https://evil.example/api"}, Secrets{}); !errors.As(err, &wrong) || wrong.Field != "token" {
		t.Error(err)
	}
}

func TestAnEndThatRepeatsATokenDoesNotBringItOntoAPage(t *testing.T) {
	b, e := setuBench(t)
	b.run()
	e.answers(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "denied: "+r.Header.Get("Authorization"), http.StatusUnauthorized)
	})
	b.round()
	if a := b.only().Last(); a.Answer == "" || strings.Contains(a.Answer+a.Detail, "very-secret") {
		t.Errorf("%+v", a)
	}
}

// One end hangs; another destination of the tenant, and another tenant, are
// told meanwhile.
func TestAnEndThatHangsHoldsUpNobodyElse(t *testing.T) {
	b, dead, alive := csvBench(t), newEar(t), newEar(t)
	hung, told, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	dead.answers(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case hung <- struct{}{}:
		case <-done:
		}
		<-done
	})
	alive.answers(func(http.ResponseWriter, *http.Request) { told <- struct{}{} })
	b.put(Webhook, Settings{URL: dead.URL}, Secrets{})
	b.someRun()
	b.someRun()
	first := b.destination
	b.in(func(tx pg.Tx) error {
		d, err := payroll.CreateDestination(context.Background(), tx, b.by, payroll.Destination{Name: "Nmbrs", Format: "csv"})
		if err != nil {
			return err
		}
		b.destination = d.ID
		_, err = payroll.PutCodes(context.Background(), tx, b.by, d.ID, map[string]string{"N": "1"})
		return err
	})
	b.put(Webhook, Settings{URL: alive.URL}, Secrets{})
	b.time = b.time.Add(time.Second) // later than what hangs
	b.someRun()
	b.destination = first
	b.courier.Wait = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.courier.Run(ctx, b.db) }()
	<-hung
	<-told
	close(done)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
