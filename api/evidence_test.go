package api

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg/vault"
)

func TestObligationsStandBesideTheirProofsOnThePage(t *testing.T) { // OB-C14
	h := newHouse(t)
	h.administrator("Acme")
	c := h.person("acme@example.org")
	c.see(page.PathServiceEvidence+"?month="+time.Now().UTC().Format("2006-01"), "OB-H1", "OB-C19", "No contract is recorded yet", "forced row-level security")
	if all := c.see(page.PathServiceEvidence + "?show=met"); strings.Contains(all, `id="OB-S4"`) {
		t.Error("an obligation that nothing keeps shows as met")
	}
	c.want(http.StatusBadRequest, c.do("GET", page.PathServiceEvidence+"?month=2999-01", nil))
	c.want(http.StatusBadRequest, c.do("GET", page.PathServiceEvidence+"?month=%00", nil))
	a := c.want(http.StatusUnprocessableEntity, c.post(page.PathServiceEvidence, "obligation", "OB-C4", "day", "soon", "says", "x"))
	if !strings.Contains(string(a.body), "not in the future") {
		t.Error("a day that is none was not named")
	}
	c.want(http.StatusSeeOther, c.post(page.PathServiceEvidence, "obligation", "OB-S9", "day", time.Now().AddDate(0, 0, -1).Format(time.DateOnly), "says", "Two people take turns"))
	c.see(page.PathServiceEvidence, "Two people take turns")
	c.want(http.StatusNotFound, c.do("GET", page.PathServiceEvidence+page.EvidenceFile, nil)) // no key here
}

func TestWhatProvesCanBeSeenWhereItsLinkLeads(t *testing.T) {
	h := newHouse(t)
	h.administrator("Acme")
	c := h.person("acme@example.org")
	r, err := evidence.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range r.Proofs {
		if a := c.do("GET", p.Link, nil); a.status != http.StatusOK {
			t.Errorf("%s: %s answers %d", name, p.Link, a.status)
		}
	}
}

func TestASignedPackIsHandedOutToWhoMaySeeIt(t *testing.T) { // OB-C14
	h := newHouse(t)
	_, id := h.administrator("Acme")
	h.account(id, "a@example.org", people.Auditor)
	h.account(id, "b@example.org", people.Approver)
	h.server.cfg.Evidence = evidence.KeyFile{Path: filepath.Join(t.TempDir(), "evidence.key"), Keys: vault.Passing()}
	h.person("b@example.org").want(http.StatusForbidden, h.person("b@example.org").do("GET", page.PathServiceEvidence+page.EvidenceFile, nil))
	c := h.person("a@example.org")
	a := c.want(http.StatusOK, c.do("GET", page.PathServiceEvidence+page.EvidenceFile+"?language=nl", nil))
	z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		files[filepath.Ext(f.Name)] = raw
	}
	known, err := h.server.cfg.Evidence.Public()
	if err != nil {
		t.Fatal(err)
	}
	if p, _, err := evidence.Verify(files[".json"], known); err != nil || p.Tenant != "Acme" || p.Demo {
		t.Errorf("%s: %v", p.Tenant, err)
	}
	if _, err := evidence.VerifyFile(files[".pdf"], files[".sig"], known); err != nil {
		t.Error(err)
	}
	h.person("acme@example.org").see("/log", "evidence pack made")
}
