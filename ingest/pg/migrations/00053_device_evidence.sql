-- +goose Up
-- What a gateway last said of itself beside what the table gateway holds, and
-- what follows from it by comparison with what it said before (OB-H11).
CREATE TABLE gateway_told (
  tenant_id         bigint NOT NULL,
  gateway_id        bigint NOT NULL,
  told_at           timestamptz, -- NULL: it never told a state
  settings          bigint NOT NULL DEFAULT 0, -- version in use; 0: not told
  key_version       bigint NOT NULL DEFAULT 0, -- newest token key it has; 0: not told
  certificate_until timestamptz,
  month_bytes       bigint NOT NULL DEFAULT 0,
  uptime            bigint NOT NULL DEFAULT 0, -- seconds; 0: not told
  machine_uptime    bigint NOT NULL DEFAULT 0,
  booted_at         timestamptz, -- when the machine got power
  connections       bigint NOT NULL DEFAULT 0, -- since the program started
  lost              text NOT NULL DEFAULT '',  -- why the last connection ended, in the gateway's words
  signal            smallint NOT NULL DEFAULT 0, -- dBm; 0: not told
  unsent_since      timestamptz, -- since when what waits has not become less
  offline_since     timestamptz, -- NULL: online, or never was
  offline_how       text NOT NULL DEFAULT '' CONSTRAINT gateway_told_how CHECK (offline_how IN ('', 'will', 'goodbye', 'unheard')),
  PRIMARY KEY (tenant_id, gateway_id),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES gateway
) WITH (fillfactor = 70); -- rows are updated in place at every state
SELECT isolate('gateway_told', 'SELECT, DELETE', 'SELECT, INSERT, UPDATE');

-- One row an hour at most; older than a month one a day; gone after thirteen.
CREATE TABLE gateway_history (
  tenant_id   bigint NOT NULL,
  gateway_id  bigint NOT NULL,
  at          timestamptz NOT NULL, -- beginning of the hour
  unsent      bigint NOT NULL DEFAULT 0, -- the most
  signal      smallint NOT NULL DEFAULT 0, -- the weakest, dBm; 0: not told
  connections bigint NOT NULL DEFAULT 0, -- made in it
  bytes       bigint NOT NULL DEFAULT 0, -- sent and received in it
  PRIMARY KEY (tenant_id, gateway_id, at),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES gateway
);
SELECT isolate('gateway_history', 'SELECT, UPDATE, DELETE', 'SELECT, INSERT, UPDATE');

-- Each time a gateway was away or began anew, with what its return proved.
CREATE TABLE gateway_outage (
  tenant_id  bigint NOT NULL,
  gateway_id bigint NOT NULL,
  since      timestamptz NOT NULL,
  until      timestamptz NOT NULL,
  cause      text NOT NULL CONSTRAINT gateway_outage_cause CHECK (cause IN ('power', 'program', 'stopped', 'network', 'server', 'unknown')),
  PRIMARY KEY (tenant_id, gateway_id, since),
  CONSTRAINT gateway_outage_order CHECK (until >= since),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES gateway
);
SELECT isolate('gateway_outage', 'SELECT, DELETE', 'SELECT, INSERT');

ALTER TABLE gateway
  ADD COLUMN retired_at timestamptz, -- taken out of use, by a named person
  ADD COLUMN retired_by bigint,      -- account
  ADD COLUMN retired_reason text NOT NULL DEFAULT '' CONSTRAINT gateway_retired_reason_length CHECK (length(retired_reason) <= 500);

ALTER TABLE reader
  ADD COLUMN signal smallint NOT NULL DEFAULT 0, -- dBm of its radio; 0: a wire, or not told
  ADD COLUMN health_since timestamptz,
  ADD COLUMN listed_at timestamptz, -- when a gateway last named it in its state
  ADD COLUMN retired_at timestamptz,
  ADD COLUMN retired_by bigint,
  ADD COLUMN retired_reason text NOT NULL DEFAULT '' CONSTRAINT reader_retired_reason_length CHECK (length(retired_reason) <= 500),
  ADD COLUMN replaces bigint, -- the reader whose place it took (OB-H7)
  ADD CONSTRAINT reader_replaces FOREIGN KEY (tenant_id, replaces) REFERENCES reader;
GRANT UPDATE (signal, health_since, listed_at) ON reader TO tikklok_ingest;

CREATE TABLE reader_history (
  tenant_id bigint NOT NULL,
  reader_id bigint NOT NULL,
  at        timestamptz NOT NULL, -- beginning of the hour
  battery   smallint NOT NULL DEFAULT 0, -- the lowest, percent; 0: mains, or not told
  signal    smallint NOT NULL DEFAULT 0, -- the weakest, dBm
  stored    bigint NOT NULL DEFAULT 0,   -- the most
  PRIMARY KEY (tenant_id, reader_id, at),
  FOREIGN KEY (tenant_id, reader_id) REFERENCES reader
);
SELECT isolate('reader_history', 'SELECT, UPDATE, DELETE', 'SELECT, INSERT, UPDATE');

-- Devices on loan that hang nowhere (OB-H7): in use are those of gateway and
-- reader that were not retired.
CREATE TABLE hardware (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  hardware_id bigint GENERATED ALWAYS AS IDENTITY,
  kind        text NOT NULL CONSTRAINT hardware_kind_known CHECK (kind IN ('gateway', 'reader')),
  label       text NOT NULL CONSTRAINT hardware_label_length CHECK (length(label) BETWEEN 1 AND 100), -- serial number, or what it was called
  status      text NOT NULL CONSTRAINT hardware_status_known CHECK (status IN ('spare', 'in_use', 'defective', 'returned', 'lost')),
  reason      text NOT NULL DEFAULT '' CONSTRAINT hardware_reason_length CHECK (length(reason) <= 500),
  gateway_id  bigint, -- what it was, or is
  reader_id   bigint,
  since       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, hardware_id),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES gateway,
  FOREIGN KEY (tenant_id, reader_id) REFERENCES reader
);
SELECT isolate('hardware', 'SELECT, INSERT, UPDATE');

-- Signs of life of the processes that take batches in, so that a gateway that
-- is silent can be told from a server that does not listen. Of no tenant: it
-- says nothing of any.
CREATE TABLE server_heartbeat (
  server     text PRIMARY KEY CONSTRAINT server_heartbeat_server_length CHECK (length(server) BETWEEN 1 AND 100),
  started_at timestamptz NOT NULL,
  at         timestamptz NOT NULL,
  broker     text NOT NULL DEFAULT '', -- what is wrong with the broker; '': nothing
  hears      boolean NOT NULL DEFAULT false -- any gateway in the last quarter of an hour
);
GRANT SELECT, INSERT, UPDATE, DELETE ON server_heartbeat TO tikklok_ingest;
GRANT SELECT ON server_heartbeat TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
