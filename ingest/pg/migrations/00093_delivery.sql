-- +goose Up
-- How runs get to a destination by themselves, beside being pulled. What is
-- secret in it is sealed under a key that stands outside the database, so that
-- a dump of it opens nobody's server.
CREATE TABLE delivery_channel (
  tenant_id      bigint NOT NULL,
  channel_id     bigint GENERATED ALWAYS AS IDENTITY,
  destination_id bigint NOT NULL,
  kind           text NOT NULL CONSTRAINT delivery_channel_kind_known CHECK (kind IN ('sftp', 'webhook', 'setu')),
  settings       jsonb NOT NULL CONSTRAINT delivery_channel_settings_object CHECK (jsonb_typeof(settings) = 'object'),
  secrets        bytea NOT NULL,
  since          timestamptz NOT NULL, -- of runs made from then on
  off_at         timestamptz, -- not used since; NULL: in use
  PRIMARY KEY (tenant_id, channel_id),
  CONSTRAINT delivery_channel_once UNIQUE (tenant_id, destination_id, kind),
  FOREIGN KEY (tenant_id, destination_id) REFERENCES payroll_destination
);
SELECT isolate('delivery_channel', 'SELECT, INSERT, UPDATE (settings, secrets, since, off_at)');

-- The outbox: what is to be told or brought to whom, and how it ended. It is
-- worked from and looked at; there is no second list of jobs that would have
-- to agree with it.
CREATE TABLE delivery (
  tenant_id   bigint NOT NULL,
  delivery_id bigint GENERATED ALWAYS AS IDENTITY,
  channel_id  bigint NOT NULL,
  run_id      bigint NOT NULL,
  event       text NOT NULL CONSTRAINT delivery_event_known CHECK (event IN ('run.ready', 'run.void')),
  key         text NOT NULL DEFAULT 'msg_' || replace(gen_random_uuid()::text, '-', ''), -- the same at each attempt
  state       text NOT NULL DEFAULT 'waiting' CONSTRAINT delivery_state_known CHECK (state IN ('waiting', 'done', 'uncertain', 'given_up', 'withdrawn')),
  made_at     timestamptz NOT NULL,
  due_at      timestamptz NOT NULL, -- of the next attempt
  attempts    int NOT NULL DEFAULT 0,
  accepted    int NOT NULL DEFAULT 0, -- of its requests, where it takes several
  settled     int NOT NULL DEFAULT 0, -- attempts of which a person has said that they came to nothing
  ended_at    timestamptz,
  by_kind     text, -- who ended it, or had it sent again
  by_id       bigint,
  reason      text NOT NULL DEFAULT '' CONSTRAINT delivery_reason_length CHECK (length(reason) <= 500),
  PRIMARY KEY (tenant_id, delivery_id),
  CONSTRAINT delivery_once UNIQUE (tenant_id, channel_id, run_id, event),
  CONSTRAINT delivery_ended CHECK ((ended_at IS NULL) = (state IN ('waiting', 'uncertain'))),
  CONSTRAINT delivery_given_up_said CHECK (state <> 'given_up' OR by_kind IS NOT NULL AND reason <> ''),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES delivery_channel,
  FOREIGN KEY (tenant_id, run_id) REFERENCES payroll_run
);
CREATE INDEX delivery_due ON delivery (tenant_id, due_at) WHERE state = 'waiting';
CREATE INDEX delivery_run ON delivery (tenant_id, run_id);
SELECT isolate('delivery', 'SELECT, INSERT, UPDATE (state, due_at, attempts, accepted, settled, ended_at, by_kind, by_id, reason)');

-- Each attempt, committed when it begins: one that the server did not live to
-- end is seen.
CREATE TABLE delivery_attempt (
  tenant_id   bigint NOT NULL,
  delivery_id bigint NOT NULL,
  attempt     int NOT NULL CONSTRAINT delivery_attempt_counts CHECK (attempt > 0),
  started_at  timestamptz NOT NULL,
  shown_at    timestamptz, -- the step that the other end acts upon was about to be taken, and is not known to have failed
  ended_at    timestamptz,
  outcome     text NOT NULL DEFAULT '' CONSTRAINT delivery_attempt_outcome_known CHECK (outcome IN ('', 'done', 'failed', 'uncertain', 'interrupted')),
  status      int NOT NULL DEFAULT 0, -- of HTTP; 0: none
  answer      text NOT NULL DEFAULT '' CONSTRAINT delivery_attempt_answer_length CHECK (length(answer) <= 300), -- the beginning of what the other end said
  detail      text NOT NULL DEFAULT '' CONSTRAINT delivery_attempt_detail_length CHECK (length(detail) <= 500), -- what failed
  PRIMARY KEY (tenant_id, delivery_id, attempt),
  CONSTRAINT delivery_attempt_ended CHECK ((ended_at IS NULL) = (outcome = '')),
  FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery
);
SELECT isolate('delivery_attempt', 'SELECT, INSERT, UPDATE (shown_at, ended_at, outcome, status, answer, detail)');

-- +goose Down
SELECT 'going back is restoring a backup';
