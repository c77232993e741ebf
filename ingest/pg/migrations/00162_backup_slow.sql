-- +goose Up
-- A place that takes longer than it may over a set is told as that.
ALTER TABLE backup_place DROP CONSTRAINT backup_place_problem_known, ADD CONSTRAINT backup_place_problem_known
  CHECK (problem IN ('', 'refused', 'unreachable', 'full', 'slow', 'key', 'damaged', 'database', 'tools', 'failed'));

-- +goose Down
SELECT 'going back is restoring a backup';
