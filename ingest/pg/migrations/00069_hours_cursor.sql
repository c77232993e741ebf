-- +goose Up
-- What was committed when registrations and time pairs were taken up last:
-- whatever is committed now and was not then is new. NULL: all of transactions
-- below txn.
ALTER TABLE hours_cursor ADD seen pg_snapshot;

-- +goose Down
SELECT 'going back is restoring a backup';
