package retention

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// atOnce is how many rows one transaction removes.
const atOnce = 5000

// step is what a purge does to one table: rows whose age is past the term of
// their class are removed, or lose what they say about people.
type step struct {
	table string
	class privacy.Class
	age   string // SQL over the table as t: the moment from which its term counts
	also  string // SQL condition over t, with $1 the moment before which rows are past their term: what has to be so besides
	set   string // SQL assignments; "": rows are removed
	order string // SQL: which rows first; "": any
	after string // SQL statement after each piece, with $1
	row   string // SQL over t: what of a row is hashed; "": all of it
	alone bool   // only where no row of another table is about the same employee
}

// name tells one step from another in reports.
func (s step) name() string {
	if s.set != "" {
		return s.table + " (values)"
	}
	return s.table
}

const (
	day     = "::timestamp AT TIME ZONE 'UTC'"
	ended   = "(SELECT e.employed_until" + day + " FROM employee e WHERE e.tenant_id = t.tenant_id AND e.employee_id = t.employee_id)"
	closed  = "(SELECT a.closed_at FROM account a WHERE a.tenant_id = t.tenant_id AND a.account_id = t.account_id)"
	hoursOf = "EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = t.tenant_id AND w.employee_id = t.employee_id)"
	sealed  = "EXISTS (SELECT FROM seal s WHERE s.tenant_id = t.tenant_id AND s.employee_id = t.employee_id AND s.before_day > t.day)"

	// Hours that nobody approved can still be approved and paid: they stay as
	// long as what was.
	settled = "(NOT EXISTS (SELECT FROM hour_line l WHERE l.tenant_id = t.tenant_id AND l.employee_id = t.employee_id AND l.day = t.day)" +
		" OR EXISTS (SELECT FROM timesheet s WHERE s.tenant_id = t.tenant_id AND s.employee_id = t.employee_id AND s.monday = date_trunc('week', t.day)::date AND s.state = 'approved')" +
		" OR t.day < (now() AT TIME ZONE 'UTC')::date - interval '7 years')"

	// A run r that left: it was delivered, taken in, or pulled.
	left = "(r.state IN ('delivered', 'acknowledged') OR r.state = 'created' AND r.pulled_at IS NOT NULL)"

	// When the run of a file left, the last time; or was declared void.
	leftAt = "(SELECT GREATEST(r.at, r.pulled_at, (SELECT max(s.at) FROM payroll_step s WHERE s.tenant_id = r.tenant_id AND s.run_id = r.run_id AND s.state IN ('delivered', 'acknowledged', 'void')))" +
		" FROM payroll_run r WHERE r.tenant_id = t.tenant_id AND r.run_id = t.run_id AND (" + left + " OR r.state = 'void'))"

	// Approved lines that stand in no run that left, while hours leave by runs:
	// somebody waits for their pay.
	unpaid = "EXISTS (SELECT FROM payroll_destination d WHERE d.tenant_id = t.tenant_id) AND NOT EXISTS (SELECT " + sent + " JOIN payroll_run r ON r.tenant_id = p.tenant_id AND r.run_id = p.run_id AND " + left + ")"

	// What of an approved line stands in runs.
	sent = "FROM payroll_destination d JOIN payroll_line p ON d.tenant_id = t.tenant_id AND p.tenant_id = d.tenant_id AND p.destination_id = d.destination_id AND p.line_id = t.line_id AND p.reversed_at IS NULL"

	// What is held against the Act looks back on days that are gone now: days
	// that are left keep the findings that they had.
	lawStays = "DELETE FROM law_due WHERE tenant_id = current_tenant() AND from_day < $1::date"
)

// steps are all steps in the order in which they are taken: what refers to a
// row goes before it. Taps and the audit log have doors of their own.
func steps() []step {
	return append(append(tapSteps(), recordSteps()...), peopleSteps()...)
}

func tapSteps() []step {
	const stream = "x.tenant_id = t.tenant_id AND x.origin = t.origin AND x.epoch = t.epoch"
	const instant = "to_timestamp(GREATEST(t.instant, 0) / 1000.0)" // a broken clock's may lie before any time that PostgreSQL knows
	// The newest pair before what is left of the stream, and of a day before it
	// three: by these taps that are left are placed, and those to come (I4).
	const around = `(SELECT min(k.tick) FROM (SELECT DISTINCT x.tick FROM time_pair x WHERE ` + stream + ` AND x.source < 3 AND x.tick <= (SELECT max(x.tick) FROM time_pair x
			WHERE ` + stream + ` AND x.source < 3 AND x.instant < extract(epoch FROM $1::timestamptz) * 1000
				AND x.tick < COALESCE((SELECT r.tick FROM registration r WHERE r.tenant_id = t.tenant_id AND r.origin = t.origin AND r.epoch = t.epoch ORDER BY r.seq LIMIT 1), 9223372036854775807)) - 86400000
		ORDER BY x.tick DESC LIMIT 3) k HAVING count(*) = 3)`
	return []step{
		{table: "name_conflict", class: privacy.RawTaps, age: "t.at"},
		{table: "quarantine", class: privacy.RawTaps, age: "t.at"},
		{table: "twin_conflict", class: privacy.RawTaps, age: "t.at"},
		{table: "token_twin", class: privacy.RawTaps, age: "t.at", also: "NOT EXISTS (SELECT FROM fob_token k WHERE k.tenant_id = t.tenant_id AND (k.key_version, k.token) IN ((t.version, t.token), (t.twin_version, t.twin_token)))"},
		// All stay where taps are missing, where pairs contradict each other, and of a
		// device with a tap whose time is told by what lies around its epoch only.
		{table: "time_pair", class: privacy.RawTaps, age: instant, also: "t.tick < " + around +
			" AND NOT EXISTS (SELECT FROM origin_progress x WHERE " + stream + " AND x.holed_since IS NOT NULL)" +
			" AND (NOT EXISTS (SELECT FROM time_pair_doubt x WHERE " + stream + ") OR NOT EXISTS (SELECT FROM registration x WHERE " + stream + "))" +
			" AND NOT EXISTS (SELECT FROM punch p WHERE p.tenant_id = t.tenant_id AND p.origin = t.origin AND p.known IN ('arrival', 'bounded') AND NOT p.sealed)"},
		{table: "time_pair_doubt", class: privacy.RawTaps, age: instant,
			also: "NOT EXISTS (SELECT FROM time_pair x WHERE " + stream + " AND x.tick = t.tick AND x.instant = t.instant AND x.source = t.source)"},
	}
}

func recordSteps() []step {
	const body = "t.run_id || ' ' || encode(sha256(t.body), 'hex')"                                                                      // bodies have megabytes
	const shiftEnd = "to_timestamp((SELECT s.to_at FROM plan_shift s WHERE s.tenant_id = t.tenant_id AND s.shift_id = t.shift_id) * 60)" // plans are in minutes
	// No day is left that is computed with the shift, nor one before it from
	// which on nothing could be sealed.
	const computed = "NOT EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = t.tenant_id AND w.employee_id = t.employee_id AND w.day <= (to_timestamp(t.to_at * 60) AT TIME ZONE 'UTC')::date + 1" +
		" AND (w.day >= (to_timestamp(t.from_at * 60) AT TIME ZONE 'UTC')::date - 1 OR NOT EXISTS (SELECT FROM seal s WHERE s.tenant_id = w.tenant_id AND s.employee_id = w.employee_id AND s.before_day > w.day)))"
	const noDay = "NOT EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = t.tenant_id AND w.employee_id = t.employee_id AND w.day = t.day)"
	return []step{
		{table: "worked_day", class: privacy.WorkRecord, age: "t.day" + day, also: sealed + " AND " + settled, after: lawStays},
		{table: "sealed_day", class: privacy.WorkRecord, age: "t.day" + day, also: noDay},
		{table: "decision", class: privacy.WorkRecord, age: "COALESCE(t.day" + day + ", to_timestamp(t.at / 1000.0), t.made_at)", order: "t.decision_id DESC",
			also: "t.made_at < now() - interval '28 days' AND NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = t.tenant_id AND u.undoes = t.decision_id)" +
				" AND (t.employee_id IS NULL OR NOT EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = t.tenant_id AND w.employee_id = t.employee_id AND w.day = t.day) AND EXISTS (SELECT FROM seal s WHERE s.tenant_id = t.tenant_id AND s.employee_id = t.employee_id AND s.before_day" + day + " >= $1) OR NOT " + hoursOf + ")"},
		{table: "seal", class: privacy.WorkRecord, age: "t.before_day" + day, also: "EXISTS (SELECT FROM seal s WHERE s.tenant_id = t.tenant_id AND s.employee_id = t.employee_id AND s.before_day > t.before_day)"},
		{table: "law_finding", class: privacy.WorkRecord, age: "t.day" + day, also: noDay},
		{table: "correction_request", class: privacy.WorkRecord, age: "GREATEST(t.day" + day + ", t.made_at)"},
		{table: "plan_version", class: privacy.WorkRecord, age: shiftEnd, also: computed},
		{table: "plan_shift", class: privacy.WorkRecord, age: "to_timestamp(t.to_at * 60)", also: computed + " AND NOT EXISTS (SELECT FROM plan_version v WHERE v.tenant_id = t.tenant_id AND v.shift_id = t.shift_id)"},
		{table: "approval_bulk_item", class: privacy.WorkRecord, age: "(SELECT b.made_at FROM approval_bulk b WHERE b.tenant_id = t.tenant_id AND b.bulk_id = t.bulk_id)"},
		{table: "approval_bulk", class: privacy.WorkRecord, age: "t.made_at", also: "NOT EXISTS (SELECT FROM approval_bulk_item i WHERE i.tenant_id = t.tenant_id AND i.bulk_id = t.bulk_id)"},

		{table: "payroll_part", class: privacy.ExportFiles, age: leftAt, row: body},
		{table: "payroll_file", class: privacy.ExportFiles, age: leftAt, row: body},
		{table: "delivery_attempt", class: privacy.ExportFiles, age: "t.ended_at", also: "(t.answer, t.detail) <> ('', '')", set: "answer = '', detail = ''"},
		{table: "bi_hours", class: privacy.ExportFiles, age: "t.published_at"},

		// An approved line goes first: the other way round a night that breaks off
		// would leave it as one that nobody was paid for (I8).
		{table: "approved_line", class: privacy.ApprovedPay, age: "t.day" + day,
			also: "NOT (" + unpaid + ") AND NOT EXISTS (SELECT " + sent + " WHERE p.period_to" + day + " >= $1)"},
		{table: "payroll_line", class: privacy.ApprovedPay, age: "t.period_to" + day, also: "NOT EXISTS (SELECT FROM approved_line l WHERE l.tenant_id = t.tenant_id AND l.line_id = t.line_id)"},
		{table: "approval_step", class: privacy.ApprovedPay, age: "t.monday" + day},
		{table: "approval", class: privacy.ApprovedPay, age: "t.monday" + day, order: "t.approval_id DESC",
			also: "NOT EXISTS (SELECT FROM approved_line l WHERE l.tenant_id = t.tenant_id AND l.approval_id = t.approval_id) AND NOT EXISTS (SELECT FROM approval c WHERE c.tenant_id = t.tenant_id AND c.corrects = t.approval_id)"},
		{table: "timesheet", class: privacy.ApprovedPay, age: "t.monday" + day, also: "NOT EXISTS (SELECT FROM approval a WHERE a.tenant_id = t.tenant_id AND a.employee_id = t.employee_id AND a.monday = t.monday)"},
	}
}

func peopleSteps() []step {
	const closedRequest = "r.state IN ('refused', 'done', 'withdrawn')"
	return []step{
		{table: "employee_terms", class: privacy.Employment, age: ended, also: "NOT " + hoursOf},
		{table: "assignment", class: privacy.Employment, age: ended, also: "NOT " + hoursOf},
		{table: "leaving", class: privacy.Employment, age: ended, also: "(t.stays_at IS NOT NULL OR num_nonnulls(t.access_at, t.fobs_at) = 2)"},
		{table: "fob_issue", class: privacy.Employment, age: "t.returned_at"},
		{table: "employee", class: privacy.Employment, age: "t.employed_until" + day, set: "first_name = '', first_name_sealed = NULL, email = '', birth_date = NULL, birth_date_sealed = NULL",
			also:  "(t.first_name <> '' OR t.email <> '' OR num_nonnulls(t.first_name_sealed, t.birth_date, t.birth_date_sealed) > 0)",
			after: "DELETE FROM law_due d USING employee e WHERE d.tenant_id = current_tenant() AND e.tenant_id = d.tenant_id AND e.employee_id = d.employee_id AND e.employed_until" + day + " < $1"},
		{table: "person_key", class: privacy.Employment, age: ended},

		{table: "deputy", class: privacy.AccountData, age: "COALESCE(t.ended_at, t.until_day" + day + ")"},
		{table: "account_hirer", class: privacy.AccountData, age: closed},
		{table: "account", class: privacy.AccountData, age: "t.closed_at", also: "t.roles = '{employee}'"},
		{table: "account", class: privacy.AccountData, age: "t.closed_at", also: "t.name <> '—'", set: "email = 'gone-' || t.account_id, name = '—', password_hash = '', failed_count = 0, locked_until = NULL, signed_in_at = NULL, employee_id = NULL"},
		{table: "api_key", class: privacy.Addresses, age: "t.revoked_at", also: "(cardinality(t.networks) > 0 OR num_nonnulls(t.last_used, t.refused_at) > 0)", set: "networks = '{}', last_used = NULL, refused_at = NULL"},

		{table: "privacy_restriction", class: privacy.Registers, age: "t.lifted_at"},
		{table: "privacy_request_step", class: privacy.Registers, age: "(SELECT r.made_at FROM privacy_request r WHERE r.tenant_id = t.tenant_id AND r.request_id = t.request_id AND " + closedRequest + ")"},
		{table: "privacy_request", class: privacy.Registers, age: "t.made_at",
			also: strings.ReplaceAll(closedRequest, "r.", "t.") + " AND NOT EXISTS (SELECT FROM privacy_request_step s WHERE s.tenant_id = t.tenant_id AND s.request_id = t.request_id) AND NOT EXISTS (SELECT FROM privacy_restriction s WHERE s.tenant_id = t.tenant_id AND s.request_id = t.request_id)"},
		{table: "support_grant", class: privacy.Registers, age: "COALESCE(t.ended_at, t.until)"},
		{table: "mail", class: privacy.Registers, age: "t.ended_at"},
		{table: "retention_hold", class: privacy.Registers, age: "COALESCE(t.lifted_at, t.until)"},

		// A name and a number stay with hours that are kept, and go after them.
		{table: "employee", class: privacy.Employment, age: "t.employed_until" + day, alone: true},
	}
}

// Removes says which tables the steps of a purge reach, and as which class.
func Removes() map[string]privacy.Class {
	out := map[string]privacy.Class{}
	for _, s := range steps() {
		out[s.table] = s.class
	}
	return out
}

// Kept says of tables about people whose class has a term why no step of the
// purge removes their rows.
func Kept() map[string]string {
	return map[string]string{
		"registration":        "has a door of its own (I3)",
		"punch":               "goes with its registration",
		"audit_entry":         "has a door of its own: its class follows from what was done",
		"audit_payload":       "goes with its entry",
		"hours_due":           "is gone as soon as hours are computed",
		"law_due":             "is gone as soon as hours are held against the Act",
		"hour_line":           "goes with its worked day",
		"session":             "is of no tenant; ends and is removed with its expiry",
		"hole_given_up":       "says that a hole was given up: without it the hole would be open again (I2)",
		"fob":                 "leads to nobody once its issues are gone",
		"fob_token":           "leads to nobody once its fob's issues are gone; without it the fob could not be issued again",
		"payroll_run":         "is the register of runs, held against manifests after a restore (I8); no employee is in it",
		"payroll_step":        "belongs to the register of runs (I8)",
		"delivery":            "says that a run left (I8); no employee is in it",
		"bi_permission":       "says what was allowed; no employee is in it",
		"bi_publication":      "says what was published; no employee is in it",
		"removal":             "says that something was removed; no employee is in it",
		"privacy_certificate": "outlives all of them, and names nobody",
		"privacy_erasure":     "has to be carried out again after a restore, as long as backups last",
		"breach":              "stays documented (GDPR article 33(5))",
		"breach_version":      "stays with its breach",
		"breach_step":         "stays with its breach",
		"register_entry":      "is in force until it is ended",
		"register_step":       "stays with its entry",
		"statement_details":   "is what documents say now",
		"evidence_record":     "proves an obligation of a past month; no employee is in it",
		"evidence_pack":       "says what was handed out as proof; no employee is in it",
	}
}

// query is a step as it is asked of the database, at a moment and under the
// legal holds that count.
type query struct {
	step
	before time.Time
	held   []int64
	where  string // over the table as t
}

// of makes the query of a step. While legal holds of people count, rows that
// can't be told to be nobody's who is held stay: then there is none.
func (s step) of(catalogue privacy.Catalogue, before time.Time, held []int64) (query, bool) {
	q := query{step: s, before: before, held: held, where: "t.tenant_id = current_tenant() AND " + s.age + " < $1"}
	if s.also != "" {
		q.where += " AND " + s.also
	}
	if s.alone {
		for _, t := range catalogue {
			if t.Name != s.table && strings.HasPrefix(t.Of, "t.employee_id = $1") {
				q.where += " AND NOT EXISTS (SELECT FROM " + t.Name + " o WHERE o.tenant_id = t.tenant_id AND o.employee_id = t.employee_id)"
			}
		}
	}
	q.where += " AND ($2::bigint[] IS NULL"
	declared, _ := catalogue.Table(s.table)
	if len(held) > 0 && slices.Contains(declared.Subjects, privacy.Employees) {
		if declared.Of == "" {
			return q, false
		}
		accounts := "ARRAY(SELECT ha.account_id FROM account ha WHERE ha.tenant_id = t.tenant_id AND ha.employee_id = held.id)"
		q.where += " OR NOT EXISTS (SELECT FROM unnest($2) held(id) WHERE " + strings.NewReplacer("$1", "held.id", "$2", accounts).Replace(declared.Of) + ")"
	} else if len(held) > 0 {
		q.where += " OR true"
	}
	q.where += ")"
	return q, true
}

// oldest gives the age of the oldest row that is left; zero: none has one.
func (s step) oldest(ctx context.Context, tx pg.Tx) (time.Time, error) {
	where := ""
	if s.set != "" {
		where = " AND " + s.also
	}
	var at *time.Time
	err := tx.QueryRow(ctx, "SELECT min("+s.age+") FROM "+s.table+" t WHERE t.tenant_id = current_tenant()"+where).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("looking for the oldest of %s: %w", s.table, err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return *at, nil
}

// remove removes at most atOnce rows, and gives how many and the SHA-256 of
// what they were.
func (q query) remove(ctx context.Context, tx pg.Tx) (n int64, hash [32]byte, err error) {
	these := " WHERE t.ctid = old.ctid AND t.tenant_id = current_tenant() RETURNING " + cmp.Or(q.row, "t::text") + " AS row"
	do := "DELETE FROM " + q.table + " t USING old" + these
	if q.set != "" {
		do = "UPDATE " + q.table + " t SET " + q.set + " FROM old" + these
	}
	order := ""
	if q.order != "" {
		order = " ORDER BY " + q.order
	}
	var sum []byte
	err = tx.QueryRow(ctx, "WITH old AS MATERIALIZED (SELECT t.ctid FROM "+q.table+" t WHERE "+q.where+order+fmt.Sprintf(" LIMIT %d), ", atOnce)+
		"gone AS ("+do+") SELECT count(*), sha256(convert_to(COALESCE(string_agg(row, E'\\n' ORDER BY row), ''), 'UTF8')) FROM gone", q.before, q.held).Scan(&n, &sum)
	if err == nil && n > 0 && q.after != "" {
		_, err = tx.Exec(ctx, q.after, q.before)
	}
	if err != nil {
		return 0, hash, fmt.Errorf("removing from %s: %w", q.table, err)
	}
	return n, [32]byte(sum), nil
}
