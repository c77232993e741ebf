-- +goose Up
-- A version of a code map may be an earlier one that was gone back to.
ALTER TABLE payroll_code_map ADD back_to int
  CONSTRAINT payroll_code_map_back_to CHECK (back_to > 0 AND back_to < version);

-- +goose Down
SELECT 'going back is restoring a backup';
