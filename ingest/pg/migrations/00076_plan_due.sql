-- +goose Up
-- A planned shift, and one that was withdrawn, may lie on a day on which nobody
-- tapped and which is stored nowhere; what an employee agreed on, or how long
-- they were employed, decides over it all the same: a call withdrawn too late is
-- paid (Dutch Civil Code 7:628a).
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION note_days(of_tenant bigint, of_employee bigint, since date, until date) RETURNS void LANGUAGE sql AS $$
  INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
    SELECT of_tenant, of_employee, min(at) - 2 * 86400000::bigint, max(at) + 2 * 86400000::bigint
    FROM (SELECT p.placed FROM punch p WHERE p.tenant_id = of_tenant AND p.employee_id = of_employee
      UNION ALL SELECT (extract(epoch FROM w.day::timestamp) * 1000)::bigint FROM worked_day w
        WHERE w.tenant_id = of_tenant AND w.employee_id = of_employee
      UNION ALL SELECT v.from_at * 60000 FROM plan_version v WHERE v.tenant_id = of_tenant AND v.employee_id = of_employee) x(at)
    WHERE at >= (extract(epoch FROM since::timestamp) * 1000)::bigint - 86400000
      AND (until IS NULL OR at < (extract(epoch FROM until::timestamp) * 1000)::bigint + 2 * 86400000::bigint)
    HAVING count(*) > 0
$$;
CREATE OR REPLACE FUNCTION note_employee() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM note_days(NEW.tenant_id, NEW.employee_id, '1950-01-01', NULL);
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT 'going back is restoring a backup';
