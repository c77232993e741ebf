-- +goose Up
-- Where a supplier's person looks from, and under whose law whoever they work
-- for stands: support access is held to the contract's places (OB-P9).
ALTER TABLE support_grant
  ADD region text NOT NULL DEFAULT '' CONSTRAINT support_grant_region_known CHECK (region IN ('', 'NL', 'EU', 'EEA', 'other')), -- '': of before it was asked
  ADD operator text NOT NULL DEFAULT '' CONSTRAINT support_grant_operator_known CHECK (operator IN ('', 'NL', 'EU', 'EEA', 'other'));

-- +goose Down
SELECT 'going back is restoring a backup';
