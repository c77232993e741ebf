-- +goose Up
-- One chain of hashes a tenant; entries are never changed. What is personal in
-- an entry stands salted in a side table that can be purged: the chain holds
-- only its hash, so removing it leaves neither a person nor a broken chain
-- (OB-C4, OB-P6).
CREATE TABLE audit_entry (
  tenant_id    bigint NOT NULL REFERENCES tenant,
  seq          bigint NOT NULL CONSTRAINT audit_seq_positive CHECK (seq > 0),
  at           timestamptz NOT NULL,
  action       text NOT NULL CONSTRAINT audit_action_length CHECK (length(action) BETWEEN 1 AND 60),
  subject_kind text NOT NULL,
  subject_id   bigint,
  actor_kind   text NOT NULL CONSTRAINT audit_actor_known CHECK (actor_kind IN ('account', 'api_key', 'gateway', 'system', 'operator')),
  actor_id     bigint,
  payload_hash bytea NOT NULL CONSTRAINT audit_payload_hash_length CHECK (length(payload_hash) = 32),
  previous     bytea NOT NULL CONSTRAINT audit_previous_length CHECK (length(previous) = 32),
  hash         bytea NOT NULL CONSTRAINT audit_hash_length CHECK (length(hash) = 32),
  PRIMARY KEY (tenant_id, seq)
);
SELECT isolate('audit_entry', 'SELECT, INSERT', 'SELECT, INSERT');

CREATE TABLE audit_payload (
  tenant_id bigint NOT NULL,
  seq       bigint NOT NULL,
  salt      bytea NOT NULL CONSTRAINT audit_salt_length CHECK (length(salt) = 16),
  payload   json NOT NULL, -- json, not jsonb: its very bytes are hashed
  PRIMARY KEY (tenant_id, seq),
  FOREIGN KEY (tenant_id, seq) REFERENCES audit_entry
);
SELECT isolate('audit_payload', 'SELECT, INSERT, DELETE', 'SELECT, INSERT');

-- Where each chain ends: the lock under which it grows, and how entries cut
-- off its end are found.
CREATE TABLE audit_head (
  tenant_id bigint PRIMARY KEY REFERENCES tenant,
  seq       bigint NOT NULL,
  hash      bytea NOT NULL CONSTRAINT audit_head_hash_length CHECK (length(hash) = 32)
);
SELECT isolate('audit_head', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT, UPDATE');

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;
-- +goose StatementEnd
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 'going back is restoring a backup';
