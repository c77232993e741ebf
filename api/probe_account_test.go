package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/port"
	"tikklok/api/sla/probe"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// probesHouse makes the probes' tenant with the probe "test" in it, and who asks
// under its key.
func probesHouse(t *testing.T) (h *house, probes, account int64, key *client) {
	h = newHouse(t)
	probes = h.tenant("Probes")
	h.in(probes, func(ctx context.Context, tx pg.Tx) (err error) {
		if err := tenant.ForProbes(ctx, tx, audit.Actor{Kind: audit.Operator}); err != nil {
			return err
		}
		account, err = people.CreateAccount(ctx, tx, operator(), people.Account{Email: "probe-test@probe.invalid", Name: "probe test", Language: "en", Roles: []people.Role{people.Auditor}}, password)
		return err
	})
	return h, probes, account, &client{h: h, http: h.web.Client(), key: h.key(probes, people.ScopeManage)}
}

// Else a probe would take what became of its own account for an outage.
func TestAProbeIsToldHowItsAccountStands(t *testing.T) { // OB-S1
	h, probes, account, key := probesHouse(t)
	is := func(when, want string) {
		t.Helper()
		var got struct{ Standing string }
		a := key.do("GET", probe.PathAccount, nil)
		a.into(t, &got)
		if a.status != http.StatusOK || got.Standing != want {
			t.Errorf("%s: %d, %q; want %q", when, a.status, got.Standing, want)
		}
	}
	change := func(do func(context.Context, pg.Tx) error) { t.Helper(); h.in(probes, do) }
	signIn := func(with string) {
		_, _ = people.SignIn(t.Context(), h.db, "probe-test@probe.invalid", with, time.Now()) // whether it gets in shows
	}
	is("at first", "open")
	signIn(password)
	is("after it got in", "open")
	change(func(ctx context.Context, tx pg.Tx) error {
		return people.SetPassword(ctx, tx, operator(), account, "another password")
	})
	signIn(password)
	is("with another password", "changed")
	signIn("another password")
	is("after it got in with that", "open")
	for range 5 {
		signIn("guessed by somebody")
	}
	is("after guesses", "locked")
	change(func(ctx context.Context, tx pg.Tx) error {
		return people.CloseAccount(ctx, tx, operator(), account, time.Now())
	})
	is("cut off", "closed")

	customer := &client{h: h, http: h.web.Client(), key: h.key(h.tenant("Acme"), people.ScopeManage)}
	customer.want(http.StatusForbidden, customer.do("GET", probe.PathAccount, nil))
}

func TestAProbeIsToldOfAnotherPasswordAlsoAfterSomebodySignedInWithIt(t *testing.T) { // OB-S1
	h, probes, account, key := probesHouse(t)
	stands := func() string {
		t.Helper()
		var got struct{ Standing string }
		key.do("GET", probe.PathAccount, nil).into(t, &got)
		return got.Standing
	}
	up := func(at time.Time) {
		t.Helper()
		h.in(probes, func(ctx context.Context, tx pg.Tx) error {
			_, err := sla.Record(ctx, tx, "test", []sla.Minute{{At: at.UTC().Truncate(time.Minute), State: sla.Up}}, at)
			return err
		})
	}
	up(time.Now())
	h.in(probes, func(ctx context.Context, tx pg.Tx) error {
		return people.SetPassword(ctx, tx, operator(), account, "another password")
	})
	if _, err := people.SignIn(t.Context(), h.db, "probe-test@probe.invalid", "another password", time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := stands(); got != "changed" {
		t.Errorf("after somebody signed in with it the account is %s", got)
	}
	up(time.Now().Add(time.Minute))
	if got := stands(); got != "open" {
		t.Errorf("after the probe got in with it the account is %s", got)
	}
}

// A key in wrong hands fills no list.
func TestAProbeTellsOfSixteenHostsFourTimesAnHourAndOneMoreIsRefused(t *testing.T) { // OB-C16
	h, _, _, key := probesHouse(t)
	tell := func(host string) answer {
		return key.do("POST", "/api/v1/probe/ports", object{"host": host, "open": []int{443}, "expected": []int{443}})
	}
	for i := range port.HostsMost {
		key.want(http.StatusNoContent, tell(fmt.Sprintf("2001:db8::%d", i)))
	}
	key.want(http.StatusNoContent, tell("2001:db8::0")) // again
	refused := key.want(http.StatusUnprocessableEntity, tell("2001:db8::99"))
	for _, part := range []string{"2001:db8::99", "16 hosts at most"} {
		if !strings.Contains(string(refused.body), part) {
			t.Errorf("%s lacks in %s", part, refused.body)
		}
	}
	for range port.HourMost - port.HostsMost - 1 {
		key.want(http.StatusNoContent, tell("2001:db8::0"))
	}
	refused = key.want(http.StatusUnprocessableEntity, tell("2001:db8::0"))
	if !strings.Contains(string(refused.body), "wait an hour") {
		t.Errorf("%s does not say what to do", refused.body)
	}
	h.server.cfg.Now = func() time.Time { return time.Now().Add(time.Hour + time.Minute) }
	key.want(http.StatusNoContent, tell("2001:db8::0"))
	h.server.cfg.Now = func() time.Time { return time.Now().Add(port.HostsFor + 2*time.Hour) }
	key.want(http.StatusNoContent, tell("2001:db8::99")) // the others were not told of since
}
