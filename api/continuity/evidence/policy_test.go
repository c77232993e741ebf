package evidence

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAPolicyIsFoundAsAnybodyFindsIt(t *testing.T) { // OB-C12, RFC 9116
	for name, c := range map[string]struct{ file, kind, problem string }{
		"as it has to be":   {"Contact: mailto:a@example.com\r\nExpires: 2027-03-01T00:00:00Z\r\n", "text/plain; charset=utf-8", ""},
		"letters differ":    {"contact: https://example.com\nEXPIRES: 2027-03-01T00:00:00Z\n", "text/plain", ""},
		"expired":           {"Contact: tel:+31\nExpires: 2026-10-01T00:00:00Z\n", "text/plain", "has expired"},
		"no contact":        {"Expires: 2027-03-01T00:00:00Z\n", "text/plain", "no Contact"},
		"no day":            {"Contact: tel:+31\n", "text/plain", "has 0 Expires"},
		"two days":          {"Contact: tel:+31\nExpires: 2027-03-01T00:00:00Z\nExpires: 2028-03-01T00:00:00Z\n", "text/plain", "has 2 Expires"},
		"a day that is not": {"Contact: tel:+31\nExpires: soon\n", "text/plain", "no date"},
		"a page":            {"<html>", "text/html", "not text/plain"},
		"none":              {"", "", "404"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == policyPath:
				w.Header().Set("Content-Type", "text/html")
			case r.URL.Path == securityPath && c.kind != "":
				w.Header().Set("Content-Type", c.kind)
				_, _ = io.WriteString(w, c.file)
			default:
				http.NotFound(w, r)
			}
		}))
		got := LookAtPolicy(t.Context(), server.Client(), server.URL+"/", day(31))
		server.Close()
		if (got.Problem == "") != (c.problem == "") || !strings.Contains(got.Problem, c.problem) || got.Address != server.URL {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAServerThatDoesNotAnswerHasNoPolicy(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if got := LookAtPolicy(t.Context(), http.DefaultClient, server.URL, day(31)); got.Problem == "" {
		t.Errorf("%+v", got)
	}
}

func FuzzSecurityTXT(f *testing.F) {
	for _, s := range []string{"Contact: mailto:a@example.com\r\nExpires: 2027-03-01T00:00:00Z\r\n", "", ":", "Expires: x", strings.Repeat("a", 70000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if expires, problem := readSecurityTXT(strings.NewReader(s), day(31)); problem == "" && !expires.After(day(31)) {
			t.Errorf("%q holds until %s", s, expires)
		}
	})
}
