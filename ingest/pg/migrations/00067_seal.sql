-- +goose Up
-- From when on an employee's days are computed: those before are sealed (I5),
-- their taps may be gone. Each row moves the boundary on; the last day counts.
CREATE TABLE seal (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  employee_id bigint NOT NULL,
  before_day  date NOT NULL, -- the first day that is not sealed
  sealed_at   timestamptz NOT NULL,
  by_kind     text NOT NULL,
  by_id       bigint NOT NULL,
  unapproved  int NOT NULL CONSTRAINT seal_unapproved_not_negative CHECK (unapproved >= 0), -- days sealed though nobody had approved them
  PRIMARY KEY (tenant_id, employee_id, before_day),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee
);
SELECT isolate('seal', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A sealed day as it was explained when it was sealed: times, no names of taps.
-- worked_day is made of it and of the corrections by hand that came later.
CREATE TABLE sealed_day (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  employee_id bigint NOT NULL,
  day         date NOT NULL,
  detail      jsonb NOT NULL,
  PRIMARY KEY (tenant_id, employee_id, day),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee
);
SELECT isolate('sealed_day', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sealed_day FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A punch of a sealed day: it is in that day's explanation, is never computed
-- with again, and may be removed. One that comes later is not in it.
ALTER TABLE punch ADD sealed boolean NOT NULL DEFAULT false;
CREATE INDEX punch_sealed ON punch (tenant_id, origin, epoch, seq) WHERE sealed;

-- What was removed of the raw taps, when and why: counts, ranges of names and a
-- hash, never the content (I3).
CREATE TABLE removal (
  tenant_id     bigint NOT NULL REFERENCES tenant,
  removal_id    bigint GENERATED ALWAYS AS IDENTITY,
  cause         text NOT NULL CONSTRAINT removal_cause_known CHECK (cause IN ('retention', 'erasure', 'end_of_contract')),
  at            timestamptz NOT NULL DEFAULT now(),
  by_kind       text NOT NULL,
  by_id         bigint NOT NULL,
  registrations bigint NOT NULL,
  punches       bigint NOT NULL,
  hash          bytea NOT NULL, -- SHA-256 of the registrations' content, in order of name
  PRIMARY KEY (tenant_id, removal_id)
);
SELECT isolate('removal', 'SELECT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON removal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE removed_name (
  tenant_id  bigint NOT NULL,
  removal_id bigint NOT NULL,
  origin     bigint NOT NULL,
  epoch      bigint NOT NULL,
  seqs       int8multirange NOT NULL,
  PRIMARY KEY (tenant_id, removal_id, origin, epoch),
  FOREIGN KEY (tenant_id, removal_id) REFERENCES removal
);
SELECT isolate('removed_name', 'SELECT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON removed_name FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The one door through which raw taps go (I3): no role may delete
-- registrations by itself. It takes taps of sealed days only, at most so many,
-- and gives how many.
CREATE POLICY remove ON registration TO tikklok_lookup USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY remove ON punch TO tikklok_lookup USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY remove ON removal TO tikklok_lookup USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()));
CREATE POLICY remove ON removed_name TO tikklok_lookup USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()));
GRANT SELECT, DELETE ON registration, punch TO tikklok_lookup;
GRANT SELECT, INSERT ON removal, removed_name TO tikklok_lookup;
-- +goose StatementBegin
CREATE FUNCTION remove_sealed(cause text, by_kind text, by_id bigint, most int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH names AS (
    SELECT origin, epoch, seq FROM punch WHERE tenant_id = current_tenant() AND sealed ORDER BY origin, epoch, seq LIMIT most),
  raw AS (
    DELETE FROM registration r USING names n WHERE r.tenant_id = current_tenant() AND r.origin = n.origin AND r.epoch = n.epoch AND r.seq = n.seq
    RETURNING r.origin, r.epoch, r.seq, r.tick, r.wall, r.gap, r.reader_id, r.key_version, r.token, r.arrived),
  derived AS (
    DELETE FROM punch p USING names n WHERE p.tenant_id = current_tenant() AND p.origin = n.origin AND p.epoch = n.epoch AND p.seq = n.seq RETURNING 1),
  record AS (
    INSERT INTO removal (tenant_id, cause, by_kind, by_id, registrations, punches, hash)
    SELECT current_tenant(), cause, by_kind, by_id, (SELECT count(*) FROM raw), (SELECT count(*) FROM derived),
      (SELECT sha256(convert_to(COALESCE(string_agg(raw::text, E'\n' ORDER BY origin, epoch, seq), ''), 'UTF8')) FROM raw)
    WHERE EXISTS (SELECT FROM names) RETURNING removal_id),
  ranges AS (
    INSERT INTO removed_name (tenant_id, removal_id, origin, epoch, seqs)
    SELECT current_tenant(), removal_id, origin, epoch, range_agg(int8range(seq, seq, '[]')) FROM names, record GROUP BY removal_id, origin, epoch)
  SELECT count(*) FROM derived
$$;
-- +goose StatementEnd
ALTER FUNCTION remove_sealed(text, text, bigint, int) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION remove_sealed(text, text, bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION remove_sealed(text, text, bigint, int) TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
