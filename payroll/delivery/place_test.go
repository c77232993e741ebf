package delivery

import (
	"errors"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

func TestNothingIsBroughtWhereTheContractDoesNotAllowIt(t *testing.T) { // OB-P9
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	pgtest.Exec(t, b.url, "UPDATE delivery_channel SET region = 'EU', operator = 'EU'") // as a database that was put back may have it
	b.round()
	d := b.wants(Waiting, 1, payroll.Created)
	var no *Trouble
	if err := b.courier.Try(t.Context(), b.db, b.tenant, b.destination, Webhook); !errors.As(err, &no) || no.Fault() != FaultPlace {
		t.Errorf("tried: %v", err)
	}
	if len(e.heard) != 0 || d.Last().Fault != FaultPlace {
		t.Errorf("%d messages went there; the attempt says %+v", len(e.heard), d.Last())
	}
	pgtest.Exec(t, b.url, "UPDATE delivery_channel SET region = 'NL', operator = 'NL'")
	b.later()
	b.wants(Done, 2, payroll.Created)
}

// agree records a contract that allows one region.
func (b *bench) agree(tx pg.Tx, region tenant.Region) error {
	month := 1
	_, err := tenant.Agree(b.Context(), tx, b.by, tenant.Agreement{Profile: tenant.Direct, Reference: "2026-17", Signed: b.time, Starts: b.time,
		Own:     tenant.Own{Region: &region, DataMonths: &month},
		Contact: tenant.Contact{Administrator: 1, Fallback: "uren@example.nl", Telephone: "+31 544 471 696"}}, b.time)
	return err
}

// lead makes a channel that leads abroad.
func (b *bench) lead(tx pg.Tx) error {
	c := Channel{Destination: b.destination, Kind: Webhook, Settings: Settings{URL: "https://example.com"}, Region: tenant.EEA, Operator: tenant.EU}
	_, _, err := b.courier.Seal.PutChannel(b.Context(), tx, b.by, c, Secrets{}, b.time)
	return err
}

// waits gives once a connection waits for an advisory lock: true; or what is done
// ended: false.
func (b *bench) waits(done <-chan error) bool {
	b.Helper()
	for len(done) == 0 {
		if pgtest.Exec(b, b.url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") > 0 {
			return true
		}
	}
	return false
}

func TestAChannelAndANarrowerContractAtOnceAreNotBothTaken(t *testing.T) { // OB-P9
	narrow := func(b *bench, tx pg.Tx) error { return b.agree(tx, tenant.NL) }
	for name, c := range map[string]struct{ first, second func(*bench, pg.Tx) error }{
		"the channel first":  {(*bench).lead, narrow},
		"the contract first": {narrow, (*bench).lead},
	} {
		t.Run(name, func(t *testing.T) {
			b := csvBench(t)
			pgtest.Exec(t, b.url, `INSERT INTO account (tenant_id, email, name, roles) VALUES ($1, 'ilse@example.nl', 'Ilse', '{administrator}')`, b.tenant)
			b.in(func(tx pg.Tx) error { return b.agree(tx, tenant.EEA) })
			second := make(chan error, 1)
			b.in(func(tx pg.Tx) error {
				err := c.first(b, tx)
				go func() { second <- b.try(func(tx pg.Tx) error { return c.second(b, tx) }) }()
				if !b.waits(second) {
					t.Error("the second doesn't wait for the first")
				}
				return err
			})
			if err := <-second; !errors.Is(err, tenant.ErrInvalid) && !errors.Is(err, ErrInvalid) {
				t.Errorf("the second: %v", err)
			}
		})
	}
}
