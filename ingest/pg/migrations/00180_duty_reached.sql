-- +goose Up
-- Whom of a step the mail server has spoken its last word about: each of those
-- on duty is told, also one whose mailbox takes a letter only later.
ALTER TABLE duty_told ADD COLUMN settled bigint[] NOT NULL DEFAULT '{}'; -- numbers of duty
UPDATE duty_told t SET settled = (SELECT COALESCE(array_agg(d.duty_id), '{}') FROM duty d
  WHERE d.step = t.step AND d.from_at <= t.sent_at AND d.until_at > t.sent_at) WHERE t.sent_at IS NOT NULL;
DROP INDEX duty_told_waiting;
GRANT UPDATE (settled) ON duty_told TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
