-- +goose Up
-- Which master key this database is sealed under, so that a lost or another one
-- is told before anything is written. The key itself never stands here.
CREATE TABLE master_key (
  fingerprint text PRIMARY KEY CONSTRAINT master_key_fingerprint CHECK (fingerprint ~ '^[0-9a-f]{16}$'),
  state       text NOT NULL CONSTRAINT master_key_state_known CHECK (state IN ('next', 'current')),
  since       timestamptz NOT NULL DEFAULT now(),
  swept       boolean NOT NULL DEFAULT false -- the tables below were written anew after their values were sealed
);
CREATE UNIQUE INDEX master_key_once ON master_key (state);

-- A tenant's data key, sealed under the master key whose fingerprint stands
-- before it (OB-P14).
CREATE TABLE data_key (
  tenant_id  bigint PRIMARY KEY REFERENCES tenant,
  sealed     bytea NOT NULL CONSTRAINT data_key_length CHECK (length(sealed) = 69),
  created_at timestamptz NOT NULL DEFAULT now()
);
SELECT isolate('data_key', 'SELECT, INSERT', 'SELECT');

-- A person's key, sealed under the data key: destroyed with the row, and with
-- it what it closed.
CREATE TABLE person_key (
  tenant_id   bigint NOT NULL,
  employee_id bigint NOT NULL,
  sealed      bytea NOT NULL CONSTRAINT person_key_length CHECK (length(sealed) = 61),
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, employee_id),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee
);
SELECT isolate('person_key', 'SELECT, INSERT');

-- The optional fields stand in the columns _sealed; the old ones hold only what
-- was not sealed yet: before this version's first start, or just imported.
ALTER TABLE employee ADD COLUMN first_name_sealed bytea, ADD COLUMN birth_date_sealed bytea;
ALTER TABLE employee
  ADD CONSTRAINT employee_first_name_once CHECK (first_name_sealed IS NULL OR first_name = ''),
  ADD CONSTRAINT employee_birth_date_once CHECK (birth_date_sealed IS NULL OR birth_date IS NULL);
CREATE INDEX employee_unsealed ON employee (tenant_id, employee_id) WHERE first_name <> '' OR birth_date IS NOT NULL;

-- Likewise the token keys.
ALTER TABLE token_key ALTER COLUMN secret DROP NOT NULL, ADD COLUMN secret_sealed bytea,
  ADD CONSTRAINT token_key_once CHECK (num_nonnulls(secret, secret_sealed) = 1);
GRANT UPDATE (secret, secret_sealed) ON token_key TO tikklok_app;

-- A birth date that is sealed and nothing else changes no finding.
DROP TRIGGER birth_date_changed ON employee;
CREATE TRIGGER birth_date_changed AFTER UPDATE OF birth_date, birth_date_sealed ON employee FOR EACH ROW
  WHEN ((OLD.birth_date IS DISTINCT FROM NEW.birth_date OR OLD.birth_date_sealed IS DISTINCT FROM NEW.birth_date_sealed)
    AND (OLD.birth_date IS NULL OR NEW.birth_date_sealed IS NULL)) EXECUTE FUNCTION note_birth_date();

-- +goose Down
SELECT 'going back is restoring a backup';
