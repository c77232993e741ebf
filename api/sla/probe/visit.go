package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// What is read of an answer at most, in bytes; a page that is longer doesn't end.
const (
	headMost = 64 << 10
	pageMost = 1 << 20
)

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
	Own   string        // what keeps this probe out and nobody else: nothing is measured then
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
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, DisableCompression: true, MaxResponseHeaderBytes: headMost}
	defer transport.CloseIdleConnections()
	client := &http.Client{Jar: jar, Transport: transport, CheckRedirect: stay}

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
		s.broke(err)
		return 0
	}
	defer r.Body.Close()
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		half := time.Since(began) / 2
		ahead = date.Add(500 * time.Millisecond).Sub(began.Add(half)).Round(time.Second)
	}
	s.door(r, v.Server)
	return ahead
}

// door reads the door's answer. It sends whoever is in to the page, refuses with
// 422, and says 5xx where it can't; whatever says anything else is not it.
func (s *Sight) door(r *http.Response, server *url.URL) {
	to, err := r.Location() // in full, also where a proxy wrote it so
	switch {
	case r.StatusCode >= 500:
		s.failed(WhyFault, "the door answers "+r.Status)
	case r.StatusCode == http.StatusUnprocessableEntity:
		s.failed(WhySignIn, "the door refuses the probe's account or password")
	case err == nil && (to.Host != server.Host || to.Scheme != server.Scheme):
		s.failed(WhyStranger, "the server sends on to "+to.Redacted()+": is that the address for \"server\" in the probe's file, or is a portal in between?")
	case r.StatusCode == http.StatusSeeOther && err == nil && to.Path == pathPage:
	default:
		s.failed(WhyStranger, "the door answers "+r.Status+", which this service never does: something else answers there; look at \"server\" in the probe's file, and for a proxy or a portal in between")
	}
}

func (v Visitor) read(ctx context.Context, client *http.Client, s *Sight) {
	r, err := v.do(ctx, client, http.MethodGet, pathPage, nil)
	if err != nil {
		s.broke(err)
		return
	}
	defer r.Body.Close()
	page, err := io.ReadAll(io.LimitReader(r.Body, pageMost+1))
	switch {
	case r.StatusCode >= 500:
		s.failed(WhyFault, "the page answers "+r.Status)
	case err != nil:
		s.broke(err)
	case len(page) > pageMost:
		s.failed(WhyPage, "the page does not end within 1 MiB")
	case r.StatusCode != http.StatusOK || !bytes.Contains(page, []byte(pageMark)):
		s.failed(WhyPage, "the page answers "+r.Status+", and is not what somebody sees who is in")
	}
}

// stay follows no redirection: where a server sends to is part of its answer.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

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

// broke notes an answer that did not come, or not whole.
func (s *Sight) broke(err error) { s.failed(whyOf(err), err.Error()+remedy(err)) }
