package hours

import (
	"context"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// powered is one run of gateway 7, from when it got power.
type powered struct {
	*world
	epoch int64
	began time.Time
	seq   int64
}

func (w *world) powered(epoch, predecessor, predecessorLast int64, began string) *powered {
	pgtest.Exec(w.t, w.url, "INSERT INTO origin_progress (tenant_id, origin, epoch, started, predecessor, predecessor_last) VALUES ($1, $2, $3, true, $4, $5)",
		w.tenant, testOrigin, epoch, predecessor, predecessorLast)
	return &powered{world: w, epoch: epoch, began: w.at(began)}
}

// says stores a pair made at an instant, with a clock off by so much, that
// arrived so late.
func (p *powered) says(text string, source wire.Source, off, late time.Duration) {
	at := p.at(text)
	pgtest.Exec(p.t, p.url, `INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id, arrived) VALUES ($1, $2, $3, $4, $5, 100, $6, 7, $7)`,
		p.tenant, testOrigin, p.epoch, at.Sub(p.began).Milliseconds(), at.Add(off).UnixMilli(), int16(source), at.Add(late))
}

func (p *powered) tapped(text string, arrived string) TapID {
	p.seq++
	pgtest.Exec(p.t, p.url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
		VALUES ($1, $2, $3, $4, $5, 0, $6, 1, $7, $8)`, p.tenant, testOrigin, p.epoch, p.seq, p.at(text).Sub(p.began).Milliseconds(), p.reader, token(1), p.at(arrived))
	return tapID(testOrigin, p.epoch, p.seq)
}

// instant reads what a tap's time is.
func (w *world) instant(tap TapID) (i Instant) {
	w.t.Helper()
	name, err := tap.Name()
	if err != nil {
		w.t.Fatal(err)
	}
	i.At = pgtest.Exec(w.t, w.url, "SELECT at FROM punch WHERE epoch = $1 AND seq = $2", int64(name.Epoch), int64(name.Seq))
	i.Uncertainty = pgtest.Exec(w.t, w.url, "SELECT uncertainty FROM punch WHERE epoch = $1 AND seq = $2", int64(name.Epoch), int64(name.Seq))
	for _, k := range []Known{KnownDisciplined, KnownServer, KnownInterpolated, KnownEstimated, KnownBounded, KnownArrival} {
		if pgtest.Exec(w.t, w.url, "SELECT count(*) FROM punch WHERE epoch = $1 AND seq = $2 AND known = $3", int64(name.Epoch), int64(name.Seq), string(k)) == 1 {
			i.Known = k
		}
	}
	return i
}

// holds checks that the truth lies within what is stated, and that the bound
// is no wider than most.
func (w *world) holds(tap TapID, truth string, most time.Duration) {
	w.t.Helper()
	i := w.instant(tap)
	off := i.At - w.at(truth).UnixMilli()
	if max(off, -off) > i.Uncertainty || i.Uncertainty > most.Milliseconds() {
		w.t.Errorf("tap of %s: %d ms off, stated ± %d, %s", truth, off, i.Uncertainty, i.Known)
	}
}

func TestTapsMadeBeforeTheClockWasSetGetTheirTimeLater(t *testing.T) { // I4
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	p := w.powered(11, 0, 0, "2026-11-10 06:00")
	p.says("2026-11-10 06:00:01", wire.SourceUndisciplined, -56*365*24*time.Hour, 6*time.Hour)
	in, out := p.tapped("2026-11-10 08:00", "2026-11-10 18:00"), p.tapped("2026-11-10 16:00", "2026-11-10 18:00")
	w.recompute()
	if i := w.instant(in); i.Known != KnownArrival || w.sheet(id, week46).Minutes != 0 {
		t.Errorf("before the clock was known: %+v", i)
	}
	p.says("2026-11-10 18:00:02", wire.SourceServer, 50*time.Millisecond, 300*time.Millisecond)
	w.recompute()
	w.holds(in, "2026-11-10 08:00", 4*time.Second)
	w.holds(out, "2026-11-10 16:00", 4*time.Second)
	if s := w.sheet(id, week46); s.Minutes != 450 || s.Exceptions != 0 {
		t.Errorf("%d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
}

// The power went twice without a network; the taps in between lie between what
// came before and after.
func TestTapsOfAnEpochThatNeverKnewTheTimeAreBounded(t *testing.T) { // I4
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	before := w.powered(21, 0, 0, "2026-11-10 06:00")
	before.says("2026-11-10 07:00", wire.SourceDisciplined, 0, time.Second)
	dark := w.powered(22, 21, 0, "2026-11-10 07:30")
	in, out := dark.tapped("2026-11-10 08:00", "2026-11-10 13:00"), dark.tapped("2026-11-10 12:00", "2026-11-10 13:00")
	darker := w.powered(23, 22, 2, "2026-11-10 12:10")
	third := darker.tapped("2026-11-10 12:20", "2026-11-10 13:00")
	w.recompute()
	if i := w.instant(out); i.Known != KnownBounded {
		t.Errorf("before the next clock was known: %+v", i)
	}
	w.holds(out, "2026-11-10 12:00", 2*time.Hour)
	after := w.powered(24, 23, 1, "2026-11-10 12:30")
	after.says("2026-11-10 13:00", wire.SourceServer, 0, time.Second)
	w.recompute()
	w.holds(in, "2026-11-10 08:00", time.Hour+time.Minute/10)
	w.holds(out, "2026-11-10 12:00", time.Hour+time.Minute/10)
	w.holds(third, "2026-11-10 12:20", 3*time.Hour)
	if s := w.sheet(id, week46); s.Minutes != 0 || s.Exceptions < 3 {
		t.Errorf("%d minutes, %d exceptions: nothing of this is paid unseen", s.Minutes, s.Exceptions)
	}
}

func TestAClockInAnotherYearPoisonsNothing(t *testing.T) { // I4
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	p := w.powered(31, 0, 0, "2026-11-10 06:00")
	p.says("2026-11-10 06:00:01", wire.SourceDisciplined, 15*365*24*time.Hour, time.Second)
	in := p.tapped("2026-11-10 08:00", "2026-11-10 08:00:01")
	p.says("2026-11-10 08:00:02", wire.SourceDisciplined, -56*365*24*time.Hour, time.Second)
	w.recompute()
	if i := w.instant(in); i.Known != KnownArrival {
		t.Errorf("with a clock in 2042 and 1970 only: %+v", i)
	}
	p.says("2026-11-10 09:00", wire.SourceServer, 0, time.Second)
	out := p.tapped("2026-11-10 12:00", "2026-11-10 12:00:01")
	w.recompute()
	w.holds(in, "2026-11-10 08:00", time.Second)
	w.holds(out, "2026-11-10 12:00", 2*time.Second)
	if s := w.sheet(id, week46); s.Minutes != 240 {
		t.Errorf("%d minutes", s.Minutes)
	}
	if n := pgtest.Exec(t, w.url, "SELECT count(*) FROM time_pair"); n != 16+3 {
		t.Errorf("%d pairs are kept", n)
	}
}

// An hour's jump while nobody could contradict it, found out a week later: the
// taps that had been timed by it move.
func TestAJumpIsUndoneWhenTheServerSpeaks(t *testing.T) { // I4
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-11-01 00:00")
	p := w.powered(41, 0, 0, "2026-11-03 06:00")
	p.says("2026-11-03 06:10", wire.SourceDisciplined, 0, time.Second)
	const week = 7 * 24 * time.Hour
	p.says("2026-11-03 07:00", wire.SourceDisciplined, -time.Hour, week)
	p.says("2026-11-03 10:00", wire.SourceDisciplined, -time.Hour, week)
	in := p.tapped("2026-11-03 08:00", "2026-11-10 12:00")
	w.recompute()
	p.says("2026-11-10 12:00", wire.SourceServer, 0, time.Second)
	w.recompute()
	w.holds(in, "2026-11-03 08:00", 2*time.Second)
	for range 2 { // and taking it all up again says the same
		pgtest.Exec(t, w.url, "DELETE FROM hours_cursor")
		w.recompute()
		w.holds(in, "2026-11-03 08:00", 2*time.Second)
	}
}

func TestWhereNobodyCanTellAPersonIsAsked(t *testing.T) { // I4
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	p := w.powered(51, 0, 0, "2026-11-10 06:00")
	p.says("2026-11-10 07:00", wire.SourceDisciplined, 0, 48*time.Hour)
	p.says("2026-11-10 09:00", wire.SourceDisciplined, -time.Hour, 48*time.Hour)
	p.tapped("2026-11-10 07:01", "2026-11-12 12:00")
	p.tapped("2026-11-10 09:01", "2026-11-12 12:00")
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 0 || s.Exceptions != 2 {
		t.Errorf("%d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
	if n := pgtest.Exec(t, w.url, "SELECT count(*) FROM time_pair_doubt WHERE doubt = 'contested' AND widen = 0"); n != 2 {
		t.Errorf("%d pairs are contested", n)
	}
}

func TestUncertainTapsAreListedByDeviceAndCause(t *testing.T) { // I4
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	before := w.powered(61, 0, 0, "2026-11-10 06:00")
	before.says("2026-11-10 07:00", wire.SourceDisciplined, 0, time.Second)
	dark := w.powered(62, 61, 0, "2026-11-10 07:30")
	bounded := dark.tapped("2026-11-10 08:00", "2026-11-10 13:00")
	doubtful := w.powered(63, 0, 0, "2026-11-11 06:00")
	doubtful.says("2026-11-11 07:00", wire.SourceDisciplined, 0, 48*time.Hour)
	doubtful.says("2026-11-11 09:00", wire.SourceDisciplined, -time.Hour, 48*time.Hour)
	doubtful.tapped("2026-11-11 08:00", "2026-11-12 12:00")
	unset := w.powered(64, 0, 0, "2026-11-12 06:00")
	unset.tapped("2026-11-12 08:00", "2026-11-12 12:00")
	w.recompute()
	list := func() (groups []UncertainTaps) {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			groups, _, err = ListUncertain(ctx, tx)
			return err
		})
		return groups
	}
	groups := list()
	if len(groups) != 3 || groups[0].Why != WhyContradiction || groups[1].Why != WhyUnset || groups[2].Why != WhyPower {
		t.Fatalf("groups %+v", groups)
	}
	power := groups[2]
	if power.ReaderName != "Reader 7" || power.SiteName != "Noord" || len(power.Taps) != 1 || power.Taps[0].Tap != bounded || power.Taps[0].Who.Surname != "Bakker" {
		t.Errorf("%+v", power)
	}
	if at := power.Taps[0].Estimate; at <= w.at("2026-11-10 08:00").UnixMilli() || at >= w.at("2026-11-10 13:00").UnixMilli() {
		t.Errorf("estimate %s", time.UnixMilli(at))
	}
	if groups[1].Taps[0].Estimate != 0 {
		t.Error("a time was made up")
	}
	w.decide(Decision{Employee: id, Kind: SetTime, Tap: bounded, At: w.at("2026-11-10 08:00")})
	w.recompute()
	if got := list(); len(got) != 2 {
		t.Errorf("%d groups after one was decided", len(got))
	}
}
