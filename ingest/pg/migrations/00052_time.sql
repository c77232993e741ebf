-- +goose Up
-- When a pair arrived is what the server's own clock says of it (I4). Pairs
-- from before this was kept have none.
ALTER TABLE time_pair ADD COLUMN arrived timestamptz;
ALTER TABLE time_pair ALTER COLUMN arrived SET DEFAULT now();

-- Pairs that are not taken at their word. Derived from all pairs of the epoch,
-- and made again with each that comes (I3).
CREATE TABLE time_pair_doubt (
  tenant_id bigint NOT NULL REFERENCES tenant,
  origin    bigint NOT NULL,
  epoch     bigint NOT NULL,
  tick      bigint NOT NULL,
  instant   bigint NOT NULL,
  source    smallint NOT NULL,
  doubt     text NOT NULL CONSTRAINT time_pair_doubt_known CHECK (doubt IN ('future', 'past', 'contradiction', 'contested')),
  widen     bigint NOT NULL CONSTRAINT time_pair_doubt_widens CHECK (widen >= 0), -- ms added to the bound; 0: the pair does not count
  found_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, origin, epoch, tick, instant, source)
);
SELECT isolate('time_pair_doubt', 'SELECT, INSERT, DELETE');

-- What is believed: what instants are made of.
CREATE VIEW believed_pair WITH (security_invoker = true) AS
  SELECT p.tenant_id, p.origin, p.epoch, p.tick, p.instant, p.bound + COALESCE(d.widen, 0) AS bound, p.source, p.txn, p.arrived
  FROM time_pair p
  LEFT JOIN time_pair_doubt d ON d.tenant_id = p.tenant_id AND d.origin = p.origin AND d.epoch = p.epoch
    AND d.tick = p.tick AND d.instant = p.instant AND d.source = p.source
  WHERE p.source < 3 AND (d.widen IS NULL OR d.widen > 0);
GRANT SELECT ON believed_pair TO tikklok_app;

-- Taps of epochs that never knew the time: a pair of a neighbouring epoch moves
-- them.
CREATE INDEX punch_unknown ON punch (tenant_id, origin) WHERE known IN ('arrival', 'bounded');

-- +goose Down
SELECT 'going back is restoring a backup';
