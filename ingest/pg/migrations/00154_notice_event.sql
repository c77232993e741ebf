-- +goose Up
-- What a webhook is told stands with the call itself, so that more than
-- maintenance can be told by it: each event about each thing once.
ALTER TABLE notice_call ADD COLUMN about text, ADD COLUMN data jsonb, ADD COLUMN until_at timestamptz;
UPDATE notice_call c SET about = 'maintenance ' || m.maintenance_id, until_at = m.until_at,
    data = jsonb_build_object('reference', m.reference, 'from', m.from_at, 'until', m.until_at, 'nl', m.words->'nl', 'en', m.words->'en')
  FROM maintenance m WHERE m.tenant_id = c.tenant_id AND m.maintenance_id = c.maintenance_id;
ALTER TABLE notice_call
  ALTER COLUMN about SET NOT NULL, ALTER COLUMN data SET NOT NULL, ALTER COLUMN until_at SET NOT NULL,
  ADD CONSTRAINT notice_call_about_length CHECK (length(about) BETWEEN 1 AND 100),
  ADD CONSTRAINT notice_call_data_length CHECK (jsonb_typeof(data) = 'object' AND length(data::text) <= 20000),
  DROP CONSTRAINT notice_call_event_known, ADD CONSTRAINT notice_call_event_form CHECK (event ~ '^[a-z]+\.[a-z_]+$' AND length(event) <= 60),
  DROP CONSTRAINT notice_call_once, DROP COLUMN maintenance_id,
  ADD CONSTRAINT notice_call_once UNIQUE (tenant_id, about, event);

-- +goose Down
SELECT 'going back is restoring a backup';
