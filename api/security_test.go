package api

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSecurityTXTIsAsTheStandardSays(t *testing.T) { // RFC 9116, OB-C12
	now := time.Date(2026, 11, 22, 23, 59, 0, 0, time.FixedZone("", 3600))
	want := "Contact: mailto:security@example.com\r\nContact: tel:+31-10-1234567\r\nExpires: 2027-05-21T00:00:00Z\r\nPreferred-Languages: nl, en\r\n" +
		"Canonical: https://tikklok.example.com/.well-known/security.txt\r\nPolicy: https://tikklok.example.com/security\r\n"
	if got := securityTXT([]string{"mailto:security@example.com", "tel:+31-10-1234567"}, "https://tikklok.example.com/", now); got != want {
		t.Errorf("%q", got)
	}
}

func TestSecurityTXTNeverRunsOut(t *testing.T) {
	for _, now := range []time.Time{time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), time.Date(2028, 2, 29, 23, 59, 59, 0, time.UTC)} {
		_, rest, _ := strings.Cut(securityTXT([]string{"https://example.com"}, "", now), "Expires: ")
		until, err := time.Parse(time.RFC3339, rest[:20])
		if err != nil || until.Sub(now) < 30*24*time.Hour || until.Sub(now) > 365*24*time.Hour {
			t.Errorf("of %s: %s, %v", now, until, err)
		}
	}
}

func TestContactsAndAddressesThatCannotStandThereAreRefused(t *testing.T) {
	for _, text := range []string{"", "security@example.com", "http://example.com", "mailto:", "https://", "mailto:a@b\r\nContact: mailto:evil@example.com", "javascript:alert(1)", "mailto:a b@example.com", "mailto:nobody", "tel:", "tel:112", "tel:+call-me", "tel:+", "https://:443", "https://user@example.com/", "https://exämple.com/"} {
		if CheckContact(text) == nil {
			t.Errorf("contact %q", text)
		}
	}
	for _, text := range []string{"http://example.com", "https://", "https://example.com/a", "https://example.com?a", "https://example.com#a", "example.com", "https://user:word@example.com", "https://:8443"} {
		if CheckPublicURL(text) == nil {
			t.Errorf("address %q", text)
		}
	}
	for _, text := range []string{"mailto:security@example.com", "https://example.com/report", "tel:+31101234567", "tel:+31-10-123.4567", "mailto:security@example.com?subject=abuse"} {
		if err := CheckContact(text); err != nil {
			t.Error(err)
		}
	}
	if err := CheckPublicURL("https://tikklok.example.com/"); err != nil {
		t.Error(err)
	}
}

func TestAnybodyReadsHowAVulnerabilityIsReported(t *testing.T) { // OB-C12
	h := newHouse(t)
	stranger := h.stranger()
	stranger.want(http.StatusNotFound, stranger.do("GET", "/.well-known/security.txt", nil)) // without a contact there is none
	stranger.see("/security", "Er is voor deze server geen meldadres ingesteld")
	h.server.cfg.Contacts = []string{"mailto:security@example.com"}
	a := stranger.want(http.StatusOK, stranger.do("GET", "/.well-known/security.txt", nil))
	if a.header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasPrefix(string(a.body), "Contact: mailto:security@example.com\r\n") {
		t.Errorf("%v %q", a.header, a.body)
	}
	if head := stranger.want(http.StatusOK, stranger.do("HEAD", "/.well-known/security.txt", nil)); len(head.body) > 0 || head.header.Get("Content-Type") != a.header.Get("Content-Type") {
		t.Errorf("only its head was asked for: %v %q", head.header, head.body)
	}
	stranger.see("/security", `href="mailto:security@example.com"`)
	stranger.see("/sign-in", `href="/security"`)
}
