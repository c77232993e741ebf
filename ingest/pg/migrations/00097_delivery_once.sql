-- +goose Up
-- At which step of its run a delivery is meant: at another one somebody brought
-- the run otherwise, or voided it. A person who has it sent again means the
-- step at which the run is then (I8).
ALTER TABLE delivery ADD step text NOT NULL DEFAULT 'created';
GRANT UPDATE (step) ON delivery TO tikklok_app;

-- What failed, for words in the reader's language beside detail.
ALTER TABLE delivery_attempt ADD fault text NOT NULL DEFAULT '';
GRANT UPDATE (fault) ON delivery_attempt TO tikklok_app;

-- A run is handed over in one way (I8); word of it may go beside that.
UPDATE delivery_channel c SET off_at = now() WHERE kind = 'setu' AND off_at IS NULL
  AND EXISTS (SELECT FROM delivery_channel o WHERE (o.tenant_id, o.destination_id, o.kind) = (c.tenant_id, c.destination_id, 'sftp') AND o.off_at IS NULL);
CREATE UNIQUE INDEX delivery_channel_one_way ON delivery_channel (tenant_id, destination_id) WHERE off_at IS NULL AND kind <> 'webhook';

-- +goose Down
SELECT 'going back is restoring a backup';
