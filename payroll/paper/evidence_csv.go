package paper

import (
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// evidenceTable writes evidence as CSV in UTF-8 with ";" between fields, which
// spreadsheets of these countries read. Its names are English in each
// language, as a table is read by programs.
type evidenceTable struct {
	csv *csv.Writer
	*register
}

func newEvidenceTable(w io.Writer, r *register) (*evidenceTable, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, fmt.Errorf("writing a table: %w", err)
	}
	t := &evidenceTable{csv.NewWriter(w), r}
	t.csv.Comma, t.csv.UseCRLF = ';', true
	return t, t.csv.Write([]string{"personnel_number", "surname", "first_name", "hirer", "site", "assignment", "cost_centre", "week", "day",
		"from", "to", "break_minutes", "minutes", "kind", "approved_by", "approved_at_utc", "approval", "approval_sha256", "audit_entry", "audit_sha256", "project_as", "altered"})
}

// sheet writes a row for each stretch and rest; they add up to what is approved.
func (t *evidenceTable) sheet(s Sheet) error {
	p := s.Project
	for _, week := range s.Weeks {
		proof := append(t.proved(week.Proofs), projectAs(p), altered(week.Proofs))
		for _, d := range week.Days {
			about := []string{s.Who.Number, s.Who.Surname, s.Who.FirstName, p.HirerName, p.SiteName, p.Assignment, p.CostCentre}
			for i := range about {
				about[i] = plain(about[i])
			}
			about = append(about, week.Week.String(), d.Date.String())
			for _, part := range t.parts(d, s.Zone) {
				if err := t.csv.Write(append(append(about[:len(about):len(about)], part...), proof...)); err != nil {
					return fmt.Errorf("writing a table: %w", err)
				}
			}
		}
	}
	t.csv.Flush()
	return t.csv.Error()
}

func (t *evidenceTable) parts(d Day, zone *time.Location) (out [][]string) {
	for _, s := range d.Stretches {
		out = append(out, []string{instant(s.From, zone), instant(s.To, zone), strconv.Itoa(s.Break), strconv.Itoa(s.Minutes()), "worked"})
	}
	for _, r := range d.Rests {
		out = append(out, []string{"", "", "", strconv.Itoa(r.Minutes), "rounding_or_by_hand"})
	}
	return out
}

// proved names the approvals of a week, the oldest first, with "," between
// them.
func (t *evidenceTable) proved(proofs []Proof) []string {
	var by, at, id, hash, entry, chain []string
	for _, f := range proofs {
		by = append(by, f.Levels[len(f.Levels)-1].By)
		at = append(at, f.At.UTC().Format(time.RFC3339))
		id, hash = append(id, strconv.FormatInt(f.Approval, 10)), append(hash, hex.EncodeToString(f.Hash[:]))
		if f.Entry != 0 {
			entry, chain = append(entry, strconv.FormatInt(f.Entry, 10)), append(chain, hex.EncodeToString(f.Chain[:]))
		}
	}
	join := func(all []string) string { return plain(strings.Join(all, ",")) }
	return []string{join(by), join(at), join(id), join(hash), join(entry), join(chain)}
}

// projectAs says since when the project is on record.
func projectAs(p Project) string {
	if p.Entered {
		return "printed"
	}
	return "approved"
}

// altered names the approvals whose stored content no longer has its hash.
func altered(proofs []Proof) string {
	var ids []string
	for _, f := range proofs {
		if f.Altered {
			ids = append(ids, strconv.FormatInt(f.Approval, 10))
		}
	}
	return strings.Join(ids, ",")
}

// instant gives a UTC minute as local time with its distance to UTC.
func instant(minute int64, zone *time.Location) string {
	return time.Unix(minute*60, 0).In(zone).Format("2006-01-02T15:04-07:00")
}

// plain marks a text that a spreadsheet would take for a formula (OWASP, CSV
// injection).
func plain(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// fileName names a file by what and when, without anybody's name.
func fileName(w words, k Kind, p calendar.Period, extension string) string {
	return fmt.Sprintf("%s-%s-%s.%s", w.Say("file."+string(k)), p.From, p.To, extension)
}
