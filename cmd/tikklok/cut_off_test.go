package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"tikklok/gateway/wire"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/tenant"
)

// minute is how soon what is cut off has to be out (OB-C11).
const minute = time.Minute

// ways are one way in of each kind at a server that runs.
type ways struct {
	*testing.T
	c     serveCommand
	p     place
	email string
	key   string
	file  string // of the gateway
}

const waysPassword = "correct horse battery"

func newWays(t *testing.T, c serveCommand, p place) *ways {
	t.Helper()
	w := &ways{T: t, c: c, p: p, email: "eva@example.org", file: filepath.Join(t.TempDir(), "gateway.json")}
	err := p.inTenant(t.Context(), "", func(tx pg.Tx, _ tenant.Tenant) error {
		_, err := people.CreateAccount(t.Context(), tx, operator, people.Account{Email: w.email, Name: "Eva", Language: "nl", Roles: []people.Role{people.Administrator}}, waysPassword)
		if err != nil {
			return err
		}
		if _, w.key, err = people.CreateKey(t.Context(), tx, operator, people.Key{Name: "Loket", Scopes: []people.Scope{people.ScopeRead}}); err != nil {
			return err
		}
		_, err = register.Add(t.Context(), tx, register.Entry{Book: register.Councils, At: time.Now(), By: operator,
			Values: map[string]string{"subject": register.Wall, "answer": "consent", "body": "OR", "day": "2026-01-05", "reference": "2026/1"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	add := gatewayAdd{Name: "Poort", Site: "Hal 1", CreateSite: true, Out: w.file, Broker: "mqtts://" + c.MQTT}
	if err := add.Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return w
}

// person gives a browser that tried to sign in, and what came of it.
func (w *ways) person() (*http.Client, int) {
	w.Helper()
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	res, err := browser.Post("http://"+w.c.HTTP+"/api/v1/session", "application/json", strings.NewReader(`{"email":"`+w.email+`","password":"`+waysPassword+`"}`))
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	return browser, res.StatusCode
}

func (w *ways) get(as *http.Client, path, key string) *http.Response {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), "GET", "http://"+w.c.HTTP+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := as.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { res.Body.Close() })
	return res
}

// connect has the gateway come to the broker.
func (w *ways) connect() (paho.Client, error) {
	w.Helper()
	raw, err := os.ReadFile(w.file)
	var e wire.Enrolment
	if err := errors.Join(err, json.Unmarshal(raw, &e)); err != nil {
		w.Fatal(err)
	}
	own, err := tls.X509KeyPair([]byte(e.Certificate), []byte(e.Key))
	if err != nil {
		w.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(e.Authority))
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tls://" + w.c.MQTT).SetTLSConfig(&tls.Config{Certificates: []tls.Certificate{own}, RootCAs: roots}).
		SetAutoReconnect(false).SetConnectTimeout(10 * time.Second))
	w.Cleanup(func() { client.Disconnect(0) })
	t := client.Connect()
	t.Wait()
	return client, t.Error()
}

// refused says that none of the ways leads in.
func (w *ways) refused() {
	w.Helper()
	if _, status := w.person(); status != http.StatusUnauthorized {
		w.Errorf("signing in: %d", status)
	}
	if res := w.get(http.DefaultClient, "/api/v1/employees", w.key); res.StatusCode != http.StatusUnauthorized {
		w.Errorf("the key: %d", res.StatusCode)
	}
	if _, err := w.connect(); err == nil {
		w.Error("the gateway is let in")
	}
}

func TestWhatIsCutOffIsOutWithinAMinuteAndStaysOut(t *testing.T) { // OB-C11
	c, p := command(t)
	stop := serveUntilStopped(t, c, p)
	w := newWays(t, c, p)
	browser, status := w.person()
	live := w.get(browser, "/today/events", "")
	if res := w.get(http.DefaultClient, "/api/v1/employees", w.key); status != http.StatusCreated || live.StatusCode != http.StatusOK || res.StatusCode != http.StatusOK {
		t.Fatalf("not let in: signing in %d, live page %d, key %d", status, live.StatusCode, res.StatusCode)
	}
	gateway, err := w.connect()
	if err != nil {
		t.Fatal(err)
	}
	for kind, name := range map[string]string{"account": "EVA@example.org", "key": "Loket", "gateway": "Poort"} {
		if err := (cutOffCommand{Kind: kind, Name: name, Reason: "shared password"}).Run(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if res := w.get(browser, "/api/v1/session", ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a page of who was signed in: %d", res.StatusCode)
	}
	within(t, "the live page ends", func(ctx context.Context) bool {
		ended := make(chan struct{})
		go func() { defer close(ended); _, _ = io.Copy(io.Discard, live.Body) }()
		select {
		case <-ended:
			return true
		case <-ctx.Done():
			return false
		}
	})
	within(t, "the gateway's connection ends", func(ctx context.Context) bool {
		for gateway.IsConnectionOpen() && ctx.Err() == nil {
			time.Sleep(50 * time.Millisecond)
		}
		return !gateway.IsConnectionOpen()
	})
	w.refused()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	again := serveUntilStopped(t, c, p)
	w.refused()
	if err := again(); err != nil {
		t.Fatal(err)
	}
	if n := pgtest.Exec(t, p.DatabaseURL, "SELECT count(*) FROM audit_entry WHERE action = 'access.cut_off'"); n != 3 {
		t.Errorf("%d of 3 stand in the audit log", n)
	}
}

func within(t *testing.T, what string, happens func(context.Context) bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), minute)
	defer stop()
	if !happens(ctx) {
		t.Errorf("not within a minute: %s", what)
	}
}

func TestWhatCannotBeCutOffIsSaidByName(t *testing.T) {
	_, p := command(t)
	if err := (tenantAdd{Name: "A", Zone: "Europe/Amsterdam", Language: "nl"}).Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]cutOffCommand{
		`no open key called "Loket"`: {Kind: "key", Name: "Loket", Reason: "leaked"},
		"1 to 200 characters":        {Kind: "key", Name: "Loket", Reason: " "},
	} {
		if err := c.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
