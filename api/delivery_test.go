package api

import (
	"context"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/people"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll/delivery"
)

// courier lets the house deliver to this machine.
func (h *house) courier() delivery.Courier {
	h.t.Helper()
	seal, err := delivery.OpenSeal(filepath.Join(h.t.TempDir(), "delivery.key"))
	if err != nil {
		h.t.Fatal(err)
	}
	c := delivery.Courier{Payroll: h.server.cfg.Payroll, Seal: seal, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: h.server.log}
	h.server.cfg.Delivery = c
	return c
}

// secretsTyped are what must never come back.
var secretsTyped = []string{"hunter2-password", "very-secret-token"}

func quiet(t *testing.T, what string, body []byte) {
	t.Helper()
	for _, secret := range secretsTyped {
		if strings.Contains(string(body), secret) {
			t.Errorf("%s shows %s", what, secret)
		}
	}
}

func TestSecretsOfChannelsNeverComeBack(t *testing.T) {
	h := newHouse(t)
	h.courier()
	c, id := h.administrator("Acme")
	destination := c.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	path := "/api/v1/destinations/" + itoa(destination) + "/channels"
	second := "/api/v1/destinations/" + itoa(c.make("/api/v1/destinations", object{"name": "Hirer", "format": "csv"})) + "/channels"
	for where, body := range map[string]object{
		path + "/sftp":   {"host": "127.0.0.1", "port": 1, "user": "acme", "password": secretsTyped[0]},
		second + "/setu": {"url": "https://127.0.0.1:1/", "token": secretsTyped[1]},
	} {
		quiet(t, "PUT "+where, c.want(http.StatusOK, c.do("PUT", where, body)).body)
	}
	c.want(http.StatusUnprocessableEntity, c.do("PUT", path+"/setu", object{"url": "https://127.0.0.1:1/"})) // a second way
	var made struct{ Secret string }
	c.want(http.StatusOK, c.do("PUT", path+"/webhook", object{"url": "https://127.0.0.1:1/hook"})).into(t, &made)
	if !strings.HasPrefix(made.Secret, "whsec_") {
		t.Errorf("secret %q", made.Secret)
	}
	secretsTyped := append(secretsTyped, made.Secret)
	var tried struct {
		Works   bool
		Problem string
	}
	for _, kind := range []string{"sftp", "webhook"} {
		c.want(http.StatusOK, c.do("POST", path+"/"+kind+"/try", nil)).into(t, &tried)
		if tried.Works || tried.Problem == "" {
			t.Errorf("%s: %+v", kind, tried)
		}
	}
	for _, where := range []string{path, second, "/api/v1/audit", "/api/v1/deliveries", "/exports/delivery", "/log"} {
		body := string(c.want(http.StatusOK, c.do("GET", where, nil)).body)
		for _, secret := range secretsTyped {
			if strings.Contains(body, secret) {
				t.Errorf("%s shows %s", where, secret)
			}
		}
	}
	for _, secret := range secretsTyped {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
	c.want(http.StatusUnprocessableEntity, c.do("PUT", path+"/webhook", object{"url": "ftp://127.0.0.1"}))
	c.want(http.StatusNoContent, c.do("DELETE", path+"/sftp", nil))
	c.want(http.StatusNotFound, c.do("DELETE", "/api/v1/destinations/99/channels/sftp", nil))
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM audit_payload WHERE payload::text ~ $1", strings.Join(secretsTyped[:2], "|")); n != 0 {
		t.Error("the audit log holds a secret")
	}
	auditor := func() *client {
		h.account(id, "auditor@example.org", people.Auditor)
		return h.person("auditor@example.org")
	}()
	auditor.want(http.StatusOK, auditor.do("GET", path, nil))
	auditor.want(http.StatusForbidden, auditor.do("PUT", path+"/webhook", object{"url": "https://evil.example"}))
}

func TestAKeyDoesNotPullWhatIsBrought(t *testing.T) { // I8
	h := newHouse(t)
	h.courier()
	c, id := h.administrator("Acme")
	destination := c.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	channel := "/api/v1/destinations/" + itoa(destination) + "/channels/sftp"
	c.want(http.StatusOK, c.do("PUT", channel, object{"host": "127.0.0.1", "port": 1, "user": "acme", "password": "x"}))
	pgtest.Exec(t, h.url, `INSERT INTO payroll_code_map (tenant_id, destination_id, version, codes, by_kind, by_id) VALUES ($1, $2, 1, '{}', 'account', 1)`, id, destination)
	run := pgtest.Exec(t, h.url, `INSERT INTO payroll_run (tenant_id, key, destination_id, format, period_from, period_to, map_version, by_kind, by_id, at, extension, media_type, sha256, bytes, people, lines, totals, state)
		VALUES ($1, 'abcdefghijklmnopqrstuvwxyz', $2, 'csv', '2026-07-01', '2026-07-31', 1, 'account', 1, now() + interval '1 second', 'csv', 'text/csv', sha256(''), 0, 0, 0, '[]', 'created') RETURNING run_id`, id, destination)
	var made struct{ Key string }
	c.want(http.StatusCreated, c.do("POST", "/api/v1/keys", object{"name": "Loket", "scopes": []string{"payroll"}})).into(t, &made)
	key := &client{h: h, http: h.web.Client(), key: made.Key}
	file := "/api/v1/runs/" + itoa(run) + "/file"
	if body := string(key.want(http.StatusConflict, key.do("GET", file, nil)).body); !strings.Contains(body, "twice") {
		t.Error(body)
	}
	c.want(http.StatusNoContent, c.do("DELETE", channel, nil))
	if got := key.do("GET", file, nil).status; got == http.StatusConflict {
		t.Error("refused though nothing brings it any more")
	}
}

func TestTheOutboxIsDecidedAboutOnItsPage(t *testing.T) {
	h := newHouse(t)
	courier := h.courier()
	c, id := h.administrator("Acme")
	destination := c.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	c.want(http.StatusOK, c.do("PUT", "/api/v1/destinations/"+itoa(destination)+"/channels/webhook", object{"url": "https://127.0.0.1:1/hook"}))
	pgtest.Exec(t, h.url, `INSERT INTO payroll_code_map (tenant_id, destination_id, version, codes, by_kind, by_id) VALUES ($1, $2, 1, '{}', 'account', 1)`, id, destination)
	pgtest.Exec(t, h.url, `INSERT INTO payroll_run (tenant_id, key, destination_id, format, period_from, period_to, map_version, by_kind, by_id, at, extension, media_type, sha256, bytes, people, lines, totals, state)
		VALUES ($1, 'abcdefghijklmnopqrstuvwxyz', $2, 'csv', '2026-07-01', '2026-07-31', 1, 'account', 1, now() + interval '1 second', 'csv', 'text/csv', sha256(''), 0, 0, 0, '[]', 'created')`, id, destination)
	if err := courier.Round(context.Background(), h.db, id); err != nil {
		t.Fatal(err)
	}
	var box struct {
		Items []struct {
			ID       int64
			State    string
			Attempts int
		}
	}
	see := func() {
		t.Helper()
		c.want(http.StatusOK, c.do("GET", "/api/v1/deliveries", nil)).into(t, &box)
		if len(box.Items) != 1 {
			t.Fatalf("%+v", box)
		}
	}
	if see(); box.Items[0].State != "waiting" || box.Items[0].Attempts != 1 {
		t.Errorf("%+v", box)
	}
	number := itoa(box.Items[0].ID)
	page := string(c.want(http.StatusOK, c.do("GET", "/exports/delivery", nil)).body)
	if !strings.Contains(page, "connection refused") || !strings.Contains(page, `id="delivery-`+number+`"`) {
		t.Errorf("%.400s", page)
	}
	form := func(path, body string, status int) {
		t.Helper()
		c.want(status, c.do("POST", "/exports/delivery"+path, strings.NewReader(body), "Content-Type", "application/x-www-form-urlencoded"))
	}
	form("/give-up", "delivery="+number, http.StatusUnprocessableEntity) // without a reason
	form("/give-up", "delivery="+number+"&reason=they+moved", http.StatusSeeOther)
	if see(); box.Items[0].State != "given_up" {
		t.Errorf("%+v", box)
	}
	c.want(http.StatusConflict, c.do("POST", "/api/v1/deliveries/"+number+"/arrived", object{"reason": "no"}))
	c.want(http.StatusUnprocessableEntity, c.do("POST", "/api/v1/deliveries/"+number+"/again", object{}))
	c.want(http.StatusNoContent, c.do("POST", "/api/v1/deliveries/"+number+"/again", object{"reason": "they are back"}))
	if see(); box.Items[0].State != "waiting" {
		t.Errorf("%+v", box)
	}
	other, _ := h.administrator("Other") // I6
	other.want(http.StatusNotFound, other.do("GET", "/api/v1/deliveries/"+number, nil))
	other.want(http.StatusNotFound, other.do("POST", "/api/v1/deliveries/"+number+"/give-up", object{"reason": "x"}))
}
