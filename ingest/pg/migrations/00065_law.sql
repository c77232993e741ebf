-- +goose Up
-- What an employee agreed on, and for whom they work, says which rules their
-- days have: a change of it computes those days again, with two days on each
-- side, as for the zone (note_employee).
-- +goose StatementBegin
CREATE FUNCTION note_days(of_tenant bigint, of_employee bigint, since date, until date) RETURNS void LANGUAGE sql AS $$
  INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
    SELECT of_tenant, of_employee, min(at) - 2 * 86400000::bigint, max(at) + 2 * 86400000::bigint
    FROM (SELECT p.placed FROM punch p WHERE p.tenant_id = of_tenant AND p.employee_id = of_employee
      UNION ALL SELECT (extract(epoch FROM w.day::timestamp) * 1000)::bigint FROM worked_day w
        WHERE w.tenant_id = of_tenant AND w.employee_id = of_employee) x(at)
    WHERE at >= (extract(epoch FROM since::timestamp) * 1000)::bigint - 86400000
      AND (until IS NULL OR at < (extract(epoch FROM until::timestamp) * 1000)::bigint + 2 * 86400000::bigint)
    HAVING count(*) > 0
$$;
CREATE FUNCTION note_terms() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM note_days(COALESCE(NEW.tenant_id, OLD.tenant_id), COALESCE(NEW.employee_id, OLD.employee_id), COALESCE(NEW.from_day, OLD.from_day), NULL);
  RETURN NULL;
END $$;
CREATE FUNCTION note_contract_minutes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM note_days(NEW.tenant_id, NEW.employee_id, '1950-01-01', NULL);
  RETURN NULL;
END $$;
CREATE FUNCTION note_assignment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM note_days(NEW.tenant_id, NEW.employee_id, NEW.from_day, NEW.until_day);
  IF TG_OP = 'UPDATE' THEN
    PERFORM note_days(OLD.tenant_id, OLD.employee_id, OLD.from_day, OLD.until_day);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION note_site_hirer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO hours_due (tenant_id, reader_id, from_at)
    SELECT r.tenant_id, r.reader_id, 0 FROM reader r WHERE r.tenant_id = NEW.tenant_id AND r.site_id = NEW.site_id;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER terms_changed AFTER INSERT OR UPDATE OR DELETE ON employee_terms FOR EACH ROW EXECUTE FUNCTION note_terms();
CREATE TRIGGER contract_minutes_changed AFTER UPDATE OF contract_minutes ON employee FOR EACH ROW
  WHEN (OLD.contract_minutes <> NEW.contract_minutes) EXECUTE FUNCTION note_contract_minutes();
CREATE TRIGGER assignment_changed AFTER INSERT OR UPDATE ON assignment FOR EACH ROW EXECUTE FUNCTION note_assignment();
CREATE TRIGGER site_hirer_changed AFTER UPDATE OF hirer_id ON site FOR EACH ROW
  WHEN (OLD.hirer_id IS DISTINCT FROM NEW.hirer_id) EXECUTE FUNCTION note_site_hirer();

-- The birth date is kept only where the tenant switched it on, for the figures
-- of the Working Hours Act for employees of 16 and 17 (OB-P1).
ALTER TABLE employee ADD birth_date date;
ALTER TABLE optional_field DROP CONSTRAINT optional_field_known,
  ADD CONSTRAINT optional_field_known CHECK (field IN ('first_name', 'birth_date'));

-- The figures that stand in the place of the Act's from a day on, for all or
-- for those of one contract: a collective agreement's.
CREATE TABLE law_figures (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  version     int NOT NULL CONSTRAINT law_figures_version_positive CHECK (version > 0),
  contract_id bigint, -- NULL: everybody
  from_day    date NOT NULL,
  name        text NOT NULL CONSTRAINT law_figures_name_length CHECK (length(name) BETWEEN 1 AND 100),
  adults      jsonb NOT NULL,
  minors      jsonb NOT NULL,
  by_kind     text NOT NULL,
  by_id       bigint NOT NULL,
  made_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, version),
  FOREIGN KEY (tenant_id, contract_id) REFERENCES contract
);
SELECT isolate('law_figures', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON law_figures FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Derived: where a day's shifts and their breaks lie, small enough to read a
-- year of everybody (hours.Day.spans says how). Days that have none yet are
-- computed again.
ALTER TABLE worked_day ADD spans bigint[] NOT NULL DEFAULT '{}';
INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
  SELECT tenant_id, employee_id, (extract(epoch FROM min(day)::timestamp) * 1000)::bigint, (extract(epoch FROM max(day)::timestamp) * 1000)::bigint + 86400000
  FROM worked_day GROUP BY tenant_id, employee_id;

-- +goose Down
SELECT 'going back is restoring a backup';
