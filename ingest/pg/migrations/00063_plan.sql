-- +goose Up
-- A planned shift as its newest version says. Times are UTC minutes since 1970.
CREATE TABLE plan_shift (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  shift_id    bigint GENERATED ALWAYS AS IDENTITY,
  employee_id bigint NOT NULL,
  site_id     bigint, -- NULL: any
  kind        text NOT NULL CONSTRAINT plan_shift_kind_known CHECK (kind IN ('work', 'call', 'standby')),
  from_at     bigint NOT NULL,
  to_at       bigint NOT NULL,
  break       int NOT NULL,
  withdrawn   boolean NOT NULL DEFAULT false,
  version     int NOT NULL,
  -- Of a shift that came from a calendar: SHA-256 of its UID, which of the
  -- event's occurrences it is, and the event's SEQUENCE (RFC 5545, 3.8.7.4).
  uid         bytea CONSTRAINT plan_shift_uid_length CHECK (length(uid) = 32),
  occurrence  bigint,
  sequence    int NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, shift_id),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  FOREIGN KEY (tenant_id, site_id) REFERENCES site,
  CONSTRAINT plan_shift_length CHECK (to_at > from_at AND to_at - from_at <= 1440),
  CONSTRAINT plan_shift_break_fits CHECK (break >= 0 AND break < to_at - from_at),
  -- The employee and the time as one range, so that it takes no extension.
  -- Deferred while a file is taken up: two shifts may change places.
  CONSTRAINT plan_shift_no_overlap EXCLUDE USING gist
    (int8range(employee_id * 4294967296 + from_at, employee_id * 4294967296 + to_at) WITH &&) WHERE (NOT withdrawn) DEFERRABLE INITIALLY IMMEDIATE
);
CREATE INDEX plan_shift_employee ON plan_shift (tenant_id, employee_id, from_at);
CREATE INDEX plan_shift_from ON plan_shift (tenant_id, from_at);
CREATE INDEX plan_shift_uid ON plan_shift (tenant_id, uid) WHERE uid IS NOT NULL;
SELECT isolate('plan_shift', 'SELECT, INSERT, UPDATE');

-- Every version of every shift, with who made it and when: what an employee
-- was told, and how long beforehand (Dutch Civil Code 7:628a).
CREATE TABLE plan_version (
  tenant_id   bigint NOT NULL,
  shift_id    bigint NOT NULL,
  version     int NOT NULL CONSTRAINT plan_version_positive CHECK (version > 0),
  employee_id bigint NOT NULL,
  site_id     bigint,
  kind        text NOT NULL,
  from_at     bigint NOT NULL,
  to_at       bigint NOT NULL,
  break       int NOT NULL,
  withdrawn   boolean NOT NULL,
  by_kind     text NOT NULL,
  by_id       bigint NOT NULL,
  made_at     bigint NOT NULL, -- Unix ms
  PRIMARY KEY (tenant_id, shift_id, version),
  FOREIGN KEY (tenant_id, shift_id) REFERENCES plan_shift
);
CREATE INDEX plan_version_employee ON plan_version (tenant_id, employee_id, from_at);
SELECT isolate('plan_version', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 'going back is restoring a backup';
