-- +goose Up
-- Hours published for analysis, without people (OB-P13). The customer's own
-- tools may read them in the schema bi; each signs in as a role of its own that
-- is a member of tikklok_bi.
-- +goose StatementBegin
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tikklok_bi') THEN
    BEGIN
      CREATE ROLE tikklok_bi NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- roles are of the whole cluster: another database made it
    END;
  END IF;
END $$;
-- +goose StatementEnd

-- Whether the contract allows it; the newest counts, and no row is no.
CREATE TABLE bi_permission (
  tenant_id     bigint NOT NULL REFERENCES tenant,
  permission_id bigint GENERATED ALWAYS AS IDENTITY,
  allowed       boolean NOT NULL,
  basis         text NOT NULL CONSTRAINT bi_permission_basis_length CHECK (length(basis) BETWEEN 1 AND 200),
  by_kind       text NOT NULL CONSTRAINT bi_permission_by_person CHECK (by_kind IN ('account', 'operator')),
  by_id         bigint NOT NULL,
  at            timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, permission_id)
);
SELECT isolate('bi_permission', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bi_permission FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What makes surrogates of ids; it leaves with the permission.
CREATE TABLE bi_key (
  tenant_id bigint PRIMARY KEY REFERENCES tenant,
  secret    bytea NOT NULL CONSTRAINT bi_key_length CHECK (length(secret) = 32),
  made_at   timestamptz NOT NULL
);
SELECT isolate('bi_key', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE bi_publication (
  tenant_id      bigint NOT NULL REFERENCES tenant,
  publication_id bigint GENERATED ALWAYS AS IDENTITY,
  month          date NOT NULL CONSTRAINT bi_publication_month_starts CHECK (extract(day FROM month) = 1),
  zone           text NOT NULL,
  by_kind        text NOT NULL,
  by_id          bigint NOT NULL,
  at             timestamptz NOT NULL,
  lines          int NOT NULL,
  held           int NOT NULL,
  PRIMARY KEY (tenant_id, publication_id)
);
SELECT isolate('bi_publication', 'SELECT, INSERT');

-- The published rows. A line is published once; which line it was, nobody but
-- the program sees.
CREATE TABLE bi_hours (
  tenant_id      bigint NOT NULL,
  line_id        bigint NOT NULL,
  publication_id bigint NOT NULL,
  line_key       uuid NOT NULL,
  employee_key   uuid,
  month          date NOT NULL,
  work_date      date,
  site           text,
  cost_centre    text,
  code           text,
  kind           text NOT NULL CONSTRAINT bi_hours_kind_known CHECK (kind IN ('worked', 'supplement', 'added', 'absent', 'holiday')),
  minutes        int NOT NULL,
  hundredths     int NOT NULL,
  zone           text NOT NULL,
  published_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, line_id),
  FOREIGN KEY (tenant_id, publication_id) REFERENCES bi_publication,
  CONSTRAINT bi_hours_employee_goes_first CHECK (employee_key IS NULL OR work_date IS NOT NULL AND code IS NOT NULL)
);
CREATE INDEX bi_hours_month ON bi_hours (tenant_id, month);
SELECT isolate('bi_hours', 'SELECT, INSERT, DELETE');

-- Whose a tool's role is. A setting of the session would not do: whoever writes
-- SQL can change it; session_user they can't (I6).
CREATE TABLE bi_login (
  tenant_id bigint NOT NULL REFERENCES tenant,
  role_name name NOT NULL,
  made_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, role_name),
  CONSTRAINT bi_login_of_one_tenant UNIQUE (role_name)
);
SELECT isolate('bi_login', 'SELECT');
CREATE POLICY lookup ON bi_login TO tikklok_lookup USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON bi_login TO tikklok_lookup;

-- +goose StatementBegin
CREATE FUNCTION bi_tenant() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT tenant_id FROM bi_login WHERE role_name = session_user $$;
-- +goose StatementEnd
ALTER FUNCTION bi_tenant() OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION bi_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bi_tenant() TO tikklok_bi;

-- bi_admit lets a role, made by whoever runs the database, read what a tenant
-- publishes. It refuses one that could see more.
-- +goose StatementBegin
CREATE FUNCTION bi_admit(role_name name, tenant bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r pg_roles;
BEGIN
  SELECT * INTO r FROM pg_roles p WHERE p.rolname = bi_admit.role_name;
  IF NOT FOUND OR NOT r.rolcanlogin OR NOT pg_has_role(bi_admit.role_name, 'tikklok_bi', 'MEMBER') THEN
    RAISE EXCEPTION '% is no login role in tikklok_bi: CREATE ROLE % LOGIN PASSWORD ''...'' IN ROLE tikklok_bi', role_name, quote_ident(role_name);
  END IF;
  IF r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid) <> 1 THEN
    RAISE EXCEPTION '% has rights beside those of tikklok_bi: make a role of its own', role_name;
  END IF;
  INSERT INTO bi_login (tenant_id, role_name) VALUES (tenant, role_name);
END $$;
-- +goose StatementEnd
ALTER FUNCTION bi_admit(name, bigint) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION bi_admit(name, bigint) FROM PUBLIC;

-- bi_dismiss ends that, before the role is dropped: another role of the same
-- name would be taken for it.
-- +goose StatementBegin
CREATE FUNCTION bi_dismiss(role_name name) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ DELETE FROM bi_login l WHERE l.role_name = bi_dismiss.role_name $$;
-- +goose StatementEnd
ALTER FUNCTION bi_dismiss(name) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION bi_dismiss(name) FROM PUBLIC;

CREATE POLICY tenant_bi ON bi_hours FOR SELECT TO tikklok_bi USING (tenant_id = (SELECT bi_tenant()));
GRANT SELECT (line_key, employee_key, month, work_date, site, cost_centre, code, kind, minutes, hundredths, zone, published_at) ON bi_hours TO tikklok_bi;

CREATE SCHEMA bi;
CREATE VIEW bi.hours WITH (security_invoker = true) AS
  SELECT line_key, employee_key, month, work_date, site, cost_centre, code, kind, minutes, (hundredths / 100.0)::numeric(9, 2) AS hours, zone, published_at
  FROM public.bi_hours;
GRANT USAGE ON SCHEMA bi TO tikklok_bi;
GRANT SELECT ON bi.hours TO tikklok_bi;
COMMENT ON SCHEMA bi IS 'Approved hours for analysis, read only: docs/bi.md';
COMMENT ON VIEW bi.hours IS 'One row per published line. What is NULL is shared by fewer than five people.';
COMMENT ON COLUMN bi.hours.line_key IS 'names the line; the same in every file';
COMMENT ON COLUMN bi.hours.employee_key IS 'names the employee in place of who it is; NULL wherever anything else is';
COMMENT ON COLUMN bi.hours.month IS 'first day of the month that the hours are of';
COMMENT ON COLUMN bi.hours.work_date IS 'the day that the hours are of';
COMMENT ON COLUMN bi.hours.kind IS 'worked; or beside that: supplement, added, absent, holiday';
COMMENT ON COLUMN bi.hours.minutes IS 'exact; negative in a correction';
COMMENT ON COLUMN bi.hours.hours IS 'decimal hours; those of an employee_key, code and month add up to their rounded total';
COMMENT ON COLUMN bi.hours.zone IS 'the time zone of the organisation, in which months are looked at';
COMMENT ON COLUMN bi.hours.published_at IS 'when the row was published';

-- +goose Down
SELECT 'going back is restoring a backup';
