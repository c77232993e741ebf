package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// news is a tap or a time pair on its way to the server.
type news struct {
	at     time.Time
	fob    byte // 0: a time pair
	seq    int64
	source wire.Source
}

// drawNews gives taps of two employees in a few days, and time pairs here and
// there: every day, or one for all of them, or none.
func drawNews(t *rapid.T, zone *time.Location) (out []news) {
	start := time.Date(2026, 11, 2, 0, 0, 0, 0, zone)
	for seq := range int64(rapid.IntRange(1, 14).Draw(t, "taps")) {
		at := start.Add(time.Duration(rapid.Int64Range(0, 4*86_400).Draw(t, "at")) * time.Second)
		out = append(out, news{at: at, fob: rapid.SampledFrom([]byte{1, 1, 1, 2}).Draw(t, "fob"), seq: seq + 1})
	}
	for range rapid.SampledFrom([]int{0, 1, 3, 8}).Draw(t, "pairs") {
		at := start.Add(time.Duration(rapid.Int64Range(-3600, 4*86_400).Draw(t, "pair")) * time.Second)
		out = append(out, news{at: at, source: rapid.SampledFrom([]wire.Source{wire.SourceDisciplined, wire.SourceServer}).Draw(t, "source")})
	}
	return out
}

// Whatever the order in which taps and time pairs come, in however many pieces
// and however often, the stored days are those of all at once; and one
// employee's are those that there are without the other's taps (I1, I3).
func TestStoredDaysDoNotDependOnTheOrderOfArrival(t *testing.T) {
	first := newWorld(t)
	drawn := 0
	rapid.Check(t, func(r *rapid.T) {
		if drawn++; drawn > 12 {
			return // each fills a database: a few a run, others the next time
		}
		all := drawNews(r, first.zone)
		shuffled := slices.Clone(all)
		rand.New(rand.NewSource(rapid.Int64().Draw(r, "order"))).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		want := first.another(t).deliver(all, len(all))
		if got := first.another(t).deliver(shuffled, rapid.IntRange(1, 4).Draw(r, "piece")); got != want {
			r.Fatalf("%v in pieces gives\n%s\nall at once\n%s", shuffled, got, want)
		}
		alone := slices.DeleteFunc(slices.Clone(all), func(n news) bool { return n.fob == 2 })
		bakkers, _, _ := strings.Cut(want, "|")
		if got, _, _ := strings.Cut(first.another(t).deliver(alone, len(all)), "|"); got != bakkers {
			r.Fatalf("without the other's taps come\n%s\nwith them\n%s", got, bakkers)
		}
	})
}

// another gives a world of its own tenant in the same database.
func (w *world) another(t *testing.T) *world {
	out := &world{t: t, url: w.url, db: w.db, zone: w.zone, now: w.at("2026-11-20 09:00"), by: audit.Actor{Kind: audit.Account, ID: 1}}
	out.tenant = pgtest.Tenant(t, w.url, fmt.Sprintf("T%d", rand.Int63()))
	out.site = pgtest.Exec(t, w.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Noord') RETURNING site_id", out.tenant)
	out.reader = pgtest.Exec(t, w.url, "INSERT INTO reader (tenant_id, site_id, origin, key, name) VALUES ($1, $2, $3, 'a', 'Reader 7') RETURNING reader_id", out.tenant, out.site, testOrigin)
	return out
}

// deliver brings the news in pieces, each time with one of those before again,
// and gives the days of both employees, apart.
func (w *world) deliver(all []news, piece int) (text string) {
	bakker, _ := w.employee("Bakker", 1, "2026-10-01 00:00")
	aydin, _ := w.employee("Aydin", 2, "2026-10-01 00:00")
	for some := range slices.Chunk(all, piece) {
		for _, n := range some {
			w.bring(n)
		}
		w.recompute()
		pgtest.Exec(w.t, w.url, `INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at) VALUES ($1, $2, $3, $3) RETURNING 1`,
			w.tenant, bakker, some[0].at.UnixMilli()) // what is due twice is computed twice
	}
	w.recompute()
	return w.text(bakker) + "|" + w.text(aydin)
}

func (w *world) bring(n news) {
	if n.fob == 0 {
		pgtest.Exec(w.t, w.url, `INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id, arrived)
			VALUES ($1, $2, $3, $4, $5, 100, $6, 7, to_timestamp($5::bigint / 1000.0)) ON CONFLICT DO NOTHING`,
			w.tenant, testOrigin, testEpoch, w.tick(n.at), n.at.UnixMilli(), int16(n.source))
		return
	}
	pgtest.Exec(w.t, w.url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
		VALUES ($1, $2, $3, $4, $5, 0, $6, 1, $7, $8)`, w.tenant, testOrigin, testEpoch, n.seq, w.tick(n.at), w.reader, token(n.fob), n.at.Add(500*time.Millisecond))
}

// text gives an employee's stored days without the ids of this world.
func (w *world) text(employee int64) (out string) {
	w.in(func(ctx context.Context, tx pg.Tx) error {
		for day := calendar.On(2026, 11, 1); day.Before(calendar.On(2026, 11, 10)); day = day.AddDays(1) {
			stored, err := readStored(ctx, tx, []due{{employee: employee}}, calendar.Period{From: day, To: day})
			if err != nil {
				return err
			}
			d, ok := stored[employee][day]
			if !ok {
				continue
			}
			d.day.Employee = 0
			for i := range d.day.Punches {
				d.day.Punches[i].Reader, d.day.Punches[i].Site = 0, 0
			}
			for i := range d.day.Shifts {
				d.day.Shifts[i].Site = 0
				for k := range d.day.Shifts[i].Worked {
					d.day.Shifts[i].Worked[k].Site = 0
				}
			}
			for i := range d.day.Lines {
				d.day.Lines[i].Site = 0
			}
			for i := range d.day.Settled {
				d.day.Settled[i].Site = 0
			}
			text, err := json.Marshal(d.day)
			if err != nil {
				return err
			}
			out += string(text) + "\n"
		}
		return nil
	})
	return out
}
