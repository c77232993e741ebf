-- +goose Up
-- A month's availability as it was reported (OB-S1, OB-S2): what is decided or
-- delivered later changes nothing in it. Its body names no person; whoever
-- decided a cause stands in outage_decision, by the numbers that the body has.
CREATE TABLE service_report (
  tenant_id bigint NOT NULL REFERENCES tenant,
  month     date NOT NULL CONSTRAINT service_report_month_first CHECK (extract(day FROM month) = 1),
  number    int NOT NULL CONSTRAINT service_report_number_positive CHECK (number > 0),
  body      bytea NOT NULL CONSTRAINT service_report_length CHECK (length(body) BETWEEN 1 AND 10000000),
  sha256    bytea NOT NULL,
  by_kind   text NOT NULL,
  by_id     bigint NOT NULL,
  made_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, month, number),
  CONSTRAINT service_report_hash CHECK (sha256 = sha256(body))
);
SELECT isolate('service_report', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON service_report FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 'going back is restoring a backup';
