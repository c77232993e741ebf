package request

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func day(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestAnAnswerIsDueAMonthOnAndOnTheMonthsLastDayWhereThereIsNoSuchDay(t *testing.T) { // GDPR 12(3), Regulation 1182/71
	for received, want := range map[string][2]string{
		"2026-11-21": {"2026-12-21", "2027-02-21"},
		"2027-01-31": {"2027-02-28", "2027-04-30"},
		"2028-01-31": {"2028-02-29", "2028-04-30"},
		"2026-12-31": {"2027-01-31", "2027-03-31"},
	} {
		if got := [2]string{DueAfter(day(received), months).Format(time.DateOnly), DueAfter(day(received), monthsExtended).Format(time.DateOnly)}; got != want {
			t.Errorf("%s: %v, want %v", received, got, want)
		}
	}
}

func TestNothingIsGrantedBeforeWhoAsksWasMadeSureOfAndNothingDoneBeforeItWasGranted(t *testing.T) { // OB-P7
	cases := map[string]struct {
		r    Request
		act  Act
		want State // "": refused
	}{
		"granted unchecked":     {Request{State: Open}, Act(Granted), ""},
		"granted checked":       {Request{State: Open, Checked: true}, Act(Granted), Granted},
		"granted twice":         {Request{State: Granted, Checked: true}, Act(Granted), ""},
		"done ungranted":        {Request{State: Open, Checked: true}, Act(Done), ""},
		"done granted":          {Request{State: Granted, Checked: true}, Act(Done), Done},
		"refused unchecked":     {Request{State: Open}, Act(Refused), Refused},
		"withdrawn granted":     {Request{State: Granted}, Act(Withdrawn), Withdrawn},
		"extended once":         {Request{State: Open}, Extended, Open},
		"extended twice":        {Request{State: Open, Extended: true}, Extended, ""},
		"checked after refusal": {Request{State: Refused}, Checked, ""},
		"something else":        {Request{State: Open}, "forgotten", ""},
	}
	for name, c := range cases {
		got, err := c.r.next(c.act, "why")
		if got != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := (Request{State: Open}).next(Act(Refused), " "); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a reason: %v", err)
	}
}

func TestAValueIsFoundHoweverItIsWritten(t *testing.T) {
	zipped, packed := &bytes.Buffer{}, &bytes.Buffer{}
	z := zip.NewWriter(zipped)
	f, _ := z.Create("xl/sharedStrings.xml")
	f.Write([]byte("<t>Kowalżyk &amp; zn</t>"))
	z.Close()
	g := gzip.NewWriter(packed)
	g.Write([]byte(`{"who":"kowal\u017cyk & zn"}`))
	g.Close()
	const value = "Kowalżyk & zn"
	cases := map[string]struct {
		data  []byte
		value string
		json  bool
		want  bool
	}{
		"as it is":                   {[]byte("aan Kowalżyk & zn."), value, false, true},
		"in capitals":                {[]byte("KOWALŻYK & ZN"), value, false, true},
		"in JSON of ASCII":           {[]byte(`"Kowal\u017cyk & zn"`), value, true, true},
		"in HTML":                    {[]byte("Kowalżyk &amp; zn"), value, false, true},
		"in an address":              {[]byte("?q=Kowal%C5%BCyk+%26+zn"), value, false, true},
		"in base 64":                 {[]byte("eHhLb3dhbMW8eWsgJiB6bg=="), value, false, true},
		"in UTF-16":                  {[]byte("\xff\xfeP\x00N\x00-\x007\x00"), "PN-7", false, true},
		"in hexadecimal":             {[]byte("504e2d37"), "PN-7", false, true},
		"in a workbook":              {zipped.Bytes(), value, false, true},
		"in gzip":                    {packed.Bytes(), value, false, true},
		"within another word":        {[]byte("Jansens"), "Jansen", false, false},
		"a number as a JSON number":  {[]byte(`{"minutes":1042,"x":[1042]}`), "1042", true, false},
		"a number as a JSON string":  {[]byte(`{"number":"1042"}`), "1042", true, true},
		"a number within JSON words": {[]byte(`{"reason":"over 1042 gebeld"}`), "1042", true, true},
	}
	for name, c := range cases {
		found := false
		find(c.data, c.json, needles([]string{c.value}), "", 3, func(needle, string) { found = true })
		if found != c.want {
			t.Errorf("%s: found is %v", name, found)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte("PK\x03\x04"), "abc")
	f.Add([]byte("%PDF-1.4 stream\nx\nendstream"), "abc")
	f.Add([]byte{0x1f, 0x8b, 8}, "\xff")
	f.Fuzz(func(t *testing.T, data []byte, value string) {
		find(data, true, needles([]string{value}), "", 3, func(needle, string) {})
	})
}

func FuzzReadCertificate(f *testing.F) {
	f.Add([]byte(`{"removed":{"punch":4}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		if c, err := ReadCertificate(content); err != nil && c.Removed != nil && len(content) == 0 {
			t.Error("something out of nothing")
		}
	})
}

func TestTheSearchLooksInEveryTableAndInFilesInPieces(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "Kwekerij")
	other := pgtest.Tenant(t, url, "Zzyzx BV")
	pgtest.Exec(t, url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'bij Zzyzx')", tenant)
	pgtest.Exec(t, url, "INSERT INTO session (token_hash, data, expiry) VALUES (sha256('a'), 'x zzyzx y', now())")
	pgtest.Exec(t, url, `ALTER TABLE payroll_part DROP CONSTRAINT payroll_part_tenant_id_run_id_fkey`)
	for part, text := range []string{"abc zzy", "zx def"} {
		pgtest.Exec(t, url, "INSERT INTO payroll_part (tenant_id, run_id, part, body) VALUES ($1, 1, $2, $3)", tenant, part, []byte(text))
	}
	places := func(db *pg.DB, tenant int64) (out []string) {
		err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
			found, err := Traces(t.Context(), tx, []string{"Zzyzx"})
			for _, f := range found {
				out = append(out, f.Table+"."+f.Column)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(out)
		return out
	}
	if got, want := places(pgtest.Open(t, url, pg.RoleOwner), tenant), []string{"payroll_part.body", "session.data", "site.name", "tenant.name"}; !slices.Equal(got, want) {
		t.Errorf("the owner finds %v, want %v", got, want)
	}
	if got, want := places(pgtest.Open(t, url, pg.RolePrivacy), tenant), []string{"payroll_part.body", "site.name"}; !slices.Equal(got, want) {
		t.Errorf("within the tenant %v is found, want %v", got, want)
	}
	if got := places(pgtest.Open(t, url, pg.RolePrivacy), other); !slices.Equal(got, []string{"tenant.name"}) {
		t.Errorf("another tenant's search finds %v (I6)", got)
	}
}
