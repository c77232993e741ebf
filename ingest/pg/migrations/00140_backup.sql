-- +goose Up
-- Where backups go and how it stands with each place (OB-C8, OB-C9). Of the whole
-- installation: nothing in it is any tenant's. The places themselves are what
-- counts; this is what pages show of them, and the owner alone writes it.
CREATE TABLE backup_place (
  place       text PRIMARY KEY CONSTRAINT backup_place_name_length CHECK (length(place) BETWEEN 1 AND 31),
  kind        text NOT NULL CONSTRAINT backup_place_kind_known CHECK (kind IN ('folder', 'sftp')),
  region      text NOT NULL CONSTRAINT backup_place_region_known CHECK (region IN ('', 'NL', 'EU', 'EEA', 'other')),
  operator    text NOT NULL CONSTRAINT backup_place_operator_known CHECK (operator IN ('', 'NL', 'EU', 'EEA', 'other')),
  since       timestamptz NOT NULL,
  seen_at     timestamptz,               -- when it last answered
  tried_at    timestamptz,               -- when a set was last begun
  problem     text NOT NULL DEFAULT '' CONSTRAINT backup_place_problem_known
              CHECK (problem IN ('', 'refused', 'unreachable', 'full', 'key', 'damaged', 'database', 'tools', 'failed')),
  problem_at  timestamptz,
  log_until   timestamptz,               -- when its last segment of the log arrived
  log_name    text NOT NULL DEFAULT '',
  log_problem text NOT NULL DEFAULT '' CONSTRAINT backup_place_log_problem_known
              CHECK (log_problem IN ('', 'hole', 'behind', 'stopped', 'none')),
  waiting     bigint NOT NULL DEFAULT 0 CONSTRAINT backup_place_waiting_bytes CHECK (waiting >= 0),
  gone_at     timestamptz                -- since when it is no longer asked for
);
GRANT SELECT ON backup_place TO tikklok_app;

CREATE TABLE backup_set (
  place      text NOT NULL REFERENCES backup_place,
  set        text NOT NULL CONSTRAINT backup_set_name_form CHECK (set ~ '^[0-9]{8}T[0-9]{6}Z$'),
  kind       text NOT NULL CONSTRAINT backup_set_kind_known CHECK (kind IN ('base', 'dump')),
  began_at   timestamptz NOT NULL,
  ended_at   timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  bytes      bigint NOT NULL CONSTRAINT backup_set_bytes_positive CHECK (bytes > 0),
  plain      bigint NOT NULL,
  sha256     text NOT NULL CONSTRAINT backup_set_hash_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  key        text NOT NULL,
  gone_at    timestamptz,                -- when it was removed, or was first missed
  expired    boolean NOT NULL DEFAULT false,
  PRIMARY KEY (place, set),
  CONSTRAINT backup_set_time CHECK (ended_at >= began_at AND expires_at > began_at)
);
GRANT SELECT ON backup_set TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
