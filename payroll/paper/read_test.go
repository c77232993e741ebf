package paper

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"strconv"
	"testing"
	"time"
)

func namesIn(t *testing.T, file []byte) (names []string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	return names
}

// evidenceRow is a row of the table as whoever gets it reads it.
type evidenceRow struct {
	surname, from, to, hash, entry, chain, altered string
	hirer, assignment, centre, as                  string
	pause, minutes                                 int
}

// worked gives what the row's times say.
func (r evidenceRow) worked() int {
	from, err1 := time.Parse("2006-01-02T15:04-07:00", r.from)
	to, err2 := time.Parse("2006-01-02T15:04-07:00", r.to)
	if err1 != nil || err2 != nil {
		return -1
	}
	return int(to.Sub(from).Minutes()) - r.pause
}

func readTable(t *testing.T, file []byte) (rows []evidenceRow) {
	t.Helper()
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	c.Comma = ';'
	all, err := c.ReadAll()
	if err != nil || len(all) < 1 {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range all[0] {
		at[name] = i
	}
	for _, f := range all[1:] {
		r := evidenceRow{surname: f[at["surname"]], from: f[at["from"]], to: f[at["to"]], hash: f[at["approval_sha256"]], entry: f[at["audit_entry"]], chain: f[at["audit_sha256"]], altered: f[at["altered"]],
			hirer: f[at["hirer"]], assignment: f[at["assignment"]], centre: f[at["cost_centre"]], as: f[at["project_as"]]}
		if r.minutes, err = strconv.Atoi(f[at["minutes"]]); err != nil {
			t.Fatal(err)
		}
		r.pause, _ = strconv.Atoi(f[at["break_minutes"]]) // "" where there are no times
		rows = append(rows, r)
	}
	return rows
}
