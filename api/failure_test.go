package api

import (
	"net/http"
	"strings"
	"testing"

	"tikklok/ingest/people"
)

// As when somebody reloads, or signs in again, at where a form was sent to.
func TestTheAddressOfAFormSaysThatItHasNoPage(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "boss@example.org", people.Administrator)
	a := h.visit("boss@example.org").do("GET", "/people/5/leaving", nil)
	if a.status != http.StatusMethodNotAllowed || !strings.Contains(string(a.body), "only takes what a form sends") {
		t.Errorf("%d: %s", a.status, a.body)
	}
}
