package probe

import (
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAVisitSaysWhatKeepsUsersOut(t *testing.T) {
	in := func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "tikklok", Value: "s", Path: "/"})
		http.Redirect(w, r, "/today", http.StatusSeeOther)
	}
	page := func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("tikklok"); err != nil {
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		}
		_, _ = io.WriteString(w, `<form action="/sign-out">`)
	}
	status := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
	}
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else nobody sees that the other side went
		<-r.Context().Done()
	}
	for name, c := range map[string]struct {
		door, page http.HandlerFunc
		want       Why
	}{
		"in":                               {in, page, WhyNone},
		"the door says no":                 {status(http.StatusUnprocessableEntity), page, WhySignIn},
		"the door is broken":               {status(http.StatusServiceUnavailable), page, WhyFault},
		"the page is broken":               {in, status(http.StatusInternalServerError), WhyFault},
		"the door lets in and forgets":     {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/today", http.StatusSeeOther) }, page, WhyPage},
		"another site answers":             {in, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "It works!") }, WhyPage},
		"the door sends back to the door":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/sign-in", http.StatusSeeOther) }, page, WhyStranger},
		"a portal's own door":              {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `<form action="/login">`) }, page, WhyStranger},
		"a proxy that lets nobody through": {status(http.StatusForbidden), page, WhyStranger},
		"a proxy that writes it in full":   {func(w http.ResponseWriter, r *http.Request) { inFull(w, r, in) }, page, WhyNone},
		"a page that has no end":           {in, endless, WhyPage},
		"a page that comes drop by drop":   {in, drops, WhyTimeout},
		"no answer in time":                {hang, page, WhyTimeout},
		"the page doesn't come in time":    {in, hang, WhyTimeout},
		"the connection breaks in between": {in, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, WhyConnection},
	} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("POST /sign-in", c.door)
			mux.HandleFunc("GET /today", c.page)
			server := httptest.NewServer(mux)
			defer server.Close()
			timeout := 10 * time.Second
			if c.want == WhyTimeout {
				timeout = 100 * time.Millisecond
			}
			got := visitor(t, server.URL, timeout).Visit(t.Context())
			if got.Why != c.want || (got.State == Up) != (c.want == WhyNone) {
				t.Errorf("%s, %q; want %q", got.State, got.Why, c.want)
			}
		})
	}
}

// inFull sends on as a proxy does that writes the whole address.
func inFull(w http.ResponseWriter, r *http.Request, in http.HandlerFunc) {
	answer := httptest.NewRecorder()
	in(answer, r)
	w.Header().Set("Set-Cookie", answer.Header().Get("Set-Cookie"))
	w.Header().Set("Location", "http://"+r.Host+answer.Header().Get("Location"))
	w.WriteHeader(answer.Code)
}

// endless looks like the page at its begin.
func endless(w http.ResponseWriter, _ *http.Request) {
	_, err := io.WriteString(w, `<form action="/sign-out">`)
	for line := strings.Repeat("and so on\n", 1000); err == nil; {
		_, err = io.WriteString(w, line)
	}
}

func drops(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		_, _ = io.WriteString(w, "a drop\n")
		w.(http.Flusher).Flush()
		time.Sleep(10 * time.Millisecond)
	}
}

func visitor(t *testing.T, server string, timeout time.Duration) Visitor {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	return Visitor{Server: u, Email: "probe@probe.invalid", Password: "secret", Timeout: timeout}
}

func TestNobodyThereIsAConnection(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if got := visitor(t, server.URL, 10*time.Second).Visit(t.Context()); got.State != Down || got.Why != WhyConnection {
		t.Errorf("%+v", got)
	}
}

func TestACertificateThatIsNotTrustedKeepsUsersOut(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	if got := visitor(t, server.URL, 10*time.Second).Visit(t.Context()); got.State != Down || got.Why != WhyTLS || !strings.Contains(got.Said, "SSL_CERT_FILE") {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsWrongWithTLSIsSaidWithItsRemedy(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	got := visitor(t, strings.Replace(plain.URL, "http:", "https:", 1), 10*time.Second).Visit(t.Context())
	if got.Why != WhyTLS || !strings.Contains(got.Said, "no TLS is spoken there") {
		t.Errorf("%+v", got)
	}
	for want, err := range map[string]error{
		"call the server by that name": x509.HostnameError{Certificate: &x509.Certificate{}, Host: "a"},
		"renew it":                     x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired},
		"DNS":                          &net.DNSError{IsNotFound: true},
	} {
		if got := remedy(fmt.Errorf("asking: %w", err)); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestAVisitTellsHowFarTheServersClockIsAhead(t *testing.T) {
	for _, ahead := range []time.Duration{90 * time.Second, -90 * time.Second} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		defer server.Close()
		if got := visitor(t, server.URL, 10*time.Second).Visit(t.Context()); (got.Ahead - ahead).Abs() > time.Second {
			t.Errorf("%s ahead, want %s", got.Ahead, ahead)
		}
	}
}

func TestAServerThatSendsOnElsewhereSaysWhere(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("https://tikklok.example.com/sign-in", http.StatusMovedPermanently))
	defer server.Close()
	if got := visitor(t, server.URL, 10*time.Second).Visit(t.Context()); got.Why != WhyStranger || !strings.Contains(got.Said, "https://tikklok.example.com") {
		t.Errorf("%+v", got)
	}
}
