-- +goose Up
-- A key is known by its secrets: while it is replaced, the former one works
-- beside the new one for a time that was chosen (OB-C6).
CREATE TABLE api_key_secret (
  tenant_id   bigint NOT NULL,
  api_key_id  bigint NOT NULL,
  hash        bytea NOT NULL CONSTRAINT api_key_secret_hash_length CHECK (length(hash) = 32), -- SHA-256 of the key
  made_at     timestamptz NOT NULL DEFAULT now(),
  valid_until timestamptz, -- NULL: the one in use
  last_used   timestamptz,
  PRIMARY KEY (tenant_id, api_key_id, hash),
  CONSTRAINT api_key_secret_once UNIQUE (hash),
  FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_key
);
CREATE UNIQUE INDEX api_key_secret_in_use ON api_key_secret (tenant_id, api_key_id) WHERE valid_until IS NULL;
SELECT isolate('api_key_secret', 'SELECT, INSERT, UPDATE (valid_until, last_used)');
CREATE POLICY lookup ON api_key_secret TO tikklok_lookup USING (true);
GRANT SELECT ON api_key_secret TO tikklok_lookup;
INSERT INTO api_key_secret (tenant_id, api_key_id, hash, made_at, last_used)
SELECT tenant_id, api_key_id, hash, created_at, last_used FROM api_key;

DROP FUNCTION api_key_by_hash(bytea);
ALTER TABLE api_key DROP COLUMN hash;
-- +goose StatementBegin
CREATE FUNCTION api_key_by_hash(h bytea)
RETURNS TABLE (tenant_id bigint, api_key_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT k.tenant_id, k.api_key_id FROM api_key_secret s JOIN api_key k USING (tenant_id, api_key_id)
   WHERE s.hash = h AND k.revoked_at IS NULL $$;
-- +goose StatementEnd
ALTER FUNCTION api_key_by_hash(bytea) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION api_key_by_hash(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api_key_by_hash(bytea) TO tikklok_app;

ALTER TABLE api_key
  ADD networks cidr[] NOT NULL DEFAULT '{}', -- empty: from anywhere
  ADD refused_at timestamptz; -- last shown from outside its networks, to the minute

-- Of which destinations a key may pull; no row: of all.
CREATE TABLE api_key_destination (
  tenant_id      bigint NOT NULL,
  api_key_id     bigint NOT NULL,
  destination_id bigint NOT NULL,
  PRIMARY KEY (tenant_id, api_key_id, destination_id),
  FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_key,
  CONSTRAINT api_key_destination_known FOREIGN KEY (tenant_id, destination_id) REFERENCES payroll_destination
);
SELECT isolate('api_key_destination', 'SELECT, INSERT');

-- +goose Down
SELECT 'going back is restoring a backup';
