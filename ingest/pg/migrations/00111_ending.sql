-- +goose Up
-- The end of a tenant's contract (OB-P4 to OB-P6): what was planned, from when
-- nothing changes any more, how far destruction is. It outlives the tenant's
-- data, and so names nobody once that is gone.
CREATE TABLE tenant_ending (
  tenant_id      bigint PRIMARY KEY REFERENCES tenant,
  last_day       date, -- of the contract
  terms          jsonb NOT NULL DEFAULT '{}', -- by which the days below follow from it
  read_only_from timestamptz,
  destroy_from   timestamptz,
  backup_days    integer NOT NULL DEFAULT 0 CONSTRAINT tenant_ending_backup_days CHECK (backup_days BETWEEN 0 AND 366),
  exported_at    timestamptz, -- as of when the last whole export is
  fingerprint    bytea CONSTRAINT tenant_ending_fingerprint CHECK (length(fingerprint) = 32),
  accepted_at    timestamptz, -- the customer has that export, and can read it
  accepted_by    bigint,
  destroying_at  timestamptz,
  removed        jsonb NOT NULL DEFAULT '{}', -- rows by table, as destruction goes on
  destroyed_at   timestamptz,
  backups_until  date, -- the last backup that holds the tenant's data is gone after it
  CONSTRAINT tenant_ending_planned CHECK ((last_day IS NULL) = (read_only_from IS NULL) AND (last_day IS NULL) = (destroy_from IS NULL)),
  CONSTRAINT tenant_ending_exported CHECK ((exported_at IS NULL) = (fingerprint IS NULL)),
  CONSTRAINT tenant_ending_accepted CHECK (accepted_at IS NULL OR exported_at IS NOT NULL),
  CONSTRAINT tenant_ending_destroyed CHECK (destroyed_at IS NULL OR destroying_at IS NOT NULL)
);
SELECT isolate('tenant_ending', 'SELECT, INSERT, UPDATE');

-- Where a tenant came from: an export is taken in once, whatever the tenant.
CREATE TABLE tenant_import (
  tenant_id   bigint PRIMARY KEY REFERENCES tenant,
  fingerprint bytea NOT NULL CONSTRAINT tenant_import_once UNIQUE CONSTRAINT tenant_import_fingerprint CHECK (length(fingerprint) = 32),
  exported_at timestamptz NOT NULL,
  imported_at timestamptz NOT NULL,
  proven      boolean NOT NULL -- the fingerprint was given beside the file
);
SELECT isolate('tenant_import', 'SELECT');

-- The chain of the audit log goes in a destruction that has begun, and never else.
GRANT DELETE ON audit_link TO tikklok_privacy;
CREATE POLICY destroyed_only ON audit_link AS RESTRICTIVE FOR DELETE TO tikklok_privacy USING (EXISTS (
  SELECT FROM tenant_ending e WHERE e.tenant_id = audit_link.tenant_id AND e.destroying_at IS NOT NULL AND e.destroyed_at IS NULL));

-- Jobs leave a tenant alone whose destruction has begun.
CREATE POLICY lookup ON tenant_ending TO tikklok_lookup USING (true);
GRANT SELECT ON tenant_ending TO tikklok_lookup;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION tenant_ids() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT t.tenant_id FROM tenant t LEFT JOIN tenant_ending e USING (tenant_id) WHERE e.destroying_at IS NULL ORDER BY t.tenant_id $$;

-- Destructions that have begun, for the command that goes on with them.
CREATE FUNCTION destructions() RETURNS TABLE (tenant_id bigint, destroyed_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT e.tenant_id, e.destroyed_at FROM tenant_ending e WHERE e.destroying_at IS NOT NULL ORDER BY e.tenant_id $$;
-- +goose StatementEnd
ALTER FUNCTION destructions() OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION destructions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION destructions() TO tikklok_app, tikklok_privacy;

-- An import makes a tenant, and keeps its rows' numbers: the next ones come
-- after them. Numbers are of all tenants, so one far ahead would take the rest
-- from the others: it is refused.
GRANT EXECUTE ON FUNCTION create_tenant(text, text, text) TO tikklok_privacy;
-- +goose StatementBegin
CREATE FUNCTION pass_number(in_table text, in_column text, number bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE s regclass := pg_get_serial_sequence(quote_ident(in_table), in_column)::regclass;
BEGIN
  IF s IS NULL OR number NOT BETWEEN 1 AND 1::bigint << 52 THEN
    RAISE EXCEPTION '% is no number that %.% can have', number, in_table, in_column USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  PERFORM setval(s, GREATEST(number, nextval(s)));
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION pass_number(text, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pass_number(text, text, bigint) TO tikklok_privacy;

-- +goose Down
SELECT 'going back is restoring a backup';
