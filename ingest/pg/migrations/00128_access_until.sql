-- +goose Up
-- The moment from which nobody of a tenant gets in any more: the contract says
-- how long people still read after its end, whether or not the data has gone by
-- then (OB-P4, OB-P5). Ends that were planned before get it by their own terms.
ALTER TABLE tenant_ending ADD COLUMN access_until timestamptz;
UPDATE tenant_ending e SET access_until = CASE
    WHEN COALESCE((e.terms->'access'->>'months')::int, 0) + COALESCE((e.terms->'access'->>'days')::int, 0) = 0 THEN e.destroy_from
    ELSE (e.last_day + make_interval(months => COALESCE((e.terms->'access'->>'months')::int, 0), days => COALESCE((e.terms->'access'->>'days')::int, 0) + 1)) AT TIME ZONE t.zone END
  FROM tenant t WHERE t.tenant_id = e.tenant_id AND e.last_day IS NOT NULL;
ALTER TABLE tenant_ending ADD CONSTRAINT tenant_ending_access CHECK ((last_day IS NULL) = (access_until IS NULL));

-- +goose Down
SELECT 'going back is restoring a backup';
