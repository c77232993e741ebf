-- +goose Up
-- Roles are of the whole cluster, so several databases share them, and two
-- migrations may create them at once.
-- +goose StatementBegin
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['tikklok_app', 'tikklok_ingest', 'tikklok_lookup'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', r);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- the other one did
      END;
    END IF;
    IF NOT pg_has_role(current_user, r, 'MEMBER') THEN -- a superuser is of every role
      EXECUTE format('GRANT %I TO %I', r, current_user);
    END IF;
  END LOOP;
END $$;
-- +goose StatementEnd

-- tikklok_app     one tenant a transaction      (setting tikklok.tenant)
-- tikklok_ingest  the tenants of a commit group (setting tikklok.tenants)
-- tikklok_lookup  owns the SECURITY DEFINER functions that answer before a
--                 tenant is known; nobody becomes it (I6)
GRANT USAGE ON SCHEMA public TO tikklok_app, tikklok_ingest, tikklok_lookup;
GRANT CREATE ON SCHEMA public TO tikklok_lookup;

-- +goose StatementBegin
CREATE FUNCTION current_tenant() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('tikklok.tenant', true), '')::bigint $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION current_tenants() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('tikklok.tenants', true), '')::bigint[] $$;
-- +goose StatementEnd

-- isolate puts a tenant table under forced row-level security (I6). Every
-- migration calls it for every table that has a tenant_id.
-- +goose StatementBegin
CREATE FUNCTION isolate(t regclass, app_grants text, ingest_grants text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY tenant_app ON %s TO tikklok_app USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()))', t);
  EXECUTE format('GRANT %s ON %s TO tikklok_app', app_grants, t);
  IF ingest_grants <> '' THEN
    EXECUTE format('CREATE POLICY tenant_ingest ON %s TO tikklok_ingest USING (tenant_id = ANY ((SELECT current_tenants())::bigint[])) WITH CHECK (tenant_id = ANY ((SELECT current_tenants())::bigint[]))', t);
    EXECUTE format('GRANT %s ON %s TO tikklok_ingest', ingest_grants, t);
  END IF;
END $$;
-- +goose StatementEnd

CREATE TABLE tenant (
  tenant_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL CONSTRAINT tenant_name_length CHECK (length(name) BETWEEN 1 AND 200),
  zone       text NOT NULL DEFAULT 'Europe/Amsterdam',
  language   text NOT NULL DEFAULT 'nl' CONSTRAINT tenant_language_known CHECK (language IN ('nl', 'en')),
  created_at timestamptz NOT NULL DEFAULT now()
);
SELECT isolate('tenant', 'SELECT, UPDATE', 'SELECT');
CREATE POLICY lookup ON tenant TO tikklok_lookup USING (true);
GRANT SELECT ON tenant TO tikklok_lookup;

-- The key that makes fob numbers into tokens (I7).
CREATE TABLE token_key (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  version    smallint NOT NULL CONSTRAINT token_key_version_positive CHECK (version > 0),
  secret     bytea NOT NULL CONSTRAINT token_key_length CHECK (length(secret) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, version)
);
SELECT isolate('token_key', 'SELECT, INSERT');

-- Jobs go through the tenants one by one; they need the list of ids only (I6).
-- +goose StatementBegin
CREATE FUNCTION tenant_ids() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT tenant_id FROM tenant ORDER BY tenant_id $$;
-- +goose StatementEnd
ALTER FUNCTION tenant_ids() OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION tenant_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant_ids() TO tikklok_app, tikklok_ingest;

-- A tenant is made before it is known; only the database's owner may (I6).
CREATE POLICY create_tenant ON tenant FOR INSERT TO tikklok_lookup WITH CHECK (true);
GRANT INSERT ON tenant TO tikklok_lookup;
-- +goose StatementBegin
CREATE FUNCTION create_tenant(name text, zone text, language text) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ INSERT INTO tenant (name, zone, language) VALUES (name, zone, language) RETURNING tenant_id $$;
-- +goose StatementEnd
ALTER FUNCTION create_tenant(text, text, text) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION create_tenant(text, text, text) FROM PUBLIC;

-- +goose Down
SELECT 'going back is restoring a backup';
