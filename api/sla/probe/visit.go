package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// pageMost is how much of a page is read.
const pageMost = 1 << 20

// Visitor gets in as a person does: over the door, with a password, to a page
// that is read from the database.
type Visitor struct {
	Server   *url.URL
	Email    string
	Password string
	Agent    string        // what it calls itself
	Timeout  time.Duration // for all of a visit
}

// Sight is what a visit saw.
type Sight struct {
	State State
	Why   Why
	Took  time.Duration
	Ahead time.Duration // of the server's clock, to the second; 0 where it didn't say
	Said  string        // what it met, for whoever runs the probe; not in the record
}

// Paths and the mark that a page drawn for somebody who is in has.
const (
	pathSignIn  = "/sign-in"
	pathSignOut = "/sign-out"
	pathPage    = "/today"
	pageMark    = `action="/sign-out"`
)

// Visit signs in over a connection of its own, reads a page and signs out.
func (v Visitor) Visit(ctx context.Context) Sight {
	ctx, stop := context.WithTimeout(ctx, v.Timeout)
	defer stop()
	began := time.Now()
	jar, _ := cookiejar.New(nil) // fails never: see net/http/cookiejar
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	var s Sight
	s.Ahead = v.signIn(ctx, client, &s)
	if s.Why == WhyNone {
		v.read(ctx, client, &s)
	}
	s.Took, s.State = time.Since(began), Up
	if s.Why != WhyNone {
		s.State = Down
		return s
	}
	if r, err := v.do(ctx, client, http.MethodPost, pathSignOut, nil); err == nil {
		r.Body.Close() // whether it worked changes nothing for users; the session ends by itself
	}
	return s
}

// signIn goes through the door, and gives how far the server's clock is ahead.
func (v Visitor) signIn(ctx context.Context, client *http.Client, s *Sight) (ahead time.Duration) {
	form := url.Values{"email": {v.Email}, "password": {v.Password}, "next": {pathPage}}
	began := time.Now()
	r, err := v.do(ctx, client, http.MethodPost, pathSignIn, strings.NewReader(form.Encode()))
	if err != nil {
		s.failed(whyOf(err), err.Error())
		return 0
	}
	defer r.Body.Close()
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		half := time.Since(began) / 2
		ahead = date.Add(500 * time.Millisecond).Sub(began.Add(half)).Round(time.Second)
	}
	switch to := r.Header.Get("Location"); {
	case r.StatusCode >= 500:
		s.failed(WhyFault, "the door answers "+r.Status)
	case r.StatusCode == http.StatusSeeOther && to == pathPage:
	case strings.Contains(to, "://"):
		s.failed(WhySignIn, "the server sends on to "+to+": is that the address for \"server\" in the probe's file?")
	default:
		s.failed(WhySignIn, "the door answers "+r.Status+": the probe's account is closed or locked, or its password another")
	}
	return ahead
}

func (v Visitor) read(ctx context.Context, client *http.Client, s *Sight) {
	r, err := v.do(ctx, client, http.MethodGet, pathPage, nil)
	if err != nil {
		s.failed(whyOf(err), err.Error())
		return
	}
	defer r.Body.Close()
	page, err := io.ReadAll(io.LimitReader(r.Body, pageMost))
	switch {
	case r.StatusCode >= 500:
		s.failed(WhyFault, "the page answers "+r.Status)
	case err != nil:
		s.failed(whyOf(err), err.Error())
	case r.StatusCode != http.StatusOK || !bytes.Contains(page, []byte(pageMark)):
		s.failed(WhyPage, "the page answers "+r.Status+", and is not what somebody sees who is in")
	}
}

func (s *Sight) failed(why Why, said string) { s.Why, s.Said = why, said }

func (v Visitor) do(ctx context.Context, client *http.Client, method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, v.Server.JoinPath(path).String(), body)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", path, err)
	}
	request.Header.Set("User-Agent", v.Agent)
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", path, err)
	}
	return r, nil
}

// whyOf sorts an error; its text stays out of the record.
func whyOf(err error) Why {
	var net net.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &certificate), errors.As(err, &record):
		return WhyTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &net) && net.Timeout():
		return WhyTimeout
	}
	return WhyConnection
}
