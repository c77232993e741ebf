package evidence

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// PolicyCheck is how the public policy on vulnerabilities and abuse was found
// (OB-C12).
type PolicyCheck struct {
	At      time.Time
	Address string    // where it was asked for
	Expires time.Time // zero: security.txt doesn't say
	Problem string    // "": all is as it has to be
}

// Where RFC 9116 §3 puts the file, and our policy.
const (
	securityPath = "/.well-known/security.txt"
	policyPath   = "/security"
)

// maxPolicy bounds what is read of a page, in bytes.
const maxPolicy = 64 << 10

// LookAtPolicy asks a server for security.txt and the policy page, as anybody
// may. What is wrong stands in the check, also when nobody answers.
func LookAtPolicy(ctx context.Context, client *http.Client, server string, now time.Time) PolicyCheck {
	c := PolicyCheck{At: now, Address: strings.TrimRight(server, "/")}
	body, problem := fetch(ctx, client, c.Address+securityPath, "text/plain")
	if problem == "" {
		c.Expires, problem = readSecurityTXT(strings.NewReader(body), now)
	}
	if problem == "" {
		_, problem = fetch(ctx, client, c.Address+policyPath, "text/html")
	}
	c.Problem = shortened(problem)
	return c
}

// shortened keeps what a column takes.
func shortened(text string) string {
	if r := []rune(text); len(r) > 300 {
		return string(r[:300])
	}
	return text
}

func fetch(ctx context.Context, client *http.Client, address, kind string) (body, problem string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err.Error()
	}
	answer, err := client.Do(request)
	if err != nil {
		return "", err.Error()
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxPolicy))
	switch {
	case err != nil:
		return "", err.Error()
	case answer.StatusCode != http.StatusOK:
		return "", fmt.Sprintf("%s answers %s", address, answer.Status)
	case !strings.HasPrefix(answer.Header.Get("Content-Type"), kind):
		return "", fmt.Sprintf("%s is %q, not %s", address, answer.Header.Get("Content-Type"), kind)
	}
	return string(raw), ""
}

// readSecurityTXT reads security.txt, and says what is wrong with it: it has one
// contact at least, and exactly one day until which it holds, which has not
// passed (RFC 9116 §2.5.3, §2.5.5).
func readSecurityTXT(from io.Reader, now time.Time) (expires time.Time, problem string) {
	contacts, days := 0, 0
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		switch value = strings.TrimSpace(value); strings.ToLower(strings.TrimSpace(name)) {
		case "contact":
			contacts++
		case "expires":
			days++
			var err error
			if expires, err = time.Parse(time.RFC3339, value); err != nil {
				return time.Time{}, "security.txt: its Expires is no date"
			}
		}
	}
	switch {
	case lines.Err() != nil:
		return expires, "security.txt can't be read: " + lines.Err().Error()
	case contacts == 0:
		return expires, "security.txt names no Contact"
	case days != 1:
		return expires, fmt.Sprintf("security.txt has %d Expires; it has to have one", days)
	case !expires.After(now):
		return expires, "security.txt has expired"
	}
	return expires, ""
}
