package api

import (
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"tikklok/api/page"
)

// securityDays is how long a security.txt that is read today may be relied on:
// RFC 9116 §2.5.5 asks for less than a year. It begins anew every day.
const securityDays = 180

// CheckContact refuses what security.txt may not name: RFC 9116 §2.5.3 asks for
// a URI, of the web only https.
func CheckContact(text string) error {
	u, err := url.Parse(text)
	if err != nil || !printable(text) || !reaches(u) {
		return fmt.Errorf("%q is no contact; write mailto:security@example.com, https://example.com/report or tel:+31101234567", text)
	}
	return nil
}

// reaches says whether somebody could be reached there.
func reaches(u *url.URL) bool {
	switch u.Scheme {
	case "mailto":
		_, err := mail.ParseAddress(u.Opaque)
		return err == nil
	case "https":
		return u.Hostname() != "" && u.User == nil
	case "tel": // RFC 3966 §3: a global number
		return strings.HasPrefix(u.Opaque, "+") && strings.Trim(u.Opaque[1:], "0123456789-.()") == "" && strings.ContainsAny(u.Opaque, "0123456789")
	}
	return false
}

// printable says whether a text is of signs that a URI may hold (RFC 3986 §2).
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// CheckPublicURL refuses what can't stand in security.txt: its own address and
// its policy's begin with https:// (RFC 9116 §2.5).
func CheckPublicURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || !printable(text) || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("%q is no address of a server; write https://tikklok.example.com", text)
	}
	return nil
}

// securityTXT is the file of RFC 9116.
func securityTXT(contacts []string, public string, now time.Time) string {
	var b strings.Builder
	for _, c := range contacts {
		fmt.Fprintf(&b, "Contact: %s\r\n", c)
	}
	fmt.Fprintf(&b, "Expires: %s\r\n", now.UTC().Truncate(24*time.Hour).AddDate(0, 0, securityDays).Format(time.RFC3339))
	b.WriteString("Preferred-Languages: nl, en\r\n")
	if public = strings.TrimRight(public, "/"); public != "" {
		fmt.Fprintf(&b, "Canonical: %s%s\r\nPolicy: %s%s\r\n", public, page.PathSecurityTXT, public, page.PathSecurity)
	}
	return b.String()
}

// securityFile says where vulnerabilities are reported (OB-C12). Without a
// contact there is no such file: it may not lack one.
func (s *Server) securityFile(w http.ResponseWriter, _ *http.Request) error {
	if len(s.cfg.Contacts) == 0 {
		return &problem{status: http.StatusNotFound, detail: "nobody said where vulnerabilities are reported; start the server with --contact"}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(securityTXT(s.cfg.Contacts, s.cfg.PublicURL, s.cfg.Now())))
	return err
}

// securityPage is the policy: what whoever found something is asked, and may
// expect.
func (s *Server) securityPage(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, http.StatusOK, &page.Security{Frame: s.frame(r), Contacts: s.cfg.Contacts})
}
