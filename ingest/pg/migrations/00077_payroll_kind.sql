-- +goose Up
-- Lines say what kind of hours they are, so that minutes worked and those that
-- stand beside them are not added up.
ALTER TABLE payroll_line ADD kind text NOT NULL DEFAULT ''
  CONSTRAINT payroll_line_kind_known CHECK (kind IN ('', 'supplement', 'added', 'absent', 'holiday'));

-- +goose Down
SELECT 'going back is restoring a backup';
