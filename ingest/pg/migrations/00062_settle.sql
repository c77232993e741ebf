-- +goose Up
-- A code may stand on a day's lines as minutes worked and beside them.
ALTER TABLE hour_line DROP CONSTRAINT hour_line_pkey, ADD PRIMARY KEY (tenant_id, employee_id, day, site_id, code, kind);

-- Corrections by hand may take more from a day than was worked on it.
ALTER TABLE worked_day DROP CONSTRAINT worked_day_minutes_range;

-- Up to which day paid holidays were put on the days of those who did not work
-- on them, and how many rule sets there were then: newer ones may add some.
ALTER TABLE hours_cursor ADD holidays_until date, ADD holiday_sets int NOT NULL DEFAULT 0;

-- +goose Down
SELECT 'going back is restoring a backup';
