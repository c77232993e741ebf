package audit_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// exported gives the export of a log of six entries, of which the fifth
// records that the content of the fourth was removed, and the anchor of its end.
func exported(t *testing.T) (lines, table string, kept audit.Anchor) {
	t.Helper()
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 4)
	link(t, db, tenant)
	forget(t, url, tenant, 4)
	appendSome(t, db, tenant, 1)
	var l, c bytes.Buffer
	r, err := audit.Export(t.Context(), db, tenant, &l, &c)
	if err != nil || r.Err() != nil || r.Links != 6 {
		t.Fatalf("%+v %v", r, err)
	}
	kept, _ = audit.AnchorOf(r, time.Now())
	return l.String(), c.String(), kept
}

func TestAnExportIsVerifiedAlone(t *testing.T) {
	lines, table, kept := exported(t)
	r, err := audit.CheckExport(strings.NewReader(lines), []audit.Anchor{kept})
	if err != nil || r.Err() != nil || r.Links != 6 || r.Purged != 1 || r.Hash != kept.Hash {
		t.Errorf("%+v %v", r, err)
	}
	if strings.Count(table, "\n") != 7 || !strings.Contains(table, "Jansen") {
		t.Errorf("table:\n%s", table)
	}
}

func TestAnAlteredExportIsFoundAndLocated(t *testing.T) {
	lines, _, kept := exported(t)
	all := strings.SplitAfter(strings.TrimSuffix(lines, "\n"), "\n")
	other := kept
	other.Hash[0]++
	for name, c := range map[string]struct {
		lines []string
		kept  []audit.Anchor
		want  audit.Fault
		from  int64
	}{
		"another holder":        {replaced(all, 2, "Jansen", "Smit"), nil, audit.Rewritten, 2},
		"the one that was kept": {replaced(all, 6, "Jansen", "Smit"), []audit.Anchor{kept}, audit.Rewritten, 6},
		"another action":        {replaced(all, 3, "fob.issue", "fob.block"), nil, audit.Rewritten, 3},
		"another number":        {replaced(all, 6, `"seq":6`, `"seq":7`), nil, audit.Missing, 6},
		"an entry left out":     {slices.Concat(all[:2], all[3:]), nil, audit.Missing, 2},
		"the end cut off":       {all[:6], nil, audit.CutOff, 6},
		"a content left out":    {cutOut(all, 2), nil, audit.Removed, 2},
		"two exchanged":         {slices.Concat(all[:2], []string{all[3], all[2]}, all[4:]), nil, audit.Missing, 2},
		"another chain":         {replaced(all, 0, `"chain":`, `"chain":1`), nil, audit.Altered, 1},
		"another end was kept":  {all, []audit.Anchor{other}, audit.Unkept, 6},
		"a longer one was kept": {all, []audit.Anchor{{Chain: kept.Chain, Seq: 9, Hash: kept.Hash}},
			audit.Unkept, 7},
	} {
		r, err := audit.CheckExport(strings.NewReader(strings.Join(c.lines, "")), c.kept)
		if err != nil || !errors.Is(r.Err(), audit.ErrBroken) || r.Breaks[0].Fault != c.want || r.Breaks[0].From != c.from || len(c.kept) == 1 && len(r.Breaks) != 1 {
			t.Errorf("%s: %v %v", name, r.Breaks, err)
		}
	}
}

func replaced(lines []string, n int, old, by string) []string {
	all := slices.Clone(lines)
	all[n] = strings.Replace(all[n], old, by, 1)
	return all
}

// cutOut takes the content out of an entry's line.
func cutOut(lines []string, n int) []string {
	said, _, _ := strings.Cut(lines[n], `,"payload":`)
	return replaced(lines, n, lines[n], said+"}\n")
}

func TestAnExportOfBeforeRemovalsWereRecordedIsVerifiedWithoutThem(t *testing.T) {
	lines, _, _ := exported(t)
	all := strings.SplitAfter(strings.TrimSuffix(strings.Replace(lines, "tikklok-audit-2", "tikklok-audit-1", 1), "\n"), "\n")
	r, err := audit.CheckExport(strings.NewReader(strings.Join(cutOut(all, 2), "")), nil)
	if err != nil || r.Err() != nil || !r.Unrecorded {
		t.Errorf("%+v %v", r, err)
	}
}

func TestWhatIsNoExportIsSaid(t *testing.T) {
	lines, _, _ := exported(t)
	for name, text := range map[string]string{"nothing": "", "another file": "number;surname\n", "another format": `{"format":"tikklok-audit-9"}` + "\n"} {
		if _, err := audit.CheckExport(strings.NewReader(text), nil); !errors.Is(err, audit.ErrNoExport) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{"a line cut off": lines[:len(lines)-20], "no hash": strings.Replace(lines, `"salt":"`, `"salt":"zz`, 1)} {
		if _, err := audit.CheckExport(strings.NewReader(text), nil); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCheckExport(f *testing.F) {
	f.Add(`{"format":"tikklok-audit-1","chain":7,"seq":1,"sha256":""}` + "\n" + `{"seq":1,"version":2,"sha256":"00","said":{},"payload":{"salt":"","text":"{}"}}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = audit.CheckExport(strings.NewReader(text), nil)
	})
}

func TestAnAnchorFindsAChainThatWasMadeAnewFromTheBeginning(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleApp)
	appendSome(t, db, tenant, 5)
	var kept []audit.Anchor
	keeper := audit.Keeper{DB: db, Log: slog.New(slog.DiscardHandler),
		Kept: func() ([]audit.Anchor, error) { return kept, nil },
		Keep: func(a audit.Anchor) error { kept = append(kept, a); return nil }}
	if err := keeper.Verify(t.Context(), tenant); err != nil || len(kept) != 1 || kept[0].Seq != 5 {
		t.Fatalf("%v %v", kept, err)
	}
	for _, sql := range []string{"DELETE FROM audit_link", "UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')",
		"UPDATE audit_entry SET subject_id = 99 WHERE entry_id = 2", "INSERT INTO audit_waiting SELECT tenant_id, entry_id FROM audit_entry"} {
		pgtest.Exec(t, url+"&options=-csession_replication_role%3Dreplica", sql)
	}
	if err := keeper.Verify(t.Context(), tenant); err != nil { // chains what waits, and walks it
		t.Fatal(err)
	}
	var s audit.State
	err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) (err error) {
		s, err = audit.StateOf(t.Context(), tx)
		return err
	})
	if err != nil || len(s.Found.Breaks) != 1 || s.Found.Breaks[0].Fault != audit.Unkept || len(kept) != 1 || !s.Alarm(time.Now()) {
		t.Errorf("found %+v, kept %v, %v", s.Found, kept, err)
	}
}

func TestAnchorsComeBackFromAMail(t *testing.T) {
	a := audit.Anchor{Chain: 7, Seq: 12, Hash: [32]byte{1, 2}, At: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)}
	line, err := a.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	got, err := audit.ReadAnchors(strings.NewReader("Dear auditor,\r\n\r\n  " + string(line) + "\r\n{\"chain\":7,\"se"))
	if err != nil || len(got) != 1 || got[0] != a {
		t.Errorf("%v %v", got, err)
	}
}
