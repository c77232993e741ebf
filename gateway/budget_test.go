package gateway

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

func TestThriftFollowsTheMonth(t *testing.T) {
	const budget = 1_500_000
	for _, c := range []struct {
		used, elapsed float64
		want          thrift
	}{
		{0, 0, usual}, {0.79, 0.1, usual},
		{0.80, 0.5, sparing}, {0.94, 0.5, sparing},
		{0.80, 0.8, usual}, {0.9, 0.95, usual}, {0.97, 0.98, usual}, // no faster than the month goes
		{0.95, 0.5, rationed}, {0.99, 0.98, rationed}, {1, 0.999, rationed}, {3, 0.9, rationed},
	} {
		if got := thriftOf(uint64(c.used*budget), budget, c.elapsed); got != c.want {
			t.Errorf("%.2f used at %.3f of the month: %s, want %s", c.used, c.elapsed, got, c.want)
		}
	}
	if got := thriftOf(1<<60, 0, 0); got != usual {
		t.Errorf("without a budget: %s", got)
	}
}

func TestThriftHoldsTapsTogetherAndNeverForGood(t *testing.T) {
	at := limits{flush: 2 * time.Second, keepAlive: 15 * time.Minute, stateEvery: time.Hour, monthBytes: 1}
	if got := at.under(usual); got != at {
		t.Errorf("usual: %+v", got)
	}
	last := at
	for _, u := range []thrift{sparing, rationed} {
		got := at.under(u)
		if got.flush <= last.flush || got.flush > 6*time.Hour || got.keepAlive != longestKeepAlive || got.stateEvery != at.stateEvery {
			t.Errorf("%s: %+v", u, got)
		}
		last = got
	}
	if slow := (limits{flush: 12 * time.Hour}); slow.under(rationed).flush != slow.flush {
		t.Error("thrift made a slow gateway quicker")
	}
}

func TestMonthsAreThoseOfUTC(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-30T23:59:59Z": "2026-11", "2026-12-01T00:30:00+01:00": "2026-11", "2026-12-01T00:00:00Z": "2026-12",
	} {
		instant, err := time.Parse(time.RFC3339, at)
		must(t, err)
		if got, elapsed := monthOf(instant); got != want || elapsed < 0 || elapsed >= 1 {
			t.Errorf("%s: %s at %.3f, want %s", at, got, elapsed, want)
		}
	}
}

// moment is an instant known from a source.
func moment(at string, source wire.Source) reader.Moment {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	return reader.Moment{Instant: t.UnixMilli(), Source: source}
}

func TestTheMeterEndsAMonthByAClockThatSomebodyVouchesFor(t *testing.T) {
	dir := t.TempDir()
	m := loadMeter(dir)
	m.month(moment("2026-11-03T00:00:00Z", wire.SourceServer))
	m.kept.Bytes = 700
	if n, _ := m.month(moment("1970-01-01T00:00:00Z", wire.SourceUndisciplined)); n != 700 {
		t.Errorf("%d after a clock that nobody vouches for, want 700", n)
	}
	must(t, m.save(0))
	again := loadMeter(dir)
	if n, _ := again.month(moment("2026-11-30T23:00:00Z", wire.SourceDisciplined)); n != 700 {
		t.Errorf("%d after a restart, want 700", n)
	}
	if n, _ := again.month(moment("2026-12-01T00:00:00Z", wire.SourceDisciplined)); n != 0 {
		t.Errorf("%d in a new month, want 0", n)
	}
}

func TestACountThatCouldNotBeWrittenIsTriedAgainAndSaysSoUntilThen(t *testing.T) {
	dir := t.TempDir()
	m := loadMeter(dir)
	full := filepath.Join(dir, meterFile+".new")
	must(t, os.Mkdir(full, 0o700))
	m.kept.Bytes = 700
	if m.save(0) == nil || m.save(time.Hour) == nil {
		t.Error("it says nothing of a count that was not written")
	}
	must(t, os.Remove(full))
	must(t, m.save(0))
	if again := loadMeter(dir); again.kept.Bytes != 700 {
		t.Errorf("%d after a restart, want 700", again.kept.Bytes)
	}
}
