package request

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// AccessLists is the section of a file that tells of reads of lists.
const AccessLists = "access_log"

// listsOf gives who looked at lists on which the person was, or may have been
// where the log doesn't name who was on it: by day, operation and who looked,
// with how many others were on the longest. Others it never names.
func listsOf(ctx context.Context, tx pg.Tx, entry privacy.Table, of privacy.Subject, terms map[privacy.Class]string) (FileSection, error) {
	s := section(entry, terms)
	s.Table, s.Class, s.Term = AccessLists, privacy.AccessLog, terms[privacy.AccessLog]
	s.Columns = []FileColumn{{"day", privacy.Moment, entry.Why}, {"operation", privacy.Choice, entry.Why}, {"actor_kind", privacy.Choice, entry.Why},
		{"actor_id", privacy.Reference, entry.Why}, {"reads", privacy.Amount, entry.Why}, {"others", privacy.Amount, entry.Why}}
	rows, err := tx.Query(ctx, `WITH person AS (SELECT e.employee_id, e.created_at, t.zone FROM employee e JOIN tenant t USING (tenant_id)
				WHERE e.tenant_id = current_tenant() AND e.employee_id = $1),
			made AS (SELECT array_agg(created_at ORDER BY created_at) AS at FROM employee WHERE tenant_id = current_tenant()),
			list AS (SELECT (e.at AT TIME ZONE person.zone)::date AS day, e.actor_kind, e.actor_id, p.payload->>'operation' AS operation,
					CASE WHEN json_typeof(p.payload->'employees') = 'array' THEN
						(SELECT CASE WHEN bool_or(person.employee_id BETWEEN (span->>0)::bigint AND (span->>1)::bigint) THEN sum((span->>1)::bigint - (span->>0)::bigint + 1) END
							FROM json_array_elements(p.payload->'employees') span)
					ELSE width_bucket(e.at, (SELECT at FROM made)) END - 1 AS others
				FROM person, audit_entry e LEFT JOIN audit_payload p USING (tenant_id, entry_id)
				WHERE e.tenant_id = current_tenant() AND e.action = 'data.read' AND e.subject_id IS NULL AND e.at >= person.created_at)
		SELECT day::text, COALESCE(operation, ''), actor_kind, COALESCE(actor_id, 0)::text, count(*)::text, max(others)::text FROM list WHERE others IS NOT NULL
		GROUP BY day, operation, actor_kind, actor_id ORDER BY day, operation, actor_kind, actor_id`, of.Employee)
	if err != nil {
		return s, fmt.Errorf("reading who looked at lists: %w", err)
	}
	s.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) {
		var day, operation, kind, id, reads, others string
		err := row.Scan(&day, &operation, &kind, &id, &reads, &others)
		return []any{day, operation, kind, json.Number(id), json.Number(reads), json.Number(others)}, err
	})
	if err != nil {
		return s, fmt.Errorf("reading who looked at lists: %w", err)
	}
	return s, nil
}
