-- +goose Up
-- Where approved hours leave to (I8). The settings are those of the format.
CREATE TABLE payroll_destination (
  tenant_id      bigint NOT NULL REFERENCES tenant,
  destination_id bigint GENERATED ALWAYS AS IDENTITY,
  name           text NOT NULL CONSTRAINT payroll_destination_name_length CHECK (length(name) BETWEEN 1 AND 100),
  format         text NOT NULL,
  settings       jsonb NOT NULL DEFAULT '{}' CONSTRAINT payroll_settings_object CHECK (jsonb_typeof(settings) = 'object'),
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, destination_id),
  CONSTRAINT payroll_destination_name_once UNIQUE (tenant_id, name)
);
SELECT isolate('payroll_destination', 'SELECT, INSERT, UPDATE');

-- Our pay code → the package's component; every change is a new version.
CREATE TABLE payroll_code_map (
  tenant_id      bigint NOT NULL,
  destination_id bigint NOT NULL,
  version        int NOT NULL CONSTRAINT payroll_code_map_version_positive CHECK (version > 0),
  codes          jsonb NOT NULL CONSTRAINT payroll_codes_object CHECK (jsonb_typeof(codes) = 'object'),
  by_kind        text NOT NULL,
  by_id          bigint NOT NULL,
  at             timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, destination_id, version),
  FOREIGN KEY (tenant_id, destination_id) REFERENCES payroll_destination
);
SELECT isolate('payroll_code_map', 'SELECT, INSERT');

-- The register of runs. A run is never deleted: a void one stays, with its
-- reason. Its key names its manifest outside the database.
CREATE TABLE payroll_run (
  tenant_id      bigint NOT NULL,
  run_id         bigint GENERATED ALWAYS AS IDENTITY,
  key            text NOT NULL CONSTRAINT payroll_run_key_length CHECK (length(key) >= 20),
  destination_id bigint NOT NULL,
  format         text NOT NULL,
  period_from    date NOT NULL,
  period_to      date NOT NULL,
  map_version    int NOT NULL,
  state          text NOT NULL DEFAULT 'prepared' CONSTRAINT payroll_run_state_known CHECK (state IN ('prepared', 'created', 'void')),
  by_kind        text NOT NULL,
  by_id          bigint NOT NULL,
  at             timestamptz NOT NULL,
  extension      text NOT NULL,
  media_type     text NOT NULL,
  sha256         bytea NOT NULL CONSTRAINT payroll_run_sha256_length CHECK (length(sha256) = 32),
  bytes          bigint NOT NULL,
  people         int NOT NULL,
  lines          int NOT NULL,
  totals         jsonb NOT NULL, -- control totals per code, as sent
  pulled_at      timestamptz,
  void_kind      text,
  void_id        bigint,
  void_at        timestamptz,
  void_reason    text,
  PRIMARY KEY (tenant_id, run_id),
  CONSTRAINT payroll_run_key_once UNIQUE (tenant_id, key),
  CONSTRAINT payroll_run_period CHECK (period_from <= period_to),
  CONSTRAINT payroll_run_void_said CHECK ((state = 'void') = (void_at IS NOT NULL AND void_kind IS NOT NULL AND length(void_reason) BETWEEN 1 AND 500)),
  FOREIGN KEY (tenant_id, destination_id) REFERENCES payroll_destination,
  FOREIGN KEY (tenant_id, destination_id, map_version) REFERENCES payroll_code_map
);
SELECT isolate('payroll_run', 'SELECT, INSERT, UPDATE (state, pulled_at, void_kind, void_id, void_at, void_reason)');

-- The very bytes: beside the register, so that listing it reads none of them.
CREATE TABLE payroll_file (
  tenant_id bigint NOT NULL,
  run_id    bigint NOT NULL,
  body      bytea NOT NULL,
  PRIMARY KEY (tenant_id, run_id),
  FOREIGN KEY (tenant_id, run_id) REFERENCES payroll_run
);
SELECT isolate('payroll_file', 'SELECT, INSERT');

-- What each run sent, with its decimals: the next correction is
-- decimal(new total) − decimal(sent) (I8).
CREATE TABLE payroll_line (
  tenant_id      bigint NOT NULL,
  run_id         bigint NOT NULL,
  destination_id bigint NOT NULL,
  line_id        bigint NOT NULL,
  employee_id    bigint NOT NULL,
  period_from    date NOT NULL,
  period_to      date NOT NULL,
  day            date NOT NULL,
  code           text NOT NULL,
  component      text NOT NULL, -- what it was sent as
  minutes        int NOT NULL,
  hundredths     int NOT NULL, -- hours × 100 as sent
  site           text NOT NULL DEFAULT '',
  cost_centre    text NOT NULL DEFAULT '',
  assignment     text NOT NULL DEFAULT '',
  corrects       bigint NOT NULL DEFAULT 0,
  reversed_at    timestamptz, -- its run was declared void
  PRIMARY KEY (tenant_id, run_id, line_id),
  FOREIGN KEY (tenant_id, run_id) REFERENCES payroll_run
);
-- An approved line leaves in exactly one run per destination that is not void (I8).
CREATE UNIQUE INDEX payroll_line_once ON payroll_line (tenant_id, destination_id, line_id) WHERE reversed_at IS NULL;
CREATE INDEX payroll_line_total ON payroll_line (tenant_id, destination_id, employee_id, period_from) WHERE reversed_at IS NULL;
CREATE INDEX payroll_line_day ON payroll_line (tenant_id, destination_id, day) WHERE reversed_at IS NULL;
SELECT isolate('payroll_line', 'SELECT, INSERT, UPDATE (reversed_at)');

-- +goose Down
SELECT 'going back is restoring a backup';
