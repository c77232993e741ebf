package retention_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/retention"
)

func TestATermLiesBetweenTheLawAndTheContract(t *testing.T) { // OB-P3
	direct := retention.Limits{Contract: "DIRECT", Longest: retention.Period{N: 3, Unit: retention.Month}}
	for _, c := range []struct {
		class privacy.Class
		keep  string
		by    retention.Limits
		want  error
		says  string
	}{
		{privacy.RawTaps, "P3M", direct, nil, ""},
		{privacy.RawTaps, "P12W", direct, nil, ""},
		{privacy.RawTaps, "P13W", direct, retention.ErrLonger, "DIRECT"},
		{privacy.RawTaps, "P6M", retention.Limits{}, nil, ""},
		{privacy.RawTaps, "P2Y", retention.Limits{}, retention.ErrLonger, "no purpose"},
		{privacy.RawTaps, "P3D", direct, retention.ErrShorter, "sealed"},
		{privacy.WorkRecord, "P51W", direct, retention.ErrShorter, "Arbeidstijdenbesluit 3.2:1"},
		{privacy.WorkRecord, "P12M", direct, nil, ""},
		{privacy.WorkRecord, "P2Y", direct, nil, ""},
		{privacy.ApprovedPay, "P6Y", direct, retention.ErrShorter, "52(4)"},
		{privacy.ApprovedPay, "P11Y", direct, retention.ErrLonger, "no purpose"},
		{privacy.Lasting, "P1Y", direct, retention.ErrInvalid, "as long as the contract"},
	} {
		keep, err := retention.ParsePeriod(c.keep)
		if err != nil {
			t.Fatal(err)
		}
		rule, _ := retention.RuleOf(c.class)
		err = rule.Check(keep, c.by)
		if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: %v", c.class, c.keep, err)
		}
	}
}

func TestEveryPresetIsAllowed(t *testing.T) {
	for _, by := range []retention.Limits{{}, {Contract: "DIRECT", Longest: retention.Period{N: 3, Unit: retention.Month}}} {
		for _, r := range retention.Rules() {
			if err := r.Check(r.Start(by), by); err != nil && r.Class != privacy.Lasting {
				t.Errorf("%s: %v", r.Class, err)
			}
		}
	}
	lasting, _ := retention.RuleOf(privacy.Lasting)
	if got := lasting.Start(retention.Limits{Longest: retention.Period{N: 3, Unit: retention.Month}}); got.N != 0 {
		t.Errorf("what lasts as long as the contract ends after %s", got)
	}
	for _, c := range privacy.Classes() {
		if _, ok := retention.RuleOf(c); !ok {
			t.Errorf("%s has no rule", c)
		}
	}
}

func TestMonthsEndWithTheirLastDay(t *testing.T) {
	for at, want := range map[string]string{"2026-05-31": "2026-02-28", "2026-03-30": "2025-12-30", "2024-05-30": "2024-02-29"} {
		day, _ := time.Parse(time.DateOnly, at)
		if got := (retention.Period{N: 3, Unit: retention.Month}).Before(day).Format(time.DateOnly); got != want {
			t.Errorf("three months before %s is %s", at, got)
		}
	}
}

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"P3M", "P52W", "P7Y", "", "P", "P0D", "P-1M", "P99999W", "P1MM", "P１M"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := retention.ParsePeriod(s)
		if err == nil && p.String() != s {
			if q, again := retention.ParsePeriod(p.String()); again != nil || q != p {
				t.Errorf("%q is read as %v", s, p)
			}
		}
	})
}

func TestANightIsDueOnceSinceTwoOClock(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		m, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		last, now string
		want      bool
	}{
		{"2026-11-20 02:05", "2026-11-20 23:00", false},
		{"2026-11-20 02:05", "2026-11-21 01:59", false},
		{"2026-11-20 02:05", "2026-11-21 02:00", true},
		{"2026-11-12 02:05", "2026-11-21 01:00", true},
		{"2026-10-25 02:30", "2026-10-25 12:00", false}, // the night in which the clock goes back
	} {
		if got := retention.Due(at(c.last), at(c.now), zone); got != c.want {
			t.Errorf("last %s, now %s: %v", c.last, c.now, got)
		}
	}
}

func TestATermTakesAnInstructionThatIsInForce(t *testing.T) { // OB-P16
	w := newWorld(t)
	number := w.exec(`INSERT INTO register_entry (tenant_id, book, details, at, by_kind, by_id)
		VALUES ($1, 'instruction', '{"reference": "Brief 12", "by": "Post", "day": "2026-11-01", "text": "keep"}', $2, 'account', 1) RETURNING entry_id`, w.tenant, now)
	change := func(class privacy.Class, n int, unit retention.Unit, number int64, by audit.Actor) error {
		return w.in(func(ctx context.Context, tx pg.Tx) error {
			limits, _ := contract(ctx, tx)
			return retention.Instruct(ctx, tx, retention.Instruction{Class: class, Keep: retention.Period{N: n, Unit: unit}, Number: number}, limits, by, now)
		})
	}
	if err := change(privacy.WorkRecord, 2, retention.Year, number, boss); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want error }{
		"of no number":          {change(privacy.WorkRecord, 2, retention.Year, 0, boss), register.ErrNoEntry},
		"by the program itself": {change(privacy.WorkRecord, 2, retention.Year, number, auto), retention.ErrInvalid},
		"of an unknown class":   {change("photos", 2, retention.Year, number, boss), retention.ErrInvalid},
		"past the contract":     {change(privacy.RawTaps, 1, retention.Year, number, boss), retention.ErrLonger},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("an instruction %s: %v", name, c.got)
		}
	}
	if err := w.in(func(ctx context.Context, tx pg.Tx) error {
		terms, err := retention.TermsOf(ctx, tx, retention.Limits{})
		if got := terms.Of(privacy.WorkRecord); got.Keep.String() != "P2Y" || got.Reference != "Brief 12" || got.Instruction != number {
			t.Errorf("the term is %+v", got)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
