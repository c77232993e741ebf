-- +goose Up
-- Who comes back gets another account with the address they had: one that was
-- closed never opens again (OB-C5).
DROP INDEX account_email_once;
CREATE UNIQUE INDEX account_email_once ON account (tenant_id, lower(email)) WHERE closed_at IS NULL;

-- Where a delivery channel brings hours to, and under whose law its operator
-- stands (OB-P9). '': from before this was asked.
ALTER TABLE delivery_channel
  ADD region text NOT NULL DEFAULT '' CONSTRAINT delivery_channel_region_known CHECK (region IN ('', 'NL', 'EU', 'EEA', 'other')),
  ADD operator text NOT NULL DEFAULT '' CONSTRAINT delivery_channel_operator_known CHECK (operator IN ('', 'NL', 'EU', 'EEA', 'other'));
GRANT UPDATE (region, operator) ON delivery_channel TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
