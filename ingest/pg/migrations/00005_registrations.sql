-- +goose Up
-- What has been seen of each stream: the authority on names (I1). Kept as
-- long as the contract lasts; no person is in it.
CREATE TABLE origin_progress (
  tenant_id        bigint NOT NULL REFERENCES tenant,
  origin           bigint NOT NULL,
  epoch            bigint NOT NULL, -- 64 random bits, as a signed number
  seen             int8multirange NOT NULL DEFAULT '{}',
  highest          bigint NOT NULL DEFAULT 0, -- highest durable seq that any device claimed
  predecessor      bigint NOT NULL DEFAULT 0,
  predecessor_last bigint NOT NULL DEFAULT 0,
  started          boolean NOT NULL DEFAULT false, -- the epoch's start has been told
  tolerance_ppm    int NOT NULL DEFAULT 0,
  first_heard      timestamptz NOT NULL DEFAULT now(),
  last_heard       timestamptz NOT NULL DEFAULT now(),
  holed_since      timestamptz, -- NULL: nothing is missing up to highest
  PRIMARY KEY (tenant_id, origin, epoch)
) WITH (fillfactor = 50); -- rows are updated in place at every commit
SELECT isolate('origin_progress', 'SELECT', 'SELECT, INSERT, UPDATE');

-- Which gateway heard a stream, and how far: whom to ask for a hole (I2).
CREATE TABLE origin_heard (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  origin     bigint NOT NULL,
  epoch      bigint NOT NULL,
  gateway_id bigint NOT NULL,
  highest    bigint NOT NULL DEFAULT 0,
  missing    int8multirange NOT NULL DEFAULT '{}', -- asked for, and not held there
  last_heard timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, origin, epoch, gateway_id)
) WITH (fillfactor = 50);
SELECT isolate('origin_heard', 'SELECT', 'SELECT, INSERT, UPDATE');

-- A named person gave up a hole or an unknown tail, with a reason (I2).
CREATE TABLE hole_given_up (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  origin     bigint NOT NULL,
  epoch      bigint NOT NULL,
  seqs       int8range NOT NULL CONSTRAINT hole_not_empty CHECK (NOT isempty(seqs)), -- unbounded above: an unknown tail
  reason     text NOT NULL CONSTRAINT hole_reason_length CHECK (length(reason) BETWEEN 1 AND 500),
  account_id bigint NOT NULL,
  at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hole_given_up_stream ON hole_given_up (tenant_id, origin, epoch);
SELECT isolate('hole_given_up', 'SELECT, INSERT', 'SELECT');

-- Registrations hold what the device said, nothing computed (I3). No unique
-- key: the names live in origin_progress (I1), and a unique key would have to
-- contain the partition's month.
CREATE TABLE registration (
  tenant_id   bigint NOT NULL,
  origin      bigint NOT NULL,
  epoch       bigint NOT NULL,
  seq         bigint NOT NULL CONSTRAINT registration_seq_positive CHECK (seq > 0),
  tick        bigint NOT NULL CONSTRAINT registration_tick_range CHECK (tick >= 0), -- ms since the epoch began
  wall        bigint NOT NULL, -- Unix ms; 0: the device has no wall clock
  gap         bigint NOT NULL DEFAULT 0, -- ms the tap may be older than its tick says
  reader_id   bigint NOT NULL,
  key_version smallint NOT NULL,
  token       bytea NOT NULL CONSTRAINT registration_token_length CHECK (length(token) = 8),
  arrived     timestamptz NOT NULL DEFAULT now(),
  txn         bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint -- which commit brought it: nothing that is read after it is missed
) PARTITION BY RANGE (arrived);
CREATE INDEX registration_name ON registration (tenant_id, origin, epoch, seq);
CREATE INDEX registration_token ON registration (tenant_id, token);
CREATE INDEX registration_txn ON registration USING brin (txn) WITH (pages_per_range = 16);
SELECT isolate('registration', 'SELECT', 'SELECT, INSERT');
CREATE TABLE registration_default PARTITION OF registration DEFAULT;

-- Append-only instants of ticks (I4).
CREATE TABLE time_pair (
  tenant_id bigint NOT NULL,
  origin    bigint NOT NULL,
  epoch     bigint NOT NULL,
  tick      bigint NOT NULL,
  instant   bigint NOT NULL, -- Unix ms
  bound     bigint NOT NULL, -- ms
  source    smallint NOT NULL CONSTRAINT time_pair_source_known CHECK (source BETWEEN 1 AND 3),
  gateway_id bigint NOT NULL, -- who brought it
  txn       bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint,
  PRIMARY KEY (tenant_id, origin, epoch, tick, instant, source)
);
CREATE INDEX time_pair_txn ON time_pair USING brin (txn) WITH (pages_per_range = 16);
SELECT isolate('time_pair', 'SELECT', 'SELECT, INSERT');

-- The same name with other bytes: never dropped, never paid (I1).
CREATE TABLE name_conflict (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  conflict_id bigint GENERATED ALWAYS AS IDENTITY,
  origin      bigint NOT NULL,
  epoch       bigint NOT NULL,
  seq         bigint NOT NULL,
  tick        bigint NOT NULL,
  wall        bigint NOT NULL,
  key_version smallint NOT NULL,
  token       bytea NOT NULL,
  reader_id   bigint NOT NULL,
  gateway_id  bigint NOT NULL,
  at          timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz,
  PRIMARY KEY (tenant_id, conflict_id),
  CONSTRAINT name_conflict_once UNIQUE (tenant_id, origin, epoch, seq, tick, key_version, token)
);
SELECT isolate('name_conflict', 'SELECT, UPDATE (resolved_at)', 'SELECT, INSERT');

-- What could not be understood or stored, byte for byte.
CREATE TABLE quarantine (
  tenant_id     bigint NOT NULL REFERENCES tenant,
  quarantine_id bigint GENERATED ALWAYS AS IDENTITY,
  gateway_id    bigint NOT NULL,
  crc           bigint NOT NULL, -- CRC-32C of the payload: how the receipt names it
  payload       bytea NOT NULL,
  reason        text NOT NULL,
  at            timestamptz NOT NULL DEFAULT now(),
  resolved_at   timestamptz,
  PRIMARY KEY (tenant_id, quarantine_id)
);
-- By the bytes themselves: two payloads can share a CRC.
CREATE UNIQUE INDEX quarantine_once ON quarantine (tenant_id, gateway_id, sha256(payload));
SELECT isolate('quarantine', 'SELECT, UPDATE (resolved_at)', 'SELECT, INSERT');

-- Partitions by month of arrival are made ahead of time by whoever serves;
-- the default partition only catches what a sleeping clock would lose, and
-- gives it up when its month is made.
-- +goose StatementBegin
CREATE FUNCTION registration_month(month date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part      text := 'registration_' || to_char(month, 'YYYY_MM');
  first_day timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
  day_after timestamptz := (date_trunc('month', month) + interval '1 month')::timestamp AT TIME ZONE 'UTC';
BEGIN
  PERFORM pg_advisory_xact_lock(7414656);
  IF to_regclass(part) IS NOT NULL THEN
    RETURN;
  END IF;
  IF NOT EXISTS (SELECT FROM registration_default WHERE arrived >= first_day AND arrived < day_after) THEN
    EXECUTE format('CREATE TABLE %I PARTITION OF registration FOR VALUES FROM (%L) TO (%L)', part, first_day, day_after);
    RETURN;
  END IF;
  LOCK TABLE registration IN SHARE ROW EXCLUSIVE MODE; -- commits wait
  EXECUTE format('CREATE TABLE %I (LIKE registration INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
  EXECUTE format('WITH late AS (DELETE FROM registration_default WHERE arrived >= $1 AND arrived < $2 RETURNING *)
    INSERT INTO %I SELECT * FROM late', part) USING first_day, day_after;
  EXECUTE format('ALTER TABLE registration ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, first_day, day_after);
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION registration_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registration_month(date) TO tikklok_ingest;
SELECT registration_month(d::date) FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'), now() + interval '2 months', interval '1 month') d;

-- +goose Down
SELECT 'going back is restoring a backup';
