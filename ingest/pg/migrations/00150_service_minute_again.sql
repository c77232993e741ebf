-- +goose Up
-- Minutes that a probe called up, measured again because its clock was set back,
-- and found down: the worse of both holds. The register of minutes itself stays
-- as it was first told; this one is only added to as well.
CREATE TABLE service_minute_again (
  at    timestamptz NOT NULL,
  probe text NOT NULL,
  PRIMARY KEY (at, probe),
  CONSTRAINT service_minute_again_known FOREIGN KEY (at, probe) REFERENCES service_minute
);
GRANT SELECT, INSERT ON service_minute_again TO tikklok_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON service_minute_again FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 'going back is restoring a backup';
