package ingest

import (
	"fmt"
	"strings"
	"testing"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

const reader1 = wire.FirstReader + 0x1a2b

func TestABatchBecomesRegistrationsAndAReceipt(t *testing.T) { // I1, I2
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	s := streamOf(g, 1<<63+7)
	l := log(s, taps(1, 20, "deur"))
	l.Pairs = []wire.Pair{{Tick: 1000, Instant: 1_790_000_001_000, Bound: 20, Source: wire.SourceDisciplined}}
	m := sent(g, batch(l))
	r := w.settle(w.worker(), m)[g.id]
	if got, want := marks(r), fmt.Sprint(s, " [{1 20}];"); got != want {
		t.Errorf("marks %q, want %q", got, want)
	}
	if len(r.Batches) != 1 || r.Batches[0] != m.crc || len(r.Refusals) != 0 {
		t.Errorf("receipt %+v", r)
	}
	if fmt.Sprint(r.Marks[0].Safe) != fmt.Sprint(r.Marks[0].Committed) {
		t.Errorf("with one copy declared, safe is %v", r.Marks[0].Safe)
	}
	w.want(20, "registration WHERE tenant_id = $1 AND origin = $2 AND wall > 0", w.tenant, int64(g.id))
	w.want(1, "time_pair WHERE gateway_id = $1 AND bound = 20", int64(g.id))
	w.want(1, "reader WHERE key = 'deur' AND name = 'deur' AND origin = $1", int64(g.id))
	w.want(1, "origin_heard WHERE gateway_id = $1 AND highest = 20", int64(g.id))
	w.want(1, "origin_progress WHERE holed_since IS NULL AND highest = 20")
}

func TestAReaderWithMemoryIsBoundAndNamed(t *testing.T) { // I1
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	w.settle(w.worker(), sent(g, batch(log(wire.Stream{Origin: reader1, Epoch: 5}, taps(1, 3, "")))))
	w.want(1, "reader WHERE key = '' AND name = 'Lezer 1a2b' AND site_id = $1", w.site)
	w.want(1, "origin WHERE origin = $1 AND site_id = $2 AND gateway_id IS NULL", int64(reader1), w.site)
}

func TestTheSameNamesAreStoredOnce(t *testing.T) { // I1
	w := newWorld(t)
	a, b := w.addGateway(w.site, "a"), w.addGateway(w.site, "b")
	s := wire.Stream{Origin: reader1, Epoch: 5}
	for name, group := range map[string][]*message{
		"in one group":              {sent(a, batch(log(s, taps(1, 10, "")))), sent(a, batch(log(s, taps(5, 10, ""))))},
		"again":                     {sent(a, batch(log(s, taps(1, 14, ""))))},
		"through another gateway":   {sent(b, batch(log(s, taps(3, 12, ""))))},
		"through both in one group": {sent(b, batch(log(s, taps(1, 14, "")))), sent(a, batch(log(s, taps(1, 14, ""))))},
	} {
		t.Run(name, func(t *testing.T) {
			w.settle(w.worker(), group...)
			w.want(1, "registration WHERE seq = 5")
			w.want(0, "name_conflict")
		})
	}
	w.want(14, "registration")
}

func TestAnAnswerLostAfterTheCommitLosesNothing(t *testing.T) { // I2
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	s := streamOf(g, 9)
	m := sent(g, batch(log(s, taps(1, 10, "x"))))
	first := w.settle(w.worker(), m)[g.id]
	again := w.settle(w.worker(), sent(g, batch(log(s, taps(1, 10, "x")))))[g.id] // after a restart
	if marks(first) != marks(again) {
		t.Errorf("%q, then %q", marks(first), marks(again))
	}
	w.want(10, "registration")
}

func TestTheSameNameWithOtherContentIsKeptApart(t *testing.T) { // I1
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	s := streamOf(g, 9)
	other := func(change func(*wire.Tap)) *message {
		all := taps(1, 3, "x")
		change(&all[1])
		return sent(g, batch(log(s, all)))
	}
	k := w.worker()
	w.settle(k, sent(g, batch(log(s, taps(1, 3, "x")))))
	r := w.settle(k, other(func(p *wire.Tap) { p.Tick++ }))[g.id]
	if marks(r) != fmt.Sprint(s, " [{1 3}];") {
		t.Errorf("the batch is not answered: %q", marks(r))
	}
	w.want(1, "name_conflict WHERE seq = 2 AND tick = 2001")
	w.settle(k, other(func(p *wire.Tap) { p.Tick++ })) // sent again: no news
	w.want(1, "name_conflict")
	w.settle(k, other(func(p *wire.Tap) { p.Token[0]++ }), other(func(p *wire.Tap) { p.Token[0] += 2 }))
	w.want(3, "name_conflict")
	w.want(3, "registration")
	w.want(2, "audit_entry WHERE action = 'name_conflict.found'") // one a commit and stream
}

func TestATokenOfAnotherKeyVersionIsNoConflict(t *testing.T) { // I1, I7
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	all := taps(1, 1, "x")
	w.settle(w.worker(), sent(g, batch(log(streamOf(g, 9), all))))
	all[0].Token[0]++
	l := log(streamOf(g, 9), all)
	l.KeyVersion = 2
	w.settle(w.worker(), sent(g, batch(l)))
	w.want(0, "name_conflict")
}

func TestAConflictWithinOneGroupIsFound(t *testing.T) { // I1
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	all := taps(1, 2, "x")
	all[1].Tick += 5
	w.settle(w.worker(), sent(g, batch(log(streamOf(g, 9), taps(1, 2, "x")))), sent(g, batch(log(streamOf(g, 9), all))))
	w.want(1, "name_conflict WHERE tick = 2005")
	w.want(2, "registration")
}

func TestANameWhoseRowWasRemovedIsAnsweredNotInserted(t *testing.T) { // I1, I3
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	m := func() *message { return sent(g, batch(log(streamOf(g, 9), taps(1, 5, "x")))) }
	w.settle(w.worker(), m())
	w.exec("DELETE FROM registration")
	if r := w.settle(w.worker(), m())[g.id]; !strings.Contains(marks(r), "[{1 5}]") {
		t.Errorf("marks %q", marks(r))
	}
	w.want(0, "registration")
}

func TestAnOriginOfSomebodyElseIsRefusedAndHarmsNobody(t *testing.T) { // I1
	w := newWorld(t)
	mine, other := w.addGateway(w.site, "a"), w.addGateway(w.addSite("Zeist"), "b")
	k := w.worker()
	reader := wire.Stream{Origin: reader1, Epoch: 5}
	w.settle(k, sent(mine, batch(log(reader, taps(1, 1, "")))))
	answers := w.settle(k,
		sent(other, batch(log(streamOf(mine, 4), taps(1, 2, "x")))),
		sent(other, batch(log(reader, taps(2, 2, "")))),
		sent(other, batch(log(streamOf(other, 4), taps(1, 2, "x")))),
		sent(mine, batch(log(streamOf(mine, 4), taps(1, 2, "x")))))
	if n := len(answers[other.id].Refusals); n != 2 {
		t.Errorf("%d refusals, want 2: %+v", n, answers[other.id])
	}
	if len(answers[mine.id].Refusals) != 0 || len(answers[mine.id].Marks) != 1 {
		t.Errorf("the other gateway got %+v", answers[mine.id])
	}
	w.want(2, "quarantine WHERE gateway_id = $1 AND length(payload) > 0 AND reason LIKE 'origin%'", int64(other.id))
	w.want(5, "registration")
}

func TestAReaderIsMovedToAnotherSite(t *testing.T) { // I1
	w := newWorld(t)
	there := w.addSite("Zeist")
	old, fresh := w.addGateway(w.site, "a"), w.addGateway(there, "b")
	reader := wire.Stream{Origin: reader1, Epoch: 5}
	k := w.worker()
	w.settle(k, sent(old, batch(log(reader, taps(1, 2, "")))))
	if r := w.settle(k, sent(fresh, batch(log(reader, taps(5, 1, "")))))[fresh.id]; len(r.Refusals) != 1 {
		t.Errorf("taken before it was moved: %+v", r)
	}
	id := w.exec("SELECT reader_id FROM reader WHERE key = ''")
	move := func(tenant, site int64) error {
		return w.app.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
			return fleet.MoveReader(t.Context(), tx, audit.Actor{Kind: audit.Account, ID: 3}, id, site)
		})
	}
	if move(pgtest.Tenant(t, w.url, "Slagerij Haas"), there) == nil || move(w.tenant, there+7) == nil {
		t.Error("moved by another tenant, or to a site that isn't there")
	}
	if err := move(w.tenant, there); err != nil {
		t.Fatal(err)
	}
	other := wire.Stream{Origin: reader1, Epoch: 6} // never taken from the old site's gateway
	answers := w.settle(k, sent(fresh, batch(log(reader, taps(5, 1, "")))), sent(old, batch(log(reader, taps(3, 2, "")))), sent(old, batch(log(other, taps(1, 1, "")))))
	if len(answers[fresh.id].Refusals) != 0 || len(answers[old.id].Refusals) != 1 {
		t.Errorf("new site %+v, old site %+v", answers[fresh.id], answers[old.id])
	}
	w.want(5, "registration")
	w.want(1, "audit_entry WHERE action = 'reader.move'")
}

// A look-up of a gateway may be a round old when it is moved.
func TestAGatewayIsMovedWhileItsTapsAreUnderWay(t *testing.T) { // I1
	w := newWorld(t)
	there := w.addSite("Zeist")
	g := w.addGateway(w.site, "a")
	w.exec("INSERT INTO origin (tenant_id, origin, site_id) VALUES ($1, $2, $3) RETURNING 1", w.tenant, int64(reader1), there)
	must(t, w.app.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
		return fleet.MoveGateway(t.Context(), tx, audit.Actor{Kind: audit.Account, ID: 3}, int64(g.id), there)
	}))
	answer := w.settle(w.worker(), sent(g, batch(log(wire.Stream{Origin: reader1, Epoch: 5}, taps(1, 1, "")))),
		sent(g, batch(log(wire.Stream{Origin: reader1 + 1, Epoch: 5}, taps(1, 1, "")))))[g.id]
	if len(answer.Refusals) != 0 {
		t.Errorf("refused to the gateway of the reader's site: %+v", answer)
	}
	must(t, w.db.InTenants(t.Context(), []int64{w.tenant}, func(tx pg.Tx) error {
		return updateState(t.Context(), tx, g, wire.State{Online: true, Readers: []wire.ReaderState{{Name: "x", Protocol: "link", Origin: reader1 + 2}}})
	}))
	w.want(3, "origin WHERE origin >= $1 AND site_id = $2", int64(reader1), there)
	w.want(3, "reader WHERE site_id = $1", there)
}

func TestABatchThatTheDatabaseRefusesStandsAloneInQuarantine(t *testing.T) {
	w := newWorld(t)
	w.exec(`CREATE FUNCTION pick() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.tick = 7777 THEN RAISE EXCEPTION 'bad'; END IF; RETURN NEW; END $$`)
	w.exec(`CREATE TRIGGER pick BEFORE INSERT ON registration FOR EACH ROW EXECUTE FUNCTION pick()`)
	g := w.addGateway(w.site, "poort")
	var group []*message
	for i := range 9 {
		all := taps(uint64(i*10+1), 10, "x")
		if i == 4 {
			all[0].Tick = 7777
		}
		group = append(group, sent(g, batch(log(streamOf(g, 9), all))))
	}
	r := w.settle(w.worker(), group...)[g.id]
	if len(r.Refusals) != 1 || r.Refusals[0].Batch != group[4].crc {
		t.Errorf("refusals %+v", r.Refusals)
	}
	w.want(80, "registration")
	w.want(1, "quarantine WHERE crc = $1 AND payload = $2", int64(group[4].crc), group[4].payload)
	w.want(1, "audit_entry WHERE action = 'batch.quarantine'")
	w.want(1, "origin_progress WHERE holed_since IS NOT NULL")
}

func TestRubbishIsKeptAndRefused(t *testing.T) {
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	for range 2 { // the second time it stands there already
		r := w.settle(w.worker(), newMessage(g, []byte("rubbish")))[g.id]
		if len(r.Refusals) != 1 || r.Refusals[0].Reason == "" {
			t.Errorf("receipt %+v", r)
		}
	}
	w.want(1, "quarantine")
}

func TestTimesOfOtherAgesAreStoredAsSaid(t *testing.T) { // I3, I4
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	all := taps(1, 2, "x")
	all[0].Wall, all[1].Wall = 86_400_000, 2_272_147_200_000 // 1970, 2042
	w.settle(w.worker(), sent(g, batch(log(streamOf(g, 9), all))))
	w.want(1, "registration WHERE wall = 86400000")
	w.want(1, "registration WHERE wall = 2272147200000")
}

func TestGroupsOfSeveralTenantsStayApart(t *testing.T) { // I6
	w := newWorld(t)
	other := *w
	other.tenant = pgtest.Tenant(t, w.url, "Slagerij Haas")
	other.site = other.addSite("Doorn")
	a, b := w.addGateway(w.site, "a"), other.addGateway(other.site, "b")
	s := wire.Stream{Origin: reader1, Epoch: 5} // both say they have this reader
	w.settle(w.worker(), sent(a, batch(log(s, taps(1, 3, "")))), sent(b, batch(log(s, taps(1, 4, "")))))
	w.want(3, "registration WHERE tenant_id = $1", w.tenant)
	w.want(4, "registration WHERE tenant_id = $1", other.tenant)
}

func TestAGroupThatFailsBeforeItsCommitIsTriedAgainWhole(t *testing.T) { // I2
	for _, when := range []string{"AFTER INSERT ON registration FOR EACH ROW", // while it writes
		"AFTER INSERT ON time_pair DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"} { // at the commit itself
		t.Run(when, func(t *testing.T) {
			w := newWorld(t)
			w.exec("CREATE SEQUENCE tries")
			w.exec("GRANT USAGE ON tries TO tikklok_ingest")
			w.exec(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				IF nextval('tries') < 3 THEN RAISE EXCEPTION 'not now' USING ERRCODE = 'serialization_failure'; END IF; RETURN NULL; END $$`)
			kind := ""
			if strings.Contains(when, "DEFERR") {
				kind = "CONSTRAINT"
			}
			w.exec("CREATE " + kind + " TRIGGER fail " + when + " EXECUTE FUNCTION fail()")
			g := w.addGateway(w.site, "poort")
			l := log(streamOf(g, 9), taps(1, 10, "x"))
			l.Pairs = []wire.Pair{{Tick: 1, Instant: 2, Bound: 3, Source: wire.SourceServer}}
			if r := w.settle(w.worker(), sent(g, batch(l)))[g.id]; marks(r) != fmt.Sprint(l.Stream, " [{1 10}];") || len(r.Refusals) > 0 {
				t.Errorf("receipt %+v", r)
			}
			w.want(10, "registration")
			w.want(1, "reader")
			w.want(0, "quarantine")
		})
	}
}

func TestAConflictIsFoundInEveryMonth(t *testing.T) { // I1
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	k := w.worker()
	for month := range 3 {
		w.settle(k, sent(g, batch(log(streamOf(g, 9), taps(uint64(month)*10+1, 2, "x")))))
		// As if these had come a month earlier than they did.
		w.exec("UPDATE registration SET arrived = arrived - make_interval(months => 1)")
		w.exec("UPDATE origin_progress SET first_heard = first_heard - make_interval(months => 1)")
	}
	for month := range 3 {
		all := taps(uint64(month)*10+1, 2, "x")
		all[1].Tick++
		w.settle(k, sent(g, batch(log(streamOf(g, 9), all))))
	}
	w.want(3, "name_conflict")
	w.want(6, "registration")
}

func TestAFullQuarantineIsRefusedWithItsRemedy(t *testing.T) {
	w := newWorld(t)
	g, other := w.addGateway(w.site, "poort"), w.addGateway(w.site, "hal")
	w.exec(`INSERT INTO quarantine (tenant_id, gateway_id, crc, payload, reason)
		SELECT $1, $2, i, int4send(i), 'x' FROM generate_series(1, $3::int) i`, w.tenant, int64(g.id), quarantineBatches)
	r := w.settle(w.worker(), newMessage(g, []byte("rubbish")), sent(g, batch(log(streamOf(g, 9), taps(1, 2, "x")))))[g.id]
	if len(r.Refusals) != 1 || !strings.Contains(r.Refusals[0].Reason, "settle") {
		t.Errorf("receipt %+v", r)
	}
	w.want(quarantineBatches, "quarantine")
	w.want(2, "registration")
	w.settle(w.worker(), newMessage(other, []byte("rubbish")))
	w.want(quarantineBatches+1, "quarantine")
	w.exec("UPDATE quarantine SET resolved_at = now()")
	w.settle(w.worker(), newMessage(g, []byte("rubbish")))
	w.want(quarantineBatches+2, "quarantine")
}

func TestAGatewayThatInventsReadersIsRefusedAndHarmsNobody(t *testing.T) {
	w := newWorld(t)
	g, other := w.addGateway(w.site, "poort"), w.addGateway(w.site, "hal")
	k := w.worker()
	inventing := taps(1, maxReaders+1, "x")
	for i := range inventing {
		inventing[i].Reader = fmt.Sprint("deur ", i)
	}
	good := sent(other, batch(log(streamOf(other, 9), taps(1, 2, "x"))))
	answers := w.settle(k, sent(g, batch(log(streamOf(g, 9), inventing))), good)
	if r := answers[g.id]; len(r.Refusals) != 1 || !strings.Contains(r.Refusals[0].Reason, "readers") {
		t.Errorf("receipt %+v", r)
	}
	w.want(1, "reader")
	w.want(2, "registration")
	w.settle(k, sent(g, batch(log(streamOf(g, 9), inventing[:maxReaders]))))
	w.want(maxReaders+1, "reader")
	w.settle(w.worker(), sent(g, batch(log(streamOf(g, 9), taps(1000, 2, "deur 7")))))
	w.want(maxReaders+4, "registration")
	err := w.db.InTenants(t.Context(), []int64{w.tenant}, func(tx pg.Tx) error {
		return updateState(t.Context(), tx, g, wire.State{Online: true, Readers: []wire.ReaderState{
			{Name: "deur 300", Health: "ok"}, {Name: "deur 7", Health: "fine"}}})
	})
	if err != nil {
		t.Error(err)
	}
	w.want(maxReaders+1, "reader")
	w.want(1, "reader WHERE key = 'deur 7' AND health = 'fine'")
	w.want(1, "gateway WHERE online")
}
