package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/ending"
)

// putBack puts the tenant back where it stands.
func (l *left) putBack() (ending.Replaced, error) {
	l.Helper()
	return ending.Replace(l.Context(), l.private, l.month.tenant.ID, catalogue(), ending.ImportOptions{Unproven: true, By: operator, Now: time.Now()}, bytes.NewReader(l.file), int64(len(l.file)))
}

func TestATenantIsPutBackWhereItStandsAndNothingThatDevicesBroughtIsLost(t *testing.T) { // OB-C18, I3
	withLeft(t, func(l *left) {
		tenant := l.month.tenant.ID
		other := pgtest.Tenant(t, l.url, "somebody else")
		pgtest.Exec(t, l.url, "INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, '1', 'x', '2020-01-01') RETURNING 1", other)
		count := func(sql string, args ...any) int64 {
			return pgtest.Exec(t, l.url, sql, append([]any{tenant}, args...)...)
		}
		taps := count("SELECT count(*) FROM registration WHERE tenant_id = $1")
		entries := count("SELECT count(*) FROM audit_entry WHERE tenant_id = $1")
		for what, sql := range map[string]string{
			"somebody renamed everybody":     "UPDATE employee SET surname = 'y' WHERE tenant_id = $1",
			"plans, rules and hours went":    "WITH h AS (DELETE FROM hour_line WHERE tenant_id = $1) DELETE FROM approved_line WHERE tenant_id = $1",
			"taps were damaged":              "DELETE FROM registration WHERE tenant_id = $1 AND seq = 3",
			"a reader was moved":             "UPDATE reader SET name = 'elsewhere' WHERE tenant_id = $1",
			"a device came since":            "INSERT INTO gateway (tenant_id, site_id, name) SELECT $1, min(site_id), 'since' FROM site WHERE tenant_id = $1",
			"somebody was employed since":    "INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, '9999', 'since', '2026-01-01')",
			"it was suspended since":         "INSERT INTO suspension_step (tenant_id, kind, ground, told_day, reference, by_kind, by_id, made_at) VALUES ($1, 'suspended', 'misuse', '2026-11-01', 'x', 'operator', 0, now())",
			"a tap of a known device came":   "INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token) SELECT $1, origin, epoch, 100000, 1, 0, reader_id, key_version, token FROM registration WHERE tenant_id = $1 LIMIT 1",
			"a tap of an unknown device did": "INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token) VALUES ($1, 77, 1, 1, 1, 0, 0, 1, '\\x0102030405060708')",
		} {
			if err := l.owner(sql, tenant); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		done, err := l.putBack()
		if err != nil {
			t.Fatal(err)
		}
		if done.Taps != 2 || !strings.Contains(strings.Join(done.Lost, "\n"), "employee") {
			t.Errorf("%d taps since, differing: %v", done.Taps, done.Lost)
		}
		for what, c := range map[string]struct{ got, want int64 }{
			"renamed":        {count("SELECT count(*) FROM employee WHERE tenant_id = $1 AND surname IN ('y', 'since')"), 0},
			"taps":           {count("SELECT count(*) FROM registration WHERE tenant_id = $1"), taps + 2},
			"moved readers":  {count("SELECT count(*) FROM reader WHERE tenant_id = $1 AND name = 'elsewhere'"), 0},
			"newer devices":  {count("SELECT count(*) FROM gateway WHERE tenant_id = $1 AND name = 'since'"), 1},
			"suspensions":    {count("SELECT count(*) FROM suspension_step WHERE tenant_id = $1"), 1},
			"others' people": {pgtest.Exec(t, l.url, "SELECT count(*) FROM employee WHERE tenant_id = $1", other), 1},
			"entries of it":  {count("SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND action = 'tenant.restore'"), 1},
		} {
			if c.got != c.want {
				t.Errorf("%s: %d, not %d", what, c.got, c.want)
			}
		}
		if n := count("SELECT count(*) FROM audit_entry WHERE tenant_id = $1"); n <= entries {
			t.Errorf("the audit log has %d entries, and had %d", n, entries)
		}
		if _, err := audit.Link(t.Context(), l.month.db, tenant); err != nil {
			t.Error(err)
		}
		if r, err := audit.CheckAll(t.Context(), l.month.db, tenant, nil, nil); err != nil || r.Err() != nil {
			t.Errorf("the audit log: %v, %v", err, r.Err())
		}
	})
}

// owner runs a statement that no trigger hears.
func (l *left) owner(sql string, args ...any) error {
	return pgtest.Open(l.T, l.url, pg.RoleOwner).Look(l.Context(), func(tx pg.Tx) error {
		_, err := tx.Exec(l.Context(), "SET LOCAL session_replication_role = replica")
		if err == nil {
			_, err = tx.Exec(l.Context(), sql, args...)
		}
		return err
	})
}

func TestWhatIsPutBackIsTheVeryTenant(t *testing.T) {
	withLeft(t, func(l *left) {
		before := l.totals()
		for range 2 { // and again
			if done, err := l.putBack(); err != nil || done.Taps != 0 || len(done.Lost) != 0 {
				t.Fatalf("%+v, %v", done, err)
			}
		}
		after := l.totals()
		after.Audit, after.Chain = before.Audit, before.Chain
		for name := range after.Tables {
			if strings.HasPrefix(name, "audit_") {
				delete(after.Tables, name)
				delete(before.Tables, name)
			}
		}
		if d := ending.Differences(before, after); len(d) > 0 {
			t.Error(d)
		}
		if _, err := hours.Recompute(t.Context(), l.month.db, l.month.tenant.ID, l.month.now); err != nil {
			t.Fatal(err)
		}
		v, err := hours.Verify(t.Context(), l.month.db, l.month.tenant.ID, l.month.days, nil, l.month.now, func(int, int) {})
		if err != nil || len(v.Differences) > 0 || v.Days == 0 {
			t.Errorf("computed again: %+v, %v", v, err)
		}
		l.month.tenant.ID++
		if _, err := l.putBack(); !errors.Is(err, ending.ErrForeign) {
			t.Errorf("into another tenant: %v", err)
		}
	})
}

func TestAnotherCustomerUnderTheSameNumberIsNotPutBack(t *testing.T) { // I6: the numbers went back with the database
	withLeft(t, func(l *left) {
		if err := l.owner("UPDATE tenant SET name = 'Smit', created_at = created_at + interval '1 hour' WHERE tenant_id = $1", l.month.tenant.ID); err != nil {
			t.Fatal(err)
		}
		before := l.totals()
		_, err := l.putBack()
		if !errors.Is(err, ending.ErrForeign) || !strings.Contains(err.Error(), "Smit") || !strings.Contains(err.Error(), l.manifest.Name) {
			t.Errorf("it says %v", err)
		}
		if d := ending.Differences(before, l.totals()); len(d) > 0 {
			t.Errorf("it changed %v", d)
		}
	})
}

func TestWhatWasFirstToldOfAThingSinceGoesWhenItIsPutBack(t *testing.T) { // a first hirer counts from 1950
	withLeft(t, func(l *left) {
		tenant := l.month.tenant.ID
		site := pgtest.Exec(t, l.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'of nobody') RETURNING site_id", tenant)
		l.export()
		since := pgtest.Exec(t, l.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'since') RETURNING site_id", tenant)
		hirer := pgtest.Exec(t, l.url, "INSERT INTO hirer (tenant_id, name) VALUES ($1, 'given since') RETURNING hirer_id", tenant)
		told := func(site int64) int64 {
			return pgtest.Exec(t, l.url, "SELECT count(*) FROM site_hirer WHERE tenant_id = $1 AND site_id = $2", tenant, site)
		}
		for _, s := range []int64{site, since} {
			pgtest.Exec(t, l.url, "UPDATE site SET hirer_id = $2 WHERE site_id = $1 RETURNING 1", s, hirer)
			if told(s) != 1 {
				t.Fatalf("nothing is told of site %d", s)
			}
		}
		if _, err := l.putBack(); err != nil {
			t.Fatal(err)
		}
		if told(site) != 0 || told(since) != 1 {
			t.Errorf("%d hirers of the site of then, and %d of the one since", told(site), told(since))
		}
	})
}

func TestHoldsAndRequestsMadeSinceStayWhenACustomerIsPutBack(t *testing.T) { // OB-P3, OB-P7: the next purge is final
	withLeft(t, func(l *left) {
		exec := func(sql string, args ...any) int64 {
			return pgtest.Exec(t, l.url, sql, append([]any{l.month.tenant.ID}, args...)...)
		}
		hold := "INSERT INTO retention_hold (tenant_id, employee_id, reason, until, by_kind, by_id, at) VALUES ($1, $2, 'x', now() + interval '1 year', 'operator', 0, now()) RETURNING hold_id"
		ask := `WITH r AS (INSERT INTO privacy_request (tenant_id, employee_id, kind, requester, received, due, made_at) VALUES ($1, $2, 'access', 'signed-in', '2026-10-01', '2026-11-01', now()) RETURNING tenant_id, request_id)
			INSERT INTO privacy_request_step (tenant_id, request_id, act, by_kind, by_id, at) SELECT tenant_id, request_id, 'received', 'operator', 0, now() FROM r RETURNING request_id`
		person := exec("SELECT min(employee_id) FROM employee WHERE tenant_id = $1")
		lifted, answered := exec(hold, nil), exec(ask, person)
		l.export()
		exec("UPDATE retention_hold SET lifted_at = now(), lifted_kind = 'operator', lifted_by = 0 WHERE tenant_id = $1 AND hold_id = $2 RETURNING 1", lifted)
		exec("UPDATE privacy_request SET state = 'done', checked = true, extended = true, due = '2027-01-01' WHERE tenant_id = $1 AND request_id = $2 RETURNING 1", answered)
		exec("INSERT INTO privacy_request_step (tenant_id, request_id, act, by_kind, by_id, at) VALUES ($1, $2, 'done', 'operator', 0, now()) RETURNING 1", answered)
		laid, forAll, asked := exec(hold, person), exec(hold, nil), exec(ask, person)
		exec("INSERT INTO privacy_restriction (tenant_id, employee_id, request_id, at, by_kind, by_id) VALUES ($1, $2, $3, now(), 'operator', 0) RETURNING 1", person, asked)
		newer := exec("INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, '9999', 'since', '2026-01-01') RETURNING employee_id")
		lost, lostAsked := exec(hold, newer), exec(ask, newer)
		done, err := l.putBack()
		if err != nil {
			t.Fatal(err)
		}
		want := []string{fmt.Sprintf("hold %d of employee %d", lost, newer), fmt.Sprintf("request %d of employee %d", lostAsked, newer)}
		if slices.Sort(done.Forgotten); !slices.Equal(done.Forgotten, want) {
			t.Errorf("it tells %q, not %q", done.Forgotten, want)
		}
		for what, got := range map[string][2]int64{
			"lifted holds":       {exec("SELECT count(*) FROM retention_hold WHERE tenant_id = $1 AND hold_id = $2 AND lifted_at IS NOT NULL", lifted), 1},
			"holds since":        {exec("SELECT count(*) FROM retention_hold WHERE tenant_id = $1 AND hold_id = ANY ($2) AND lifted_at IS NULL", []int64{laid, forAll, lost}), 2},
			"requests then":      {exec("SELECT count(*) FROM privacy_request WHERE tenant_id = $1 AND request_id = $2 AND state = 'done' AND due = '2027-01-01'", answered), 1},
			"steps of them":      {exec("SELECT count(*) FROM privacy_request_step WHERE tenant_id = $1 AND request_id = $2", answered), 2},
			"requests since":     {exec("SELECT count(*) FROM privacy_request WHERE tenant_id = $1 AND request_id = ANY ($2) AND state = 'open'", []int64{asked, lostAsked}), 1},
			"steps of those":     {exec("SELECT count(*) FROM privacy_request_step WHERE tenant_id = $1 AND request_id = ANY ($2)", []int64{asked, lostAsked}), 1},
			"restrictions since": {exec("SELECT count(*) FROM privacy_restriction WHERE tenant_id = $1 AND request_id = $2 AND lifted_at IS NULL", asked), 1},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %d, not %d", what, got[0], got[1])
			}
		}
	})
}

func TestWhatTheCustomerInstructedSinceStaysWhenItIsPutBack(t *testing.T) { // OB-P3, OB-P16: the next purge is final
	withLeft(t, func(l *left) {
		exec := func(sql string, args ...any) int64 {
			return pgtest.Exec(t, l.url, sql, append([]any{l.month.tenant.ID}, args...)...)
		}
		instruct := "INSERT INTO retention_term (tenant_id, class, keep, instruction_id, reference, by_kind, by_id, at) VALUES ($1, 'record', $2, 0, 'a letter', 'operator', 0, now()) RETURNING term_id"
		then := exec(instruct, "P52W")
		l.export()
		since := exec(instruct, "P2Y")
		if _, err := l.putBack(); err != nil {
			t.Fatal(err)
		}
		if n := exec("SELECT count(*) FROM retention_term WHERE tenant_id = $1 AND (term_id, keep) IN (($2, 'P52W'), ($3, 'P2Y'))", then, since); n != 2 {
			t.Errorf("%d of two instructions are there", n)
		}
		if n := exec("SELECT max(term_id) FROM retention_term WHERE tenant_id = $1"); n != since {
			t.Error("another one counts than the last")
		}
	})
}

func TestWhoWasAllowedToLookSinceIsStillKnownWhenACustomerIsPutBack(t *testing.T) { // OB-P15
	withLeft(t, func(l *left) {
		exec := func(sql string, args ...any) int64 {
			return pgtest.Exec(t, l.url, sql, append([]any{l.month.tenant.ID}, args...)...)
		}
		account := "INSERT INTO account (tenant_id, email, name, roles) VALUES ($1, $2, 'x', ARRAY[$3]) RETURNING account_id"
		allow := `INSERT INTO support_grant (tenant_id, account_id, by_id, session, reason, at, until)
			VALUES ($1, $2, $3, sha256('x'), 'x', now(), now() + interval '1 hour') RETURNING grant_id`
		boss, helper := exec(account, "a@example.org", "administrator"), exec(account, "b@example.com", "supplier")
		then := exec(allow, helper, boss)
		l.export()
		exec("UPDATE support_grant SET ended_at = now() WHERE tenant_id = $1 AND grant_id = $2 RETURNING 1", then)
		newer := exec(account, "c@example.org", "administrator")
		since, byNewer := exec(allow, helper, boss), exec(allow, helper, newer)
		if _, err := l.putBack(); err != nil {
			t.Fatal(err)
		}
		for what, got := range map[string][2]int64{
			"ended":              {exec("SELECT count(*) FROM support_grant WHERE tenant_id = $1 AND grant_id = $2 AND ended_at IS NOT NULL", then), 1},
			"since":              {exec("SELECT count(*) FROM support_grant WHERE tenant_id = $1 AND grant_id = $2", since), 1},
			"of whoever is gone": {exec("SELECT count(*) FROM support_grant WHERE tenant_id = $1 AND grant_id = $2", byNewer), 0},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %d, not %d", what, got[0], got[1])
			}
		}
	})
}

func TestFobsStayKnownUnderTheKeyThatCameSinceWhenACustomerIsPutBack(t *testing.T) { // I7
	withLeft(t, func(l *left) {
		exec := func(sql string, args ...any) int64 {
			return pgtest.Exec(t, l.url, sql, append([]any{l.month.tenant.ID}, args...)...)
		}
		former := exec("SELECT count(*) FROM fob_token WHERE tenant_id = $1")
		fob := exec("SELECT min(fob_id) FROM fob_token WHERE tenant_id = $1")
		since := exec("INSERT INTO fob (tenant_id, label) VALUES ($1, 'since') RETURNING fob_id")
		exec("INSERT INTO token_key (tenant_id, version, secret, state) SELECT $1, 99, secret, 'next' FROM (SELECT sha256('x') AS secret) s RETURNING version")
		token := "INSERT INTO fob_token (tenant_id, key_version, token, fob_id) VALUES ($1, 99, $2, $3) RETURNING fob_id"
		exec(token, []byte("newtoken"), fob)
		exec(token, []byte("newest!!"), since)
		exec("INSERT INTO token_twin (tenant_id, version, token, twin_version, twin_token, gateway_id) VALUES ($1, 1, 'oldtoken', 99, 'newtoken', 1) RETURNING gateway_id")
		if _, err := l.putBack(); err != nil {
			t.Fatal(err)
		}
		for what, got := range map[string][2]int64{
			"tokens of then":              {exec("SELECT count(*) FROM fob_token WHERE tenant_id = $1 AND key_version < 99"), former},
			"tokens under the newer key":  {exec("SELECT count(*) FROM fob_token WHERE tenant_id = $1 AND key_version = 99 AND fob_id = $2", fob), 1},
			"tokens of a fob since":       {exec("SELECT count(*) FROM fob_token WHERE tenant_id = $1 AND fob_id = $2", since), 0},
			"twins under the newer key":   {exec("SELECT count(*) FROM token_twin WHERE tenant_id = $1 AND twin_version = 99"), 1},
			"keys that the gateways have": {exec("SELECT count(*) FROM token_key WHERE tenant_id = $1 AND version = 99"), 1},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %d, not %d", what, got[0], got[1])
			}
		}
	})
}

func TestANameThatCameSinceIsNamedAndASwappedOneComesBack(t *testing.T) {
	withLeft(t, func(l *left) {
		exec := func(sql string, args ...any) int64 {
			return pgtest.Exec(t, l.url, sql, append([]any{l.month.tenant.ID}, args...)...)
		}
		add := "INSERT INTO gateway (tenant_id, site_id, name) SELECT $1, min(site_id), $2 FROM site WHERE tenant_id = $1 RETURNING gateway_id"
		call := "UPDATE gateway SET name = $3 WHERE tenant_id = $1 AND gateway_id = $2 RETURNING 1"
		yard, gate := exec(add, "Yard"), exec(add, "Gate")
		l.export()
		exec(call, yard, "old")
		exec(call, gate, "Yard")
		exec(call, yard, "Gate")
		if _, err := l.putBack(); err != nil {
			t.Fatalf("swapped names: %v", err)
		}
		if n := exec("SELECT count(*) FROM gateway WHERE tenant_id = $1 AND (gateway_id, name) IN (($2, 'Yard'), ($3, 'Gate'))", yard, gate); n != 2 {
			t.Errorf("%d of two names came back", n)
		}
		exec(call, yard, "old")
		since := exec(add, "Yard")
		before := l.totals()
		_, err := l.putBack()
		if !errors.Is(err, ending.ErrNameTaken) || errors.Is(err, ending.ErrManipulated) || !strings.Contains(err.Error(), fmt.Sprintf("gateway %d, which came since", since)) {
			t.Errorf("it says %v", err)
		}
		if d := ending.Differences(before, l.totals()); len(d) > 0 {
			t.Errorf("it changed %v", d)
		}
	})
}

// The server was killed before it wrote down outside the database what ended.
func TestWhatEndedJustBeforeAKillStaysEndedWhenACustomerIsPutBack(t *testing.T) { // I8
	k := keep(t)
	id := pgtest.Tenant(t, k.DatabaseURL, "Kwekerij")
	account := pgtest.Exec(t, k.DatabaseURL, "INSERT INTO account (tenant_id, email, name, roles) VALUES ($1, 'a@example.org', 'x', '{administrator}') RETURNING account_id", id)
	d := k.started()
	app, private := k.pool(d, pg.RoleApp), k.pool(d, pg.RolePrivacy)
	file := filepath.Join(t.TempDir(), "tenant.zip")
	if err := k.writeTenant(t.Context(), private, id, file); err != nil {
		t.Fatal(err)
	}
	err := app.InTenant(t.Context(), id, func(tx pg.Tx) error {
		return people.CloseAccount(t.Context(), tx, operator, account, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.putBack(t.Context(), id, file); err != nil {
		t.Fatal(err)
	}
	if n := pgtest.Exec(t, k.DatabaseURL, "SELECT count(*) FROM account WHERE account_id = $1 AND closed_at IS NOT NULL", account); n != 1 {
		t.Error("the account is open again")
	}
}

func (l *left) totals() (out ending.Totals) {
	l.Helper()
	err := l.private.AsOf(l.Context(), l.month.tenant.ID, func(tx pg.Tx) (err error) {
		out, err = ending.ControlTotals(l.Context(), tx, catalogue())
		return err
	})
	if err != nil {
		l.Fatal(fmt.Errorf("counting: %w", err))
	}
	return out
}
