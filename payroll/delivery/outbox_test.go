package delivery

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/remote/remotetest"
	"tikklok/payroll"
)

func TestAnAttemptThatItsServerDidNotLiveToEndIsMadeAgain(t *testing.T) { // I8
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	ctx, kill := context.WithCancel(t.Context())
	e.answers(func(http.ResponseWriter, *http.Request) { kill() })
	if err := b.courier.Round(ctx, b.db, b.tenant); err == nil {
		t.Fatal("a killed round ended well")
	}
	if d := b.only(); d.State != Waiting || !d.Sending {
		t.Errorf("%+v", d)
	}
	e.answers(nil)
	b.letGo()
	b.round() // the next server; not at once: an attempt may be what stopped the first
	if d := b.wants(Waiting, 1, payroll.Created); d.Last().Outcome != Interrupted {
		t.Errorf("%+v", d.Last())
	}
	b.time = b.time.Add(time.Minute)
	b.round()
	b.wants(Done, 2, payroll.Created)
	if e.heard[0].header.Get("webhook-id") != e.heard[1].header.Get("webhook-id") {
		t.Error("another id")
	}
}

// The file has its name, and the server dies before it can say so.
func TestACrashAfterTheFileArrivedSendsItOnce(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	ctx, kill := context.WithCancel(t.Context())
	h.Set(func(f *remotetest.Faults) { f.Renamed = kill })
	if err := b.courier.Round(ctx, b.db, b.tenant); err == nil {
		t.Fatal("a killed round ended well")
	}
	b.wants(Waiting, 0, payroll.Created)
	h.Set(func(f *remotetest.Faults) { f.Renamed = nil })
	b.letGo()
	b.later()
	b.wants(Done, 2, payroll.Delivered)
	if got := h.Files(); len(got) != 1 || got[0] != run.FileName {
		t.Errorf("files %v", got)
	}
}

func TestReplicasSendEachOnce(t *testing.T) { // I8
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	for range 5 {
		b.someRun()
	}
	var all sync.WaitGroup
	for range 4 {
		db := pgtest.Open(t, b.url, pg.RoleApp)
		all.Go(func() {
			if err := b.courier.Round(t.Context(), db, b.tenant); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	ids := map[string]int{}
	for _, h := range e.heard {
		ids[h.header.Get("webhook-id")]++
	}
	if len(ids) != 5 || len(e.heard) != 5 {
		t.Errorf("heard %d of 5 messages %d times", len(ids), len(e.heard))
	}
}

func TestWhatIsUnderWayIsNotDecidedAbout(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	var asked error
	e.answers(func(w http.ResponseWriter, _ *http.Request) {
		asked = b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
			all, err := Outbox(context.Background(), tx, 0, 10)
			if err != nil {
				return err
			}
			return GiveUp(context.Background(), tx, b.by, all[0].ID, "enough", b.time)
		})
		w.WriteHeader(500)
	})
	b.round()
	if !errors.Is(asked, ErrSending) {
		t.Error(asked)
	}
	b.wants(Waiting, 1, payroll.Created)
}

func TestAPersonGivesUpOrSendsAgain(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	e.answers(status(500))
	b.round()
	id := b.only().ID
	if err := b.try(func(tx pg.Tx) error { return GiveUp(t.Context(), tx, b.by, id, "", b.time) }); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if err := b.try(func(tx pg.Tx) error { return Arrived(t.Context(), tx, b.by, id, "no", b.time) }); !errors.Is(err, ErrState) {
		t.Error(err)
	}
	b.in(func(tx pg.Tx) error { return Again(t.Context(), tx, b.by, id, "", b.time) })
	b.round() // at once
	b.wants(Waiting, 2, payroll.Created)
	b.in(func(tx pg.Tx) error { return GiveUp(t.Context(), tx, b.by, id, "they moved", b.time) })
	b.later()
	d := b.wants(GivenUp, 2, payroll.Created)
	if d.By != b.by || d.Reason != "they moved" {
		t.Errorf("%+v", d)
	}
	e.answers(nil)
	b.in(func(tx pg.Tx) error { return Again(t.Context(), tx, b.by, id, "they are back", b.time) })
	b.round()
	b.wants(Done, 3, payroll.Created)
}

func TestAVoidRunIsWithdrawnAndOneOfWhichNobodyWasToldIsKeptQuiet(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	h := remotetest.New(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.put(SFTP, leadingTo(h), right)
	run := b.someRun()
	if _, err := b.courier.Payroll.Void(t.Context(), b.db, b.tenant, b.by, run.ID, "wrong", b.time); err != nil {
		t.Fatal(err)
	}
	b.round()
	if len(b.outbox()) != 0 || len(e.heard) != 0 || len(h.Files()) != 0 {
		t.Errorf("%+v", b.outbox())
	}
}

func TestARunThatIsVoidedWhileItWaitsIsNotBrought(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	h.Set(func(f *remotetest.Faults) { f.Cut = 10 })
	b.round()
	b.wants(Waiting, 1, payroll.Created)
	h.Set(func(f *remotetest.Faults) { f.Cut = 0 })
	if _, err := b.courier.Payroll.Void(t.Context(), b.db, b.tenant, b.by, run.ID, "wrong", b.time); err != nil {
		t.Fatal(err)
	}
	b.later()
	b.wants(Withdrawn, 1, payroll.Void)
	for _, name := range h.Files() {
		if !strings.HasSuffix(name, ".part") {
			t.Error(name)
		}
	}
}

func TestARunThatWasDeliveredOtherwiseIsNotBroughtASecondTime(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	h.Set(func(f *remotetest.Faults) { f.Cut = 10 })
	b.round()
	b.in(func(tx pg.Tx) error {
		_, err := b.courier.Payroll.MarkDelivered(t.Context(), tx, b.by, run.ID, "by hand", b.time)
		return err
	})
	h.Set(func(f *remotetest.Faults) { f.Cut = 0 })
	b.later()
	b.wants(Withdrawn, 1, payroll.Delivered)
}

func TestRunsOfBeforeAChannelStayWhereTheyAre(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	b.someRun()
	b.time = b.time.Add(time.Second)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.round()
	if len(b.outbox()) != 0 {
		t.Errorf("%+v", b.outbox())
	}
	b.in(func(tx pg.Tx) error {
		return b.courier.Seal.DropChannel(t.Context(), tx, b.by, b.destination, Webhook, b.time)
	})
	b.someRun()
	b.round()
	if len(b.outbox()) != 0 {
		t.Errorf("out of use: %+v", b.outbox())
	}
}

func TestSecretsAreSealedToTheirPlace(t *testing.T) {
	b, h := sftpBench(t)
	if n := pgtest.Exec(t, b.url, `SELECT count(*) FROM delivery_channel WHERE position('correct horse'::bytea IN secrets) > 0 OR settings::text LIKE '%horse%'`); n != 0 {
		t.Error("the password stands in the database")
	}
	other, err := OpenSeal(filepath.Join(t.TempDir(), "delivery.key"))
	if err != nil {
		t.Fatal(err)
	}
	own := b.courier.Seal
	b.courier.Seal = other
	b.someRun()
	b.round()
	if d := b.wants(Waiting, 1, payroll.Created); !strings.Contains(d.Last().Detail, "key file") {
		t.Error(d.Last().Detail)
	}
	b.put(SFTP, leadingTo(h), right) // entered again
	b.later()
	b.wants(Done, 2, payroll.Delivered)
	sealed, err := own.close(right, label(1, 2, SFTP))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := own.open(sealed, label(1, 3, SFTP)); !errors.Is(err, ErrSealed) {
		t.Error(err)
	}
}

func TestAKeyFileIsMadeOnceAndADamagedOneNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "delivery.key")
	first, err := OpenSeal(file)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := first.close(right, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := OpenSeal(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := second.open(sealed, nil); err != nil || got.Password != right.Password {
		t.Errorf("%+v, %v", got, err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSeal(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Error(err)
	}
}

func TestWhatAChannelCannotUseIsRefusedByName(t *testing.T) {
	good := Settings{Host: "sftp.example.com", User: "acme"}
	for name, c := range map[string]struct {
		kind   Kind
		s      Settings
		secret Secrets
		field  string
	}{
		"no address":      {Webhook, Settings{URL: "hook"}, Secrets{}, "url"},
		"another scheme":  {Webhook, Settings{URL: "file:///etc/passwd"}, Secrets{}, "url"},
		"a password":      {Webhook, Settings{URL: "https://a:b@example.com"}, Secrets{}, "url"},
		"a fragment":      {Webhook, Settings{URL: "https://example.com/#x"}, Secrets{}, "url"},
		"a line break":    {SETU, Settings{URL: "https://example.com/\nx"}, Secrets{}, "url"},
		"a query":         {SETU, Settings{URL: "https://example.com/api?key=1"}, Secrets{}, "url"},
		"a spaced token":  {SETU, Settings{URL: "https://example.com"}, Secrets{Token: "a b"}, "token"},
		"no host":         {SFTP, Settings{User: "acme"}, right, "host"},
		"a host and port": {SFTP, Settings{Host: "example.com/x", User: "acme"}, right, "host"},
		"no user":         {SFTP, Settings{Host: "example.com"}, right, "user"},
		"a folder above":  {SFTP, Settings{Host: "example.com", User: "acme", Folder: "in/../.."}, right, "folder"},
		"an MD5":          {SFTP, Settings{Host: "example.com", User: "acme", HostKeys: []string{"MD5:aa:bb"}}, right, "host_keys"},
		"no key":          {SFTP, good, Secrets{PrivateKey: "none"}, "private_key"},
		"another kind":    {"fax", good, right, "kind"},
	} {
		t.Run(name, func(t *testing.T) {
			var wrong *Invalid
			if err := (&Channel{Kind: c.kind, Settings: c.s}).check(&c.secret); !errors.As(err, &wrong) || wrong.Field != c.field {
				t.Errorf("%v, want field %s", err, c.field)
			}
		})
	}
}

func TestWaitsGrowToSixHours(t *testing.T) {
	for n, want := range map[int]time.Duration{1: 30 * time.Second, 2: time.Minute, 5: 8 * time.Minute, 10: 256 * time.Minute, 11: 6 * time.Hour, 1000: 6 * time.Hour} {
		if got := backoff(n); got != want {
			t.Errorf("after %d: %s, want %s", n, got, want)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	ctx, stop := context.WithCancel(t.Context())
	e.answers(func(http.ResponseWriter, *http.Request) { stop() })
	if err := b.courier.Run(ctx, b.db); err != nil {
		t.Error(err)
	}
	if len(e.heard) != 1 {
		t.Errorf("heard %d", len(e.heard))
	}
}

// The database is restored from before a delivery, and the package has taken
// the file away: the register would have it sent a second time.
func TestAfterARestoreAFileThatWasShownIsNotSentASecondTime(t *testing.T) { // I8
	b, h := sftpBench(t)
	run := b.someRun()
	b.round()
	b.wants(Done, 1, payroll.Delivered)
	if err := os.Remove(filepath.Join(h.Folder, run.FileName)); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, b.url, "TRUNCATE delivery_attempt, delivery")
	pgtest.Exec(t, b.url, "ALTER TABLE payroll_run DISABLE TRIGGER payroll_run_guard")
	pgtest.Exec(t, b.url, "UPDATE payroll_run SET state = 'created'") // which is what a restore makes
	b.round()
	d := b.wants(Uncertain, 1, payroll.Created)
	if len(h.Files()) != 0 {
		t.Errorf("files %v", h.Files())
	}
	b.in(func(tx pg.Tx) error { return Again(t.Context(), tx, b.by, d.ID, "it is not there", b.time) })
	b.round()
	b.wants(Done, 2, payroll.Delivered)
}

func TestAnAttemptThatNobodyWillEndKeepsNoPersonFromGivingUp(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	ctx, kill := context.WithCancel(t.Context())
	e.answers(func(http.ResponseWriter, *http.Request) { kill() })
	if err := b.courier.Round(ctx, b.db, b.tenant); err == nil {
		t.Fatal("a killed round ended well")
	}
	b.letGo()
	b.in(func(tx pg.Tx) error {
		return b.courier.Seal.DropChannel(t.Context(), tx, b.by, b.destination, Webhook, b.time)
	})
	d := b.only()
	if d.Sending {
		t.Error("under way, through a channel that is out of use")
	}
	b.in(func(tx pg.Tx) error { return GiveUp(t.Context(), tx, b.by, d.ID, "they moved", b.time) })
	if d = b.only(); d.State != GivenUp || d.Last().Outcome != Interrupted {
		t.Errorf("%s, %+v", d.State, d.Last())
	}
}
