-- +goose Up
CREATE TABLE employee (
  tenant_id       bigint NOT NULL REFERENCES tenant,
  employee_id     bigint GENERATED ALWAYS AS IDENTITY,
  number          text NOT NULL CONSTRAINT employee_number_length CHECK (length(number) BETWEEN 1 AND 32),
  surname         text NOT NULL CONSTRAINT employee_surname_length CHECK (length(surname) BETWEEN 1 AND 100),
  first_name      text NOT NULL DEFAULT '' CONSTRAINT employee_first_name_length CHECK (length(first_name) <= 100), -- optional, off by default (OB-P1)
  email           text NOT NULL DEFAULT '' CONSTRAINT employee_email_length CHECK (length(email) <= 254),
  contract_minutes int NOT NULL DEFAULT 2400 CONSTRAINT employee_contract_range CHECK (contract_minutes BETWEEN 0 AND 10080), -- a week
  zone            text NOT NULL DEFAULT '', -- '': the tenant's
  employed_from   date NOT NULL,
  employed_until  date CONSTRAINT employee_period_order CHECK (employed_until IS NULL OR employed_until >= employed_from), -- last working day
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, employee_id),
  CONSTRAINT employee_number_once UNIQUE (tenant_id, number)
);
SELECT isolate('employee', 'SELECT, INSERT, UPDATE');

-- Optional fields are off until the tenant switches them on, with a purpose
-- (OB-P1, I7).
CREATE TABLE optional_field (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  field       text NOT NULL CONSTRAINT optional_field_known CHECK (field IN ('first_name')),
  purpose     text NOT NULL CONSTRAINT optional_field_purpose_length CHECK (length(purpose) BETWEEN 1 AND 500),
  switched_on timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, field)
);
SELECT isolate('optional_field', 'SELECT, INSERT, DELETE');

CREATE TABLE account (
  tenant_id     bigint NOT NULL REFERENCES tenant,
  account_id    bigint GENERATED ALWAYS AS IDENTITY,
  email         text NOT NULL CONSTRAINT account_email_length CHECK (length(email) BETWEEN 3 AND 254),
  name          text NOT NULL CONSTRAINT account_name_length CHECK (length(name) BETWEEN 1 AND 100),
  password_hash text NOT NULL DEFAULT '', -- argon2id, PHC string; '': cannot sign in by password
  language      text NOT NULL DEFAULT 'nl' CONSTRAINT account_language_known CHECK (language IN ('nl', 'en')),
  roles         text[] NOT NULL CONSTRAINT account_roles_known CHECK (roles <@ ARRAY['administrator', 'approver', 'payroll', 'auditor'] AND cardinality(roles) > 0),
  failed_count  int NOT NULL DEFAULT 0,
  locked_until  timestamptz,
  signed_in_at  timestamptz, -- the last time
  closed_at     timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, account_id)
);
CREATE UNIQUE INDEX account_email_once ON account (tenant_id, lower(email));
SELECT isolate('account', 'SELECT, INSERT, UPDATE');
CREATE POLICY lookup ON account TO tikklok_lookup USING (true);
GRANT SELECT ON account TO tikklok_lookup;

-- Who could be signing in, before a tenant is known (I6).
-- +goose StatementBegin
CREATE FUNCTION accounts_for_sign_in(address text)
RETURNS TABLE (tenant_id bigint, account_id bigint, password_hash text, locked_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT a.tenant_id, a.account_id, a.password_hash, a.locked_until FROM account a
   WHERE lower(a.email) = lower(address) AND a.closed_at IS NULL $$;
-- +goose StatementEnd
ALTER FUNCTION accounts_for_sign_in(text) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION accounts_for_sign_in(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_for_sign_in(text) TO tikklok_app;

CREATE TABLE api_key (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  api_key_id bigint GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL CONSTRAINT api_key_name_length CHECK (length(name) BETWEEN 1 AND 100),
  hash       bytea NOT NULL CONSTRAINT api_key_hash_length CHECK (length(hash) = 32), -- SHA-256 of the key
  scopes     text[] NOT NULL CONSTRAINT api_key_scopes_known CHECK (scopes <@ ARRAY['payroll', 'manage', 'read'] AND cardinality(scopes) > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used  timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, api_key_id)
);
CREATE UNIQUE INDEX api_key_hash_once ON api_key (hash);
SELECT isolate('api_key', 'SELECT, INSERT, UPDATE');
CREATE POLICY lookup ON api_key TO tikklok_lookup USING (true);
GRANT SELECT ON api_key TO tikklok_lookup;

-- +goose StatementBegin
CREATE FUNCTION api_key_by_hash(h bytea)
RETURNS TABLE (tenant_id bigint, api_key_id bigint, scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT k.tenant_id, k.api_key_id, k.scopes FROM api_key k WHERE k.hash = h AND k.revoked_at IS NULL $$;
-- +goose StatementEnd
ALTER FUNCTION api_key_by_hash(bytea) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION api_key_by_hash(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api_key_by_hash(bytea) TO tikklok_app;

-- Server-side sessions. A session is looked up before a tenant is known, so
-- this table is one of the listed exceptions to row-level security (I6); the
-- token is kept as its SHA-256 only.
CREATE TABLE session (
  token_hash bytea PRIMARY KEY CONSTRAINT session_hash_length CHECK (length(token_hash) = 32),
  data       bytea NOT NULL,
  expiry     timestamptz NOT NULL
);
CREATE INDEX session_expiry ON session (expiry);
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
