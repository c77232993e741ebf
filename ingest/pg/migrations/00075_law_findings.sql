-- +goose Up
-- What was found against the Working Hours Act, or the agreement in its place.
-- Derived: checked again for whoever's days are written anew (law_due).
CREATE TABLE law_finding (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  employee_id bigint NOT NULL,
  day         date NOT NULL, -- of the shift in which it came about
  rule        text NOT NULL, -- law.Row
  at          bigint NOT NULL, -- UTC minutes since 1970, as all instants here
  severity    text NOT NULL CONSTRAINT law_finding_severity_known CHECK (severity IN ('breach', 'edge', 'unknown')),
  over_from   bigint NOT NULL,
  over_to     bigint NOT NULL,
  allowed     int NOT NULL,
  found       int NOT NULL,
  shifts      bigint[] NOT NULL, -- from, to, from, to …
  PRIMARY KEY (tenant_id, employee_id, rule, at, over_from)
);
CREATE INDEX law_finding_day ON law_finding (tenant_id, day);
SELECT isolate('law_finding', 'SELECT, INSERT, DELETE');

CREATE TABLE law_due (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  employee_id bigint NOT NULL,
  from_day    date NOT NULL, -- what rests on days from here on may have changed
  PRIMARY KEY (tenant_id, employee_id)
);
SELECT isolate('law_due', 'SELECT, INSERT, UPDATE, DELETE', 'SELECT, INSERT, UPDATE');

-- +goose StatementBegin
CREATE FUNCTION note_law_days() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO law_due AS due SELECT tenant_id, employee_id, min(day) FROM written GROUP BY tenant_id, employee_id
    ON CONFLICT (tenant_id, employee_id) DO UPDATE SET from_day = LEAST(due.from_day, EXCLUDED.from_day);
  RETURN NULL;
END $$;
CREATE FUNCTION note_law_figures() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO law_due AS due SELECT w.tenant_id, w.employee_id, GREATEST(min(w.day), NEW.from_day) FROM worked_day w
    WHERE w.tenant_id = NEW.tenant_id AND w.day >= NEW.from_day GROUP BY w.tenant_id, w.employee_id
    ON CONFLICT (tenant_id, employee_id) DO UPDATE SET from_day = LEAST(due.from_day, EXCLUDED.from_day);
  RETURN NULL;
END $$;
CREATE FUNCTION note_birth_date() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO law_due AS due SELECT w.tenant_id, w.employee_id, min(w.day) FROM worked_day w
    WHERE w.tenant_id = NEW.tenant_id AND w.employee_id = NEW.employee_id GROUP BY w.tenant_id, w.employee_id
    ON CONFLICT (tenant_id, employee_id) DO UPDATE SET from_day = LEAST(due.from_day, EXCLUDED.from_day);
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER law_days_written AFTER INSERT ON worked_day REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_law_days();
CREATE TRIGGER law_days_removed AFTER DELETE ON worked_day REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_law_days();
CREATE TRIGGER law_figures_set AFTER INSERT ON law_figures FOR EACH ROW EXECUTE FUNCTION note_law_figures();
CREATE TRIGGER birth_date_changed AFTER UPDATE OF birth_date ON employee FOR EACH ROW
  WHEN (OLD.birth_date IS DISTINCT FROM NEW.birth_date) EXECUTE FUNCTION note_birth_date();

-- +goose Down
SELECT 'going back is restoring a backup';
