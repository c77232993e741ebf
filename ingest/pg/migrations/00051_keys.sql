-- +goose Up
-- A tenant's token key is replaced while gateways are away (I7): the next one
-- is handed out beside the current one until a person finishes the rotation;
-- former ones stay, because what was tapped under them keeps its token.
ALTER TABLE token_key
  ADD COLUMN state text NOT NULL DEFAULT 'former' CONSTRAINT token_key_state_known CHECK (state IN ('next', 'current', 'former')),
  ADD COLUMN since timestamptz NOT NULL DEFAULT now();
UPDATE token_key k SET state = 'current' WHERE version = (SELECT max(version) FROM token_key WHERE tenant_id = k.tenant_id);
ALTER TABLE token_key ALTER COLUMN state DROP DEFAULT;
CREATE UNIQUE INDEX token_key_one_current ON token_key (tenant_id) WHERE state = 'current';
CREATE UNIQUE INDEX token_key_one_next ON token_key (tenant_id) WHERE state = 'next';
GRANT UPDATE (state, since) ON token_key TO tikklok_app;
-- Ingest seals them to each gateway's certificate.
CREATE POLICY tenant_ingest ON token_key TO tikklok_ingest USING (tenant_id = ANY ((SELECT current_tenants())::bigint[])) WITH CHECK (tenant_id = ANY ((SELECT current_tenants())::bigint[]));
GRANT SELECT ON token_key TO tikklok_ingest;

-- The same fob under two versions of the key, as a gateway saw it: a row for
-- each direction, so that one index answers both and none is taken for another.
-- The twins of a fob that nobody registered yet wait here for whoever does.
CREATE TABLE token_twin (
  tenant_id    bigint NOT NULL REFERENCES tenant,
  version      smallint NOT NULL,
  token        bytea NOT NULL CONSTRAINT token_twin_length CHECK (length(token) = 8 AND length(twin_token) = 8),
  twin_version smallint NOT NULL CONSTRAINT token_twin_apart CHECK (twin_version <> version),
  twin_token   bytea NOT NULL,
  gateway_id   bigint NOT NULL,
  at           timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, version, token, twin_version)
);
CREATE INDEX token_twin_gateway ON token_twin (gateway_id);
SELECT isolate('token_twin', 'SELECT', 'SELECT, INSERT');

-- Two fobs of one token, or a gateway that lies: never silently.
CREATE TABLE twin_conflict (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  conflict_id bigint GENERATED ALWAYS AS IDENTITY,
  old_version smallint NOT NULL,
  old_token   bytea NOT NULL,
  new_version smallint NOT NULL,
  new_token   bytea NOT NULL,
  gateway_id  bigint NOT NULL,
  at          timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz,
  PRIMARY KEY (tenant_id, conflict_id),
  CONSTRAINT twin_conflict_once UNIQUE (tenant_id, gateway_id, old_version, old_token, new_version, new_token)
);
SELECT isolate('twin_conflict', 'SELECT, UPDATE (resolved_at)', 'SELECT, INSERT');

GRANT INSERT ON fob_token TO tikklok_ingest;

-- What gateways should be set to: one of them, or all (gateway_id 0). NULL: as
-- for all, or as the program was built.
CREATE TABLE gateway_wish (
  tenant_id     bigint NOT NULL REFERENCES tenant,
  gateway_id    bigint NOT NULL,
  blocked_hours int,
  flush_ms      int,
  keep_alive_s  int,
  month_bytes   bigint,
  state_minutes int,
  PRIMARY KEY (tenant_id, gateway_id),
  CONSTRAINT gateway_wish_range CHECK (blocked_hours BETWEEN 1 AND 168 AND flush_ms BETWEEN 50 AND 600000
    AND keep_alive_s BETWEEN 30 AND 7200 AND month_bytes BETWEEN 100000 AND 1000000000000 AND state_minutes BETWEEN 1 AND 1440)
);
SELECT isolate('gateway_wish', 'SELECT, INSERT, UPDATE', 'SELECT');

-- The version of what each gateway should know, and what it last said to use.
-- It rises whenever the content changes, on every replica alike, and above what
-- a gateway says after a backup was restored here.
CREATE TABLE gateway_desired (
  tenant_id    bigint NOT NULL REFERENCES tenant,
  gateway_id   bigint NOT NULL,
  version      bigint NOT NULL DEFAULT 0,
  digest       bytea NOT NULL DEFAULT '', -- SHA-256 of the content
  ring         bytea NOT NULL DEFAULT '', -- SHA-256 of the key ring
  ring_version bigint NOT NULL DEFAULT 0, -- of the settings that first had this ring
  reported     bigint NOT NULL DEFAULT 0, -- version in use there
  reported_key int NOT NULL DEFAULT 0,    -- newest token key there
  PRIMARY KEY (tenant_id, gateway_id)
) WITH (fillfactor = 80);
SELECT isolate('gateway_desired', 'SELECT', 'SELECT, INSERT, UPDATE');
DROP TABLE gateway_settings;

-- +goose Down
SELECT 'going back is restoring a backup';
