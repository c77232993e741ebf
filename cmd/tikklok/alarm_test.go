package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/sla"
	"tikklok/api/sla/alarm"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/port"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/mail/mailtest"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
)

// watched is an installation with a customer, at which something is wrong.
type watched struct {
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
	look   *lookout
	now    time.Time
}

func newWatched(t *testing.T) *watched {
	url := pgtest.URL(t)
	w := &watched{t: t, url: url, db: pgtest.Open(t, url, pg.RoleApp), tenant: pgtest.Tenant(t, url, "Van Dam"), now: time.Now()}
	pgtest.Contract(t, url, w.tenant, "winbase")
	w.look = &lookout{db: w.db, state: t.TempDir(), mailed: true, wait: lookTimeout}
	return w
}

func (w *watched) sql(sql string, args ...any) { w.t.Helper(); pgtest.Exec(w.t, w.url, sql, args...) }

func (w *watched) in(fn func(ctx context.Context, tx pg.Tx) error) {
	w.t.Helper()
	if err := w.db.InTenant(w.t.Context(), w.tenant, func(tx pg.Tx) error { return fn(w.t.Context(), tx) }); err != nil {
		w.t.Fatal(err)
	}
}

// keys are those of what is wrong for whoever runs the service.
func (w *watched) keys() (all []string) {
	for _, s := range w.look.look(w.t.Context(), w.now).Signals {
		all = append(all, s.Key)
	}
	slices.Sort(all)
	return all
}

// listed are the keys on the customer's list.
func (w *watched) listed() (all []string) {
	w.in(func(ctx context.Context, tx pg.Tx) error {
		shown, err := alarm.List(ctx, tx, time.Time{})
		for _, a := range shown {
			all = append(all, a.Key)
		}
		return err
	})
	slices.Sort(all)
	return all
}

func TestEachThingThatIsWrongIsTold(t *testing.T) {
	id := func(w *watched) string { return strings.TrimSpace(string(rune('0' + w.tenant))) }
	for _, c := range []struct {
		name     string
		spoil    func(w *watched)
		supplier string // key, where N is the customer's number; "": none
		customer string // likewise, of its list
	}{
		{"a place for backups that is full", func(w *watched) {
			w.sql("INSERT INTO backup_place (place, kind, region, operator, since, problem) VALUES ('near', 'folder', 'NL', 'NL', now(), 'full')")
		}, "backup near full", ""},
		{"a backup in a forbidden region", func(w *watched) {
			w.sql("INSERT INTO backup_place (place, kind, region, operator, since, problem) VALUES ('far', 'sftp', 'other', 'other', now(), 'refused')")
		}, "backup far refused", ""},
		{"a log that was given up", func(w *watched) {
			w.sql("INSERT INTO backup_place (place, kind, region, operator, since, log_problem) VALUES ('near', 'folder', 'NL', 'NL', now(), 'stopped')")
		}, "backup near log stopped", "backup near log stopped"},
		{"a backup that can't be restored", func(w *watched) {
			w.sql("INSERT INTO backup_place (place, kind, region, operator, since) VALUES ('near', 'folder', 'NL', 'NL', now())")
			w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := continuity.Note(ctx, tx, continuity.Result{At: w.now, Target: "near", Findings: []continuity.Finding{{Fault: continuity.NotRestorable, Text: "it does not open"}, {Fault: continuity.TooSmall, Text: "half"}}})
				return err
			})
		}, "backup near check small,backup near check unrestorable", "backup near check small,backup near check unrestorable"},
		{"a backup that nobody checked", func(w *watched) {
			w.sql("INSERT INTO backup_place (place, kind, region, operator, since) VALUES ('near', 'folder', 'NL', 'NL', now() - interval '40 hours')")
		}, "backup near unchecked", "backup near unchecked"},
		{"a port that nobody expects", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				return port.Record(ctx, tx, port.Compare(w.now, port.Inside, "server", []uint16{6379}, nil))
			})
		}, "ports inside server", ""},
		{"ports that nobody compared", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				return port.Record(ctx, tx, port.Compare(w.now.Add(-50*time.Hour), port.Inside, "server", nil, nil))
			})
		}, "ports late inside server", ""},
		{"a machine that is long gone", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				return port.Record(ctx, tx, port.Compare(w.now.AddDate(0, -2, 0), port.Inside, "server", []uint16{6379}, nil))
			})
		}, "", ""},
		{"an authority that ends", func(w *watched) {
			w.sql("INSERT INTO service_certificate (name, fingerprint, not_after) VALUES ('authority', sha256('a'), now() + interval '10 days')")
		}, "certificate authority", ""},
		{"a probe that fell silent", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := sla.Record(ctx, tx, "nl-west", []sla.Minute{{At: w.now.Add(-time.Hour).Truncate(time.Minute), State: sla.Up}}, w.now)
				return err
			})
		}, "probe nl-west", ""},
		{"a gap in the roster", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := incident.PutDuty(ctx, tx, incident.Duty{From: w.now.Add(-time.Hour), Until: w.now.Add(time.Hour), Step: 1, Name: "Duty team", Telephone: "+31 88 000 0001"}, w.now)
				return err
			})
		}, "duty gap", ""},
		{"an audit log that was altered", func(w *watched) {
			w.sql(`INSERT INTO audit_check (tenant_id, finished_at, report) VALUES ($1, now(), '{"breaks": [{}]}')`, w.tenant)
		}, "audit N altered", "audit altered"},
		{"an audit log that nobody verified", func(w *watched) {
			w.sql(`INSERT INTO audit_check (tenant_id, finished_at, report) VALUES ($1, now() - interval '50 hours', '{}')`, w.tenant)
		}, "audit N unchecked", "audit unchecked"},
		{"a month whose budget is gone", func(w *watched) {
			w.sql("UPDATE tenant SET created_at = now() - interval '90 days'")
			w.now = time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC) // a Tuesday, in office hours
			var down []sla.Minute
			for i := range 120 {
				down = append(down, sla.Minute{At: w.now.Add(-time.Duration(i+1) * time.Minute), State: sla.Down})
			}
			w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := sla.Record(ctx, tx, "nl-west", down, w.now)
				return err
			})
		}, "availability N 2026-11 overrun", "availability 2026-11 overrun"},
		{"an incident of high priority that nobody answers", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				arose := w.now.Add(-3 * time.Hour)
				_, err := incident.Add(ctx, tx, incident.Incident{Kind: incident.Login, Channel: incident.ByTelephone, AroseAt: arose, Reported: arose, At: w.now, By: audit.Actor{Kind: audit.Operator},
					Report: incident.Report{Message: "Nobody gets in.", Steps: "Sign in.", Computer: "Edge"}, Impact: incident.Impact{Disturbance: incident.Standstill, Hit: 100, Users: 100}})
				return err
			})
		}, "incident N 1 open", ""},
		{"a purge that doesn't come", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := privacy.Certify(ctx, tx, privacy.CertPurge, struct{}{}, audit.Actor{Kind: audit.System}, w.now.AddDate(0, 0, -5))
				return err
			})
		}, "", "retention late"},
		{"a contract that is over", func(w *watched) {
			w.sql("INSERT INTO tenant_ending (tenant_id, terms, last_day, read_only_from, access_until, destroy_from) VALUES ($1, '{\"data\": {\"months\": 1}}', '2026-01-31', '2026-02-01', '2026-02-10', '2026-03-01')", w.tenant)
		}, "contract N over", ""},
		{"letters that wait", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := mail.Spool(ctx, tx, []mail.Letter{{About: "x", To: "eva@example.com", Language: "nl", Subject: "s", Body: "b"}}, w.now.Add(-3*time.Hour))
				return err
			})
		}, "mail N waits", ""},
		{"a mail server that turns the installation away", func(w *watched) {
			server := mailtest.Listen(t)
			server.Set(mailtest.Manner{Rcpt: func(string) string { return "550 relay not permitted" }})
			w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := mail.Spool(ctx, tx, []mail.Letter{{About: "x", To: "eva@example.com", Language: "nl", Subject: "s", Body: "b"}}, w.now)
				return err
			})
			post := mail.Post{Server: mail.Server{Address: server.Addr().String(), TLS: mail.NoTLS, From: "no-reply@example.com"}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now }}
			if err := post.Round(t.Context(), w.db, w.tenant); err != nil {
				t.Error(err)
			}
		}, "mail server", ""},
		{"an address that is refused", func(w *watched) {
			w.in(func(ctx context.Context, tx pg.Tx) error {
				a, err := people.CreateAccount(ctx, tx, operator, people.Account{Email: "eva@example.com", Name: "Eva", Language: "nl", Roles: []people.Role{people.Approver}}, "")
				if err != nil {
					return err
				}
				_, err = mail.Spool(ctx, tx, []mail.Letter{{About: "x", Account: a, To: "eva@example.com", Language: "nl", Subject: "s", Body: "b"}}, w.now)
				return err
			})
			w.sql("UPDATE mail SET state = 'refused', ended_at = now(), answer = 'address refused: 550 5.1.1'")
		}, "", "address refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWatched(t)
			c.spoil(w)
			number := id(w)
			if got, want := strings.Join(w.keys(), ","), strings.ReplaceAll(c.supplier, "N ", number+" "); got != want && !strings.HasPrefix(got, want+",incident") {
				t.Errorf("whoever runs the service is told %q, want %q", got, want)
			}
			if got := strings.Join(w.listed(), ","); got != c.customer {
				t.Errorf("the customer sees %q, want %q", got, c.customer)
			}
		})
	}
}

func TestASoundInstallationHasNoAlarm(t *testing.T) {
	w := newWatched(t)
	if got := w.look.look(t.Context(), w.now); len(got.Signals) != 0 || !slices.Equal(got.Blind, []string{"log"}) {
		t.Errorf("it says %+v", got)
	}
}

func TestADatabaseThatIsGoneIsToldAndHidesNothingElse(t *testing.T) {
	w := newWatched(t)
	w.db.Close()
	got := w.look.look(t.Context(), w.now)
	if len(got.Signals) != 1 || got.Signals[0].Key != "database" {
		t.Errorf("it says %+v", got.Signals)
	}
	for _, source := range []string{"backup", "audit", "incident", "mail"} {
		if !slices.Contains(got.Blind, source) {
			t.Errorf("%s is said to have been looked at", source)
		}
	}
}

func TestASourceThatFailsIsToldAndIsBlindAlone(t *testing.T) {
	w := newWatched(t)
	w.sql("ALTER TABLE port_check RENAME TO away")
	got := w.look.look(t.Context(), w.now)
	if len(got.Signals) != 1 || got.Signals[0].Key != "look ports" || !slices.Equal(got.Blind, []string{"log", "ports"}) {
		t.Errorf("it says %+v", got)
	}
}

func TestACustomerSeesNothingOfAnother(t *testing.T) { // I6
	w := newWatched(t)
	other := pgtest.Tenant(t, w.url, "De Boer")
	w.sql(`INSERT INTO audit_check (tenant_id, finished_at, report) VALUES ($1, now(), '{"breaks": [{}]}')`, other)
	w.keys()
	if got := w.listed(); len(got) != 0 {
		t.Errorf("it sees %v", got)
	}
}

func TestACustomerIsNotToldWhatABackupLacksOfAnother(t *testing.T) { // I6
	w := newWatched(t)
	w.sql("INSERT INTO backup_place (place, kind, region, operator, since) VALUES ('near', 'folder', 'NL', 'NL', now())")
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := continuity.Note(ctx, tx, continuity.Result{At: w.now, Target: "near", Findings: []continuity.Finding{{Fault: continuity.NotSame, Text: "tenant 3: people: 412 and 411"}}})
		return err
	})
	w.keys()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		shown, err := alarm.List(ctx, tx, time.Time{})
		if len(shown) != 1 || strings.Contains(shown[0].NL+shown[0].EN, "412") {
			t.Errorf("its list says %+v", shown)
		}
		return err
	})
}

// All connections are in use, as when the database stands still.
func TestADatabaseThatHangsIsTold(t *testing.T) {
	w := newWatched(t)
	w.look.db, w.look.wait = pgtest.Open(t, w.url+"&pool_max_conns=1", pg.RoleApp), 100*time.Millisecond
	err := w.look.db.Look(t.Context(), func(pg.Tx) error {
		got := w.look.look(t.Context(), w.now)
		if len(got.Signals) != 1 || got.Signals[0].Key != "database" || !slices.Contains(got.Blind, "look") || !slices.Contains(got.Blind, "audit") {
			t.Errorf("it says %+v", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPortsOfSomebodysOwnMachineMakeNoAlarm(t *testing.T) { // OB-C16
	w := newWatched(t)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return port.Record(ctx, tx, port.Compare(w.now, port.Inside, "laptop", []uint16{6379}, nil))
	})
	if w.look.softly = "laptop"; len(w.keys()) != 0 {
		t.Errorf("there are %v", w.keys())
	}
	if w.look.softly = ""; !slices.Equal(w.keys(), []string{"ports inside laptop"}) {
		t.Errorf("of a server that others reach there are %v", w.keys())
	}
}

func TestWhatIsLoggedAsAnErrorIsTold(t *testing.T) {
	kept := rememberErrors(slog.NewTextHandler(io.Discard, nil))
	log := slog.New(kept).With("room", "hours").WithGroup("x")
	log.Info("all is well")
	log.Warn("something waits")
	for range 3 {
		log.Error("hours of a tenant were not computed; trying again", "tenant", 3, "error", "eva@example.com")
	}
	log.Error(watchedErrors()[0])
	now := time.Now()
	all, blind := kept.alarms(now)
	if len(all) != 1 || !blind || !strings.Contains(all[0].EN, "3 times") || strings.Contains(all[0].EN+all[0].NL+all[0].Key, "eva") {
		t.Errorf("it says %+v, blind %t", all, blind)
	}
	if all, blind := kept.alarms(now.Add(errorLasts + time.Minute)); len(all) != 0 || blind {
		t.Errorf("six hours later it says %+v, blind %t", all, blind)
	}
}

// Each error that has a source of its own is still logged under that text.
func TestErrorsWithASourceOfTheirOwnAreStillLogged(t *testing.T) {
	var code strings.Builder
	for _, pattern := range []string{"*.go", "../../api/continuity/*.go", "../../ingest/audit/*.go"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if name != "alarm_log.go" {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				code.Write(text)
			}
		}
	}
	for _, message := range watchedErrors() {
		if !strings.Contains(code.String(), `"`+message+`"`) {
			t.Errorf("nobody logs %q any more", message)
		}
	}
}

func TestADiskIsFullWhenLittleIsLeftOfMuch(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		free, size uint64
		want       bool
	}{{100 * gib, 200 * gib, false}, {gib, 200 * gib, true}, {3 * gib, 200 * gib, false}, {gib / 2, 4 * gib, false}, {gib / 8, 4 * gib, true}, {0, gib, true}} {
		if got := len(nearlyFull(c.free, c.size)) > 0; got != c.want {
			t.Errorf("%d of %d bytes free: %t", c.free, c.size, got)
		}
	}
}

func TestAServerTellsWhoRunsItByEMail(t *testing.T) {
	c, p := command(t)
	box := mailtest.Listen(t)
	c.Mail = mailSettings{SMTP: box.Addr().String(), TLS: mail.NoTLS, From: "Tikklok <no-reply@example.com>", AlarmTo: []string{"duty@example.com"}}
	if err := serveUntilStopped(t, c, p)(); err != nil { // makes the database
		t.Fatal(err)
	}
	pgtest.Exec(t, p.DatabaseURL, "INSERT INTO port_check (at, seen, host, open, unexpected, missing) VALUES (now(), 'outside', 'server', '{6379}', '{6379}', '{}')")
	for range 2 {
		stop := serveUntilStopped(t, c, p)
		deadline := time.Now().Add(20 * time.Second)
		for len(box.Messages()) == 0 && time.Now().Before(deadline) {
			time.Sleep(20 * time.Millisecond)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
	told := 0 // of what began; the machine of the test may have open ports of its own
	for _, m := range box.Messages() {
		begun, _, _ := strings.Cut(strings.ReplaceAll(m, "=\r\n", ""), "Still lasts")
		if strings.Contains(begun, "6379") {
			told++
		}
		if to := mailtest.Header(m, "To"); to != "<duty@example.com>" {
			t.Errorf("%s is told", to)
		}
	}
	if told != 1 {
		t.Errorf("it was told %d times: %v", told, box.Messages())
	}
	all, waiting, err := alarm.ReadBook(p.alarmBook())
	if err != nil || waiting != 0 || !slices.ContainsFunc(all, func(a alarm.Alarm) bool { return a.Key == "ports outside server" }) {
		t.Errorf("the book has %+v, %d letters wait: %v", all, waiting, err)
	}
}

func TestWhoIsToldIsCheckedAtTheStart(t *testing.T) {
	for name, m := range map[string]mailSettings{
		"no mail server": {AlarmTo: []string{"duty@example.com"}},
		"no address":     {AlarmTo: []string{"duty"}, SMTP: "localhost:25", TLS: mail.NoTLS, From: "a@example.com"},
		"two in one":     {AlarmTo: []string{"a@example.com, b@example.com"}, SMTP: "localhost:25", TLS: mail.NoTLS, From: "a@example.com"},
	} {
		if _, err := m.named(); err == nil || !strings.Contains(err.Error(), "--alarm-to") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
