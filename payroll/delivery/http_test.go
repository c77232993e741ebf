package delivery

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

// ear hears requests, and answers as it is told to.
type ear struct {
	*httptest.Server
	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request)
	heard  []heard
}

type heard struct {
	method, path string
	header       http.Header
	body         []byte
}

func newEar(t *testing.T) *ear {
	e := &ear{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		e.mu.Lock()
		e.heard = append(e.heard, heard{r.Method, r.URL.Path, r.Header, body})
		answer := e.answer
		e.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *ear) answers(fn func(http.ResponseWriter, *http.Request)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = fn
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// verified checks a webhook as its receiver would, from the specification.
func (h heard) verified(t *testing.T, secret string) {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < 24 {
		t.Fatalf("secret %q: %v", secret, err)
	}
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, h.header.Get("webhook-id")+"."+h.header.Get("webhook-timestamp")+"."+string(h.body))
	for s := range strings.FieldsSeq(h.header.Get("webhook-signature")) {
		if sum, ok := strings.CutPrefix(s, "v1,"); ok && sum == base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			return
		}
	}
	t.Errorf("no signature of %q fits: %q", secret, h.header.Get("webhook-signature"))
}

// The example of the specification's own libraries.
func TestWebhooksAreSignedAsTheStandardSays(t *testing.T) {
	got, err := Secrets{Signing: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if err != nil || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAWebhookTellsThatARunIsReadyAndVoid(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	_, secret := b.put(Webhook, Settings{URL: e.URL + "/hook"}, Secrets{})
	run := b.someRun()
	b.round()
	b.wants(Done, 1, payroll.Created) // told, not delivered: the package pulls
	if _, err := b.courier.Payroll.Void(t.Context(), b.db, b.tenant, b.by, run.ID, "wrong", b.time); err != nil {
		t.Fatal(err)
	}
	b.round()
	if len(e.heard) != 2 {
		t.Fatalf("heard %d", len(e.heard))
	}
	for i, event := range []Event{Ready, Void} {
		e.heard[i].verified(t, secret)
		var m message
		if err := json.Unmarshal(e.heard[i].body, &m); err != nil || m.Type != event || m.Data.Run != run.ID || m.Data.SHA256 != fmt.Sprintf("%x", run.SHA256) {
			t.Errorf("%s, %v", e.heard[i].body, err)
		}
	}
	if e.heard[0].header.Get("webhook-id") == e.heard[1].header.Get("webhook-id") {
		t.Error("two messages with one id")
	}
}

func TestAMessageKeepsItsIDWhileTheOtherEndFails(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"500":        func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "out of order\x1b[2J", 500) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"404":        status(404),
		"cut":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2000")
			_, _ = io.WriteString(w, long)
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := csvBench(t), newEar(t)
			b.put(Webhook, Settings{URL: e.URL}, Secrets{})
			b.someRun()
			e.answers(answer)
			b.round()
			d := b.wants(Waiting, 1, payroll.Created)
			if d.Last().Detail == "" || strings.ContainsRune(d.Last().Answer, 0x1b) || !d.Due.Equal(b.time.Add(30*time.Second)) {
				t.Errorf("%+v, due %s", d.Last(), d.Due)
			}
			b.round() // not due yet
			e.answers(nil)
			b.later()
			b.wants(Done, 2, payroll.Created)
			if n := len(e.heard); n != 2 || e.heard[0].header.Get("webhook-id") != e.heard[1].header.Get("webhook-id") {
				t.Errorf("heard %d times", n)
			}
		})
	}
}

func TestAnEndThatHangsIsLeft(t *testing.T) {
	b, e := csvBench(t), newEar(t)
	b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	b.someRun()
	free := make(chan struct{})
	e.answers(func(_ http.ResponseWriter, r *http.Request) { <-free })
	defer close(free)
	b.courier.Wait = 50 * time.Millisecond
	b.round()
	b.wants(Waiting, 1, payroll.Created)
}

func TestBothSecretsSignWhileOneIsReplaced(t *testing.T) { // OB-C6
	b, e := csvBench(t), newEar(t)
	_, former := b.put(Webhook, Settings{URL: e.URL}, Secrets{})
	var next string
	b.in(func(tx pg.Tx) (err error) {
		next, err = b.courier.Seal.RotateSigning(t.Context(), tx, b.by, b.destination, time.Hour, b.time)
		return err
	})
	b.someRun()
	b.round()
	e.heard[0].verified(t, former)
	e.heard[0].verified(t, next)
	b.time = b.time.Add(2 * time.Hour)
	b.someRun()
	b.round()
	e.heard[1].verified(t, next)
	if n := len(strings.Fields(e.heard[1].header.Get("webhook-signature"))); n != 1 {
		t.Errorf("%d signatures", n)
	}
}

func TestOnlyNamedNetworksOfThisSideAreReached(t *testing.T) {
	c := Courier{Private: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
	for address, may := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "10.1.2.3": true, "10.2.2.3": false, "127.0.0.1": false, "::1": false, "169.254.169.254": false,
		"192.168.0.1": false, "172.16.0.1": false, "fe80::1": false, "fc00::1": false, "0.0.0.0": false, "100.64.0.1": false, "::ffff:127.0.0.1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "224.0.0.1": false, "255.255.255.255": false,
		"::127.0.0.1": false, "fec0::1": false, "168.63.129.16": false,
	} {
		if err := c.mayReach(netip.MustParseAddr(address)); (err == nil) != may {
			t.Errorf("%s: %v", address, err)
		}
	}
	b, e := csvBench(t), newEar(t)
	b.courier.Private = nil
	b.put(Webhook, Settings{URL: strings.Replace(e.URL, "http://", "https://", 1)}, Secrets{})
	b.someRun()
	b.round()
	if d := b.wants(Waiting, 1, payroll.Created); !strings.Contains(d.Last().Detail, "--deliver-to") || len(e.heard) != 0 {
		t.Errorf("%+v", d.Last())
	}
	for _, plain := range []string{"http://example.com/x", "http://localhost/x"} {
		if err := c.plainOnlyInside(plain); err == nil {
			t.Error(plain)
		}
	}
}

func setuBench(t *testing.T) (*bench, *ear) {
	b := newBench(t, "setu-2.0", map[string]string{"customer_id": "C1", "supplier_id": "S1"}, "HT100")
	e := newEar(t)
	b.put(SETU, Settings{URL: e.URL + "/api/"}, Secrets{Token: "very-secret"})
	for _, n := range []string{"1", "2", "3"} {
		b.approve(b.employee(n), calendar.On(2026, 7, 6))
	}
	e.answers(status(http.StatusCreated))
	return b, e
}

func TestTimecardsArePostedEachOnce(t *testing.T) { // I8
	b, e := setuBench(t)
	b.run()
	b.round()
	b.wants(Done, 1, payroll.Delivered)
	ids := map[string]bool{}
	for _, h := range e.heard {
		ids[h.path] = true
		if h.method != "POST" || !strings.HasPrefix(h.path, "/api/purchase-to-pay/timecard/") || h.header.Get("setuVersionId") != "2.0" || h.header.Get("Authorization") != "Bearer very-secret" {
			t.Errorf("%s %s %v", h.method, h.path, h.header)
		}
	}
	if len(ids) != 3 || len(e.heard) != 3 {
		t.Errorf("%d calls of %d cards", len(e.heard), len(ids))
	}
}

func TestTimecardsGoOnWhereTheyBrokeOff(t *testing.T) { // I8
	b, e := setuBench(t)
	b.run()
	n := 0
	e.answers(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 2 {
			http.Error(w, "out of order", 500)
			return
		}
		w.WriteHeader(http.StatusCreated)
	})
	b.round()
	if d := b.wants(Waiting, 1, payroll.Created); d.Accepted != 1 || d.Last().Status != 500 || d.Last().Answer != "out of order" {
		t.Errorf("%+v", d)
	}
	b.later()
	b.wants(Done, 2, payroll.Delivered)
	if len(e.heard) != 4 || e.heard[1].path != e.heard[2].path || string(e.heard[1].body) != string(e.heard[2].body) {
		t.Errorf("%d calls", len(e.heard))
	}
}

func TestATimecardThatIsThereAlreadyIsReplaced(t *testing.T) { // I8
	b, e := setuBench(t)
	b.run()
	e.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusConflict)
		}
	})
	b.round()
	b.wants(Done, 1, payroll.Delivered)
	if len(e.heard) != 6 {
		t.Errorf("%d calls", len(e.heard))
	}
}

func TestAcceptedForLaterIsNotDelivered(t *testing.T) { // I8
	b, e := setuBench(t)
	b.run()
	e.answers(status(http.StatusAccepted))
	b.round()
	b.wants(Waiting, 1, payroll.Created)
}
