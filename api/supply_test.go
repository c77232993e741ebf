package api

import (
	"net/http"
	"testing"

	"tikklok/api/page"
	"tikklok/ingest/tenant"
)

func TestTheContractIsRecordedOnItsPage(t *testing.T) { // OB-P18
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	c.see(page.PathSupply, "No contract is recorded")
	good := []string{"profile", "planning", "reference", "2026-17", "signed", "2026-01-05", "starts", "2026-01-01", "administrator", "1", "fallback", "uren@example.nl", "telephone", "0544 471 666"}
	c.want(http.StatusUnprocessableEntity, c.post(page.PathSupply, append([]string{"profile", "nedap"}, good[2:]...)...)) // what becomes of data isn't chosen
	h.server.cfg.Places = []tenant.Place{{Name: "backups", Region: tenant.EU, Operator: tenant.EU}}
	c.want(http.StatusUnprocessableEntity, c.post(page.PathSupply, good...)) // P: the Netherlands only (OB-P9)
	h.server.cfg.Places = nil
	c.want(http.StatusSeeOther, c.post(page.PathSupply, good...))
	c.want(http.StatusUnprocessableEntity, c.post(page.PathSupplyEvent, "kind", "notice", "party", "customer", "told", h.today(), "effective", h.today(), "letter", "mail"))
	c.want(http.StatusSeeOther, c.post(page.PathSupplyEvent, "kind", "notice", "party", "customer", "told", h.today(), "letter", "mail"))
	c.see(page.PathSupply, "Planning.nl", "Termination, last day", "All data is destroyed", "article 7.1")
	c.want(http.StatusSeeOther, c.post(page.PathSupplyBack, "event", "1", "letter", "mail"))
}

func TestAChannelOutsideTheContractIsRefused(t *testing.T) { // OB-P9
	h := newHouse(t)
	h.courier()
	c, _ := h.administrator("Acme")
	path := "/api/v1/destinations/" + itoa(c.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})) + "/channels/webhook"
	c.want(http.StatusUnprocessableEntity, c.do("PUT", path, object{"url": "https://example.nl/in", "region": "EU", "operator": "NL"}))
	c.want(http.StatusUnprocessableEntity, c.do("PUT", path, object{"url": "https://example.nl/in", "region": "NL", "operator": "other"}))
	c.want(http.StatusOK, c.do("PUT", path, object{"url": "https://example.nl/in", "region": "NL", "operator": "EU"}))
}

func TestAContractThatDoesNotAllowAChannelIsRefusedNamingIt(t *testing.T) { // OB-P9
	h, api, c, _ := office(t)
	h.courier()
	contract := func(region string) []string {
		return []string{"profile", "direct", "reference", "2026-17", "signed", "2026-01-05", "starts", "2026-02-01", "region", region,
			"data_months", "1", "administrator", "2", "fallback", "uren@example.nl", "telephone", "+31 544 471 696"}
	}
	c.want(http.StatusSeeOther, c.post(page.PathSupply, contract("EEA")...))
	path := "/api/v1/destinations/" + itoa(api.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})) + "/channels/webhook"
	api.want(http.StatusUnprocessableEntity, api.do("PUT", path, object{"url": "https://example.nl/in"})) // not declared
	api.want(http.StatusOK, api.do("PUT", path, object{"url": "https://example.nl/in", "region": "EEA", "operator": "NL"}))
	c.refused(page.PathSupply, "Delivery channel (webhook) (place: the European Economic Area", contract("NL")...)
	api.want(http.StatusNoContent, api.do("DELETE", path, nil))
	c.want(http.StatusSeeOther, c.post(page.PathSupply, contract("NL")...))
}
