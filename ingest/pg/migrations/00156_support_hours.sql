-- +goose Up
-- When support is open, for contracts that leave that to what is published
-- (W-3.6): of the whole installation, kept by its operator; the last holds from
-- when it was made, and each incident keeps those of its day.
CREATE TABLE support_hours (
  version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  opens   int NOT NULL,
  closes  int NOT NULL,
  days    int NOT NULL CONSTRAINT support_hours_days CHECK (days BETWEEN 1 AND 127), -- bit 1 << day of the week, Sunday is 0
  made_at timestamptz NOT NULL,
  CONSTRAINT support_hours_order CHECK (opens >= 0 AND opens < closes AND closes <= 1440)
);
GRANT SELECT, INSERT ON support_hours TO tikklok_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON support_hours FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 'going back is restoring a backup';
