-- +goose Up
CREATE TABLE site (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  site_id    bigint GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL CONSTRAINT site_name_length CHECK (length(name) BETWEEN 1 AND 100),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, site_id),
  CONSTRAINT site_name_once UNIQUE (tenant_id, name)
);
SELECT isolate('site', 'SELECT, INSERT, UPDATE', 'SELECT');

-- A gateway's id is of the whole service: it is its topic, the common name of
-- its certificate, and its origin (below 2^32, see gateway/wire).
CREATE TABLE gateway (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  gateway_id  bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT gateway_id_range CHECK (gateway_id < 4294967296),
  site_id     bigint NOT NULL,
  name        text NOT NULL CONSTRAINT gateway_name_length CHECK (length(name) BETWEEN 1 AND 100),
  certificate bytea NOT NULL DEFAULT '', -- SHA-256 of the certificate it may use (DER)
  online      boolean NOT NULL DEFAULT false,
  software    text NOT NULL DEFAULT '',
  clock       text NOT NULL DEFAULT '',
  unsent      bigint NOT NULL DEFAULT 0,
  damaged     bigint NOT NULL DEFAULT 0,
  last_heard  timestamptz,
  revoked_at  timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, gateway_id),
  CONSTRAINT gateway_id_once UNIQUE (gateway_id),
  CONSTRAINT gateway_name_once UNIQUE (tenant_id, name),
  FOREIGN KEY (tenant_id, site_id) REFERENCES site
);
SELECT isolate('gateway', 'SELECT, INSERT, UPDATE', 'SELECT, UPDATE (online, software, clock, unsent, damaged, last_heard)');
CREATE POLICY lookup ON gateway TO tikklok_lookup USING (true);
GRANT SELECT ON gateway TO tikklok_lookup;

-- Whose gateway is this, before a tenant is known (I6).
-- +goose StatementBegin
CREATE FUNCTION gateway_by_id(id bigint)
RETURNS TABLE (tenant_id bigint, site_id bigint, certificate bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT g.tenant_id, g.site_id, g.certificate FROM gateway g WHERE g.gateway_id = id AND g.revoked_at IS NULL $$;
-- +goose StatementEnd
ALTER FUNCTION gateway_by_id(bigint) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION gateway_by_id(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gateway_by_id(bigint) TO tikklok_app, tikklok_ingest;

-- Which origins may be submitted from where (I1): a gateway's own origin by
-- that gateway only, a reader's by every gateway of its site.
CREATE TABLE origin (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  origin     bigint NOT NULL CONSTRAINT origin_positive CHECK (origin > 0),
  site_id    bigint NOT NULL,
  gateway_id bigint, -- NULL: a reader with memory
  bound_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, origin),
  CONSTRAINT origin_kind CHECK ((origin < 4294967296) = (gateway_id IS NOT NULL)),
  FOREIGN KEY (tenant_id, site_id) REFERENCES site
);
SELECT isolate('origin', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT');

CREATE TABLE reader (
  tenant_id       bigint NOT NULL REFERENCES tenant,
  reader_id       bigint GENERATED ALWAYS AS IDENTITY,
  site_id         bigint NOT NULL,
  origin          bigint NOT NULL, -- its own, or that of its gateway
  key             text NOT NULL CONSTRAINT reader_key_length CHECK (length(key) <= 64), -- name at the gateway; '': the origin is the reader
  name            text NOT NULL CONSTRAINT reader_name_length CHECK (length(name) BETWEEN 1 AND 100),
  mode            text NOT NULL DEFAULT 'toggle' CONSTRAINT reader_mode_known CHECK (mode IN ('toggle', 'in', 'out', 'break')),
  protocol        text NOT NULL DEFAULT '',
  firmware        text NOT NULL DEFAULT '',
  health          text NOT NULL DEFAULT '',
  battery_percent smallint NOT NULL DEFAULT 0,
  stored          bigint NOT NULL DEFAULT 0,
  last_contact    timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, reader_id),
  CONSTRAINT reader_key_once UNIQUE (tenant_id, origin, key),
  FOREIGN KEY (tenant_id, site_id) REFERENCES site
);
SELECT isolate('reader', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT, UPDATE (protocol, firmware, health, battery_percent, stored, last_contact)');

-- OB-H1: issued to one employee at a time, history kept.
CREATE TABLE fob (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  fob_id     bigint GENERATED ALWAYS AS IDENTITY,
  label      text NOT NULL CONSTRAINT fob_label_length CHECK (length(label) BETWEEN 1 AND 40), -- what is written on it; never its number
  design     smallint NOT NULL DEFAULT 1, -- OB-H8
  status     text NOT NULL DEFAULT 'in_stock' CONSTRAINT fob_status_known CHECK (status IN ('in_stock', 'issued', 'lost', 'blocked', 'returned')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, fob_id),
  CONSTRAINT fob_label_once UNIQUE (tenant_id, label)
);
SELECT isolate('fob', 'SELECT, INSERT, UPDATE', 'SELECT');

-- One fob can have several tokens; one token never two fobs (I7).
CREATE TABLE fob_token (
  tenant_id   bigint NOT NULL,
  key_version smallint NOT NULL,
  token       bytea NOT NULL CONSTRAINT fob_token_length CHECK (length(token) = 8),
  fob_id      bigint NOT NULL,
  PRIMARY KEY (tenant_id, key_version, token),
  FOREIGN KEY (tenant_id, fob_id) REFERENCES fob
);
SELECT isolate('fob_token', 'SELECT, INSERT', 'SELECT');

CREATE TABLE fob_issue (
  tenant_id   bigint NOT NULL,
  fob_id      bigint NOT NULL,
  employee_id bigint NOT NULL,
  issued_at   timestamptz NOT NULL,
  returned_at timestamptz, -- NULL: still held; also set when lost or blocked
  FOREIGN KEY (tenant_id, fob_id) REFERENCES fob,
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  CONSTRAINT fob_issue_order CHECK (returned_at IS NULL OR returned_at >= issued_at),
  CONSTRAINT fob_one_holder EXCLUDE USING gist (
    int8range(tenant_id, tenant_id, '[]') WITH &&,
    int8range(fob_id, fob_id, '[]') WITH &&,
    tstzrange(issued_at, returned_at) WITH &&)
);
CREATE INDEX fob_issue_employee ON fob_issue (tenant_id, employee_id);
SELECT isolate('fob_issue', 'SELECT, INSERT, UPDATE');

-- +goose Down
SELECT 'going back is restoring a backup';
