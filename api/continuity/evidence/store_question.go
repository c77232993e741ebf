package evidence

// question is asked of the database for a proof, as the role that pages use and
// of the current tenant: whether it holds, when that was, and one value for its
// sentence. No row, or NULL: there is no proof. $1 is the moment after which
// proofs are too late.
type question struct{ proof, sql string }

// looks are asked of the database as it is now; their date is the look's.
func looks() []question {
	return []question{
		{"fobs-out", `SELECT count(*) = count(DISTINCT fob_id) AND EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'fob_issue'::regclass AND contype = 'x'), $1::timestamptz, count(*)::text
			FROM fob_issue WHERE tenant_id = current_tenant() AND returned_at IS NULL HAVING count(*) > 0`},
		{"fobs-lost", `SELECT bool_and(NOT EXISTS (SELECT FROM fob_issue i WHERE i.tenant_id = f.tenant_id AND i.fob_id = f.fob_id AND i.returned_at IS NULL)), $1::timestamptz, count(*)::text
			FROM fob f WHERE tenant_id = current_tenant() AND status IN ('lost', 'blocked') HAVING count(*) > 0`},
		{"designs", `SELECT true, $1::timestamptz, format('%s / %s / %s', count(*) FILTER (WHERE status = 'issued'), count(*) FILTER (WHERE status IN ('lost', 'blocked')), count(*) FILTER (WHERE status NOT IN ('issued', 'lost', 'blocked')))
			FROM fob WHERE tenant_id = current_tenant() HAVING count(*) > 0`},
		{"readers-heard", `SELECT bool_and(COALESCE(last_contact > $1::timestamptz - interval '35 days', false)), $1::timestamptz, format('%s / %s', count(*) FILTER (WHERE last_contact > $1::timestamptz - interval '35 days'), count(*))
			FROM reader WHERE tenant_id = current_tenant() AND retired_at IS NULL HAVING count(*) > 0`},
		{"gateways-heard", `SELECT bool_and(COALESCE(last_heard > $1::timestamptz - interval '35 days', false)), $1::timestamptz, format('%s / %s', count(*) FILTER (WHERE last_heard > $1::timestamptz - interval '35 days'), count(*))
			FROM gateway WHERE tenant_id = current_tenant() AND retired_at IS NULL HAVING count(*) > 0`},
		{"hardware", `SELECT true, $1::timestamptz, count(*)::text FROM hardware WHERE tenant_id = current_tenant() HAVING count(*) > 0`},
		{"optional", `SELECT count(*) = 0, $1::timestamptz, count(*)::text FROM employee e WHERE e.tenant_id = current_tenant()
			AND ((e.first_name <> '' OR e.first_name_sealed IS NOT NULL) AND NOT EXISTS (SELECT FROM optional_field f WHERE f.tenant_id = e.tenant_id AND f.field = 'first_name')
				OR (e.birth_date IS NOT NULL OR e.birth_date_sealed IS NOT NULL) AND NOT EXISTS (SELECT FROM optional_field f WHERE f.tenant_id = e.tenant_id AND f.field = 'birth_date'))`},
		{"requests", `SELECT count(*) = 0, $1::timestamptz, count(*)::text FROM privacy_request
			WHERE tenant_id = current_tenant() AND state IN ('open', 'granted') AND due < $1::timestamptz::date`},
		{"requests-checked", `SELECT bool_and(checked), $1::timestamptz, count(*)::text FROM privacy_request
			WHERE tenant_id = current_tenant() AND state IN ('granted', 'done') HAVING count(*) > 0`},
		{"breaches", `SELECT count(*) FILTER (WHERE late) = 0, $1::timestamptz, format('%s / %s', count(*) FILTER (WHERE late), count(*))
			FROM breach b, LATERAL (SELECT b.known_at + make_interval(hours => b.hours) AS due) d, LATERAL (SELECT d.due < $1::timestamptz
				AND NOT EXISTS (SELECT FROM breach_step s WHERE s.tenant_id = b.tenant_id AND s.breach_id = b.breach_id AND s.what = 'dismissed')
				AND (SELECT count(DISTINCT s.what) FROM breach_step s WHERE s.tenant_id = b.tenant_id AND s.breach_id = b.breach_id AND s.what IN ('telephone', 'email') AND s.done_at <= d.due) < 2 AS late) l
			WHERE b.tenant_id = current_tenant()`},
		{"subprocessors", `SELECT bool_and(EXISTS (SELECT FROM register_step t WHERE t.tenant_id = s.tenant_id AND t.entry_id = s.entry_id AND t.what IN ('told', 'consented') AND (t.step_id < s.step_id OR e.details->>'urgent' = 'yes'))), $1::timestamptz, count(*)::text
			FROM register_entry e JOIN register_step s ON s.tenant_id = e.tenant_id AND s.entry_id = e.entry_id AND s.what = 'started'
			WHERE e.tenant_id = current_tenant() AND e.book = 'subprocessor' HAVING count(*) > 0`},
		{"disclosures", `SELECT bool_and(e.details->>'telling' = 'forbidden' OR EXISTS (SELECT FROM register_step t WHERE t.tenant_id = s.tenant_id AND t.entry_id = s.entry_id AND t.what = 'told' AND t.step_id < s.step_id)), $1::timestamptz, count(*)::text
			FROM register_entry e JOIN register_step s ON s.tenant_id = e.tenant_id AND s.entry_id = e.entry_id AND s.what = 'disclosed'
			WHERE e.tenant_id = current_tenant() AND e.book = 'disclosure' HAVING count(*) > 0`},
		{"restores", `SELECT bool_and(EXISTS (SELECT FROM register_step c WHERE c.tenant_id = s.tenant_id AND c.entry_id = s.entry_id AND c.what = 'checked' AND c.step_id < s.step_id)), $1::timestamptz, count(*)::text
			FROM register_entry e JOIN register_step s ON s.tenant_id = e.tenant_id AND s.entry_id = e.entry_id AND s.what = 'restored'
			WHERE e.tenant_id = current_tenant() AND e.book = 'restore' HAVING count(*) > 0`},
		{"details", `SELECT true, $1::timestamptz, version::text FROM statement_details WHERE tenant_id = current_tenant() ORDER BY version DESC LIMIT 1`},
		{"statistics", `SELECT NOT p.allowed OR c.profile = 'winbase', $1::timestamptz, CASE WHEN p.allowed THEN 'on' ELSE 'off' END
			FROM (SELECT COALESCE((SELECT allowed FROM bi_permission WHERE tenant_id = current_tenant() ORDER BY permission_id DESC LIMIT 1), false) AS allowed) p
			LEFT JOIN LATERAL (SELECT profile FROM tenant_contract WHERE tenant_id = current_tenant() ORDER BY version DESC LIMIT 1) c ON true`},
		{"published", `SELECT count(*) FILTER (WHERE NOT COALESCE((SELECT allowed FROM bi_permission a WHERE a.tenant_id = p.tenant_id AND a.at <= p.at ORDER BY a.permission_id DESC LIMIT 1), false)) = 0, $1::timestamptz, count(*)::text
			FROM bi_publication p WHERE p.tenant_id = current_tenant()`},
		{"support", `SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT FROM support_grant g WHERE g.tenant_id = e.tenant_id AND g.account_id = e.actor_id AND e.at >= g.at AND e.at <= LEAST(g.until, COALESCE(g.ended_at, g.until)))) = 0, $1::timestamptz, count(*)::text
			FROM account a JOIN audit_entry e ON e.tenant_id = a.tenant_id AND e.actor_kind = 'account' AND e.actor_id = a.account_id AND e.action IN ('support.look', 'data.read')
			WHERE a.tenant_id = current_tenant() AND 'supplier' = ANY (a.roles)`},
		{"leavings", `SELECT count(*) = 0, $1::timestamptz, count(*)::text FROM employee e JOIN account a ON a.tenant_id = e.tenant_id AND a.employee_id = e.employee_id
			WHERE e.tenant_id = current_tenant() AND e.employed_until < $1::timestamptz::date - 1 AND a.closed_at IS NULL`},
		{"leavings-fobs", `SELECT count(*) = 0, $1::timestamptz, count(*)::text FROM employee e JOIN fob_issue i ON i.tenant_id = e.tenant_id AND i.employee_id = e.employee_id
			WHERE e.tenant_id = current_tenant() AND e.employed_until < $1::timestamptz::date - 2 AND i.returned_at IS NULL`},
		{"office-hours", `SELECT true, $1::timestamptz, version::text FROM service_hours WHERE tenant_id = current_tenant() AND month <= $1::timestamptz::date ORDER BY month DESC, version DESC LIMIT 1`},
		{"duty", `SELECT COALESCE(bool_or(step = 1) FILTER (WHERE now) AND bool_or(step > 1) FILTER (WHERE now), false), $1::timestamptz, COALESCE(string_agg(DISTINCT step::text, ' ') FILTER (WHERE now), '–')
			FROM duty, LATERAL (SELECT from_at <= $1::timestamptz AND until_at > $1::timestamptz AS now) n HAVING count(*) > 0`},
		{"backup-places", `SELECT count(*) FILTER (WHERE good) >= 2, $1::timestamptz, string_agg(CASE WHEN good THEN '' ELSE '−' END || p.place, ', ' ORDER BY p.place)
			FROM backup_place p, LATERAL (SELECT p.region <> '' AND p.operator <> '' AND EXISTS (
				SELECT FROM backup_set s WHERE s.place = p.place AND s.gone_at IS NULL AND s.ended_at > $1::timestamptz - interval '2 days') AS good) g
			WHERE p.gone_at IS NULL HAVING count(*) > 0`},
		{"backup-term", `SELECT bool_and(expires_at - began_at <= interval '15 days'), $1::timestamptz, round(max(extract(epoch FROM expires_at - began_at)) / 86400)::text
			FROM backup_set WHERE gone_at IS NULL HAVING count(*) > 0`},
	}
}

// events have a date of their own: when somebody or the program did something.
func events() []question {
	return []question{
		{"payroll-run", `SELECT true, at, run_id || ', ' || format || ', ' || lines FROM payroll_run
			WHERE tenant_id = current_tenant() AND state <> 'void' AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"purge", `SELECT true, at, certificate_id::text FROM privacy_certificate
			WHERE tenant_id = current_tenant() AND kind = 'purge' AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"export", `SELECT true, at, certificate_id::text FROM privacy_certificate
			WHERE tenant_id = current_tenant() AND kind = 'export' AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"measures", `SELECT true, s.at, e.entry_id::text FROM register_entry e JOIN register_step s ON s.tenant_id = e.tenant_id AND s.entry_id = e.entry_id
			WHERE e.tenant_id = current_tenant() AND e.book = 'measure' AND s.what = 'told' AND s.at < $1 ORDER BY s.at DESC LIMIT 1`},
		{"subprocessors-gone-through", `SELECT true, s.at, e.entry_id::text FROM register_entry e JOIN register_step s ON s.tenant_id = e.tenant_id AND s.entry_id = e.entry_id
			WHERE e.tenant_id = current_tenant() AND e.book = 'subprocessor' AND s.what = 'updated' AND s.at < $1 ORDER BY s.at DESC LIMIT 1`},
		{"audit-held", `SELECT true, s.at, e.entry_id::text FROM register_entry e JOIN register_step s ON s.tenant_id = e.tenant_id AND s.entry_id = e.entry_id
			WHERE e.tenant_id = current_tenant() AND e.book = 'audit' AND s.what = 'held' AND s.at < $1 ORDER BY s.at DESC LIMIT 1`},
		{"instructions", `SELECT true, max(at), count(*)::text FROM register_entry WHERE tenant_id = current_tenant() AND book = 'instruction' AND at < $1 HAVING count(*) > 0`},
		{"calendar", `SELECT true, max(made_at), count(*)::text FROM contract_event WHERE tenant_id = current_tenant() AND made_at < $1 HAVING count(*) > 0`},
		{"first-use", `SELECT true, max(made_at), count(*)::text FROM contract_event
			WHERE tenant_id = current_tenant() AND kind IN ('first_use', 'first_used') AND made_at < $1 HAVING count(*) > 0`},
		{"suspension", `WITH last AS (SELECT s.made_at AS since, (SELECT min(l.made_at) FROM suspension_step l WHERE l.tenant_id = s.tenant_id AND l.kind = 'lifted' AND l.made_at >= s.made_at) AS until
				FROM suspension_step s WHERE s.tenant_id = current_tenant() AND s.kind = 'suspended' AND s.made_at < $1 ORDER BY s.made_at DESC LIMIT 1),
			taps AS (SELECT count(*) AS n FROM last, registration r WHERE r.tenant_id = current_tenant() AND r.arrived >= since AND r.arrived < COALESCE(until, 'infinity')),
			runs AS (SELECT count(*) AS n FROM last, payroll_run r WHERE r.tenant_id = current_tenant() AND r.at >= since AND r.at < COALESCE(until, 'infinity'))
			SELECT CASE WHEN runs.n > 0 THEN false WHEN taps.n > 0 THEN true END, COALESCE(until, since), taps.n::text FROM last, taps, runs`},
		{"audit", `SELECT report->'breaks' IS NULL, finished_at, report->>'links' FROM audit_check
			WHERE tenant_id = current_tenant() AND finished_at < $1 ORDER BY finished_at DESC LIMIT 1`},
		{"maintenance", `WITH told AS (SELECT * FROM maintenance WHERE tenant_id = current_tenant() AND announced_at < $1)
			SELECT bool_and(m.from_at - m.announced_at >= make_interval(mins => m.ahead_minutes)), max(m.announced_at),
				string_agg(format('%s %s h', m.reference, floor(extract(epoch FROM m.from_at - m.announced_at) / 3600)), ', ' ORDER BY m.announced_at)
			FROM told m WHERE m.announced_at >= LEAST($1::timestamptz - interval '31 days', (SELECT max(announced_at) FROM told)) HAVING count(*) > 0`},
		{"letters", `SELECT CASE WHEN bool_or(state IN ('refused', 'expired')) THEN false WHEN bool_and(state = 'sent') THEN true END, COALESCE(max(ended_at), max(made_at)), format('%s / %s', count(*) FILTER (WHERE state = 'sent'), count(*))
			FROM mail WHERE tenant_id = current_tenant() AND made_at < $1 AND about = (SELECT 'maintenance.announced ' || m.maintenance_id FROM maintenance m
				WHERE m.tenant_id = current_tenant() AND m.announced_at < $1 ORDER BY m.announced_at DESC LIMIT 1) HAVING count(*) > 0`},
		{"incident-letters", `WITH last AS (SELECT substring(about FROM '^incident [0-9]+') AS incident FROM mail
				WHERE tenant_id = current_tenant() AND about ~ '^incident [0-9]' AND made_at < $1 ORDER BY made_at DESC, mail_id DESC LIMIT 1),
			words AS (SELECT bool_or(m.state = 'sent') AS reached, bool_or(m.state = 'waiting') AS waits, max(COALESCE(m.ended_at, m.made_at)) AS at FROM last, mail m
				WHERE m.tenant_id = current_tenant() AND m.made_at < $1 AND (m.about = last.incident OR starts_with(m.about, last.incident || ' ')) GROUP BY m.about)
			SELECT CASE WHEN bool_or(NOT reached AND NOT waits) THEN false WHEN bool_and(reached) THEN true END, max(at), format('%s / %s', count(*) FILTER (WHERE reached), count(*)) FROM words HAVING count(*) > 0`},
		{"publication", `SELECT true, at, to_char(month, 'YYYY-MM') FROM bi_publication WHERE tenant_id = current_tenant() AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"priorities", `SELECT true, at, format('%s: %s, %s', incident_id, category, priority) FROM incident
			WHERE tenant_id = current_tenant() AND channel <> 'probe' AND at < $1 ORDER BY at DESC LIMIT 1`},
		{"reports", `SELECT bool_and(report->>'message' <> '' AND report->>'steps' <> '' AND report->>'computer' <> ''), max(at), count(*)::text FROM incident
			WHERE tenant_id = current_tenant() AND channel <> 'probe' AND at < $1 HAVING count(*) > 0`},
		{"policy", `SELECT problem = '', at, address FROM policy_check WHERE at < $1 ORDER BY at DESC LIMIT 1`},
		{"evidence-pack", `SELECT true, at, to_char(month, 'YYYY-MM') FROM evidence_pack
			WHERE tenant_id = current_tenant() AND at < $1 ORDER BY at DESC LIMIT 1`},
	}
}
