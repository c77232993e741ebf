-- +goose Up
-- Who processes for whom and who answers questions, as generated documents say
-- it (GDPR articles 13 and 30): versions only added, so that it stays known
-- what a document said on a day.
CREATE TABLE statement_details (
  tenant_id bigint NOT NULL REFERENCES tenant,
  version   int NOT NULL CONSTRAINT statement_details_version_positive CHECK (version > 0),
  details   jsonb NOT NULL CONSTRAINT statement_details_length CHECK (length(details::text) <= 8000),
  by_kind   text NOT NULL,
  by_id     bigint NOT NULL,
  at        timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, version)
);
SELECT isolate('statement_details', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_details FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 'going back is restoring a backup';
