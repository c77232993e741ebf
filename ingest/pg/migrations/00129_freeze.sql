-- +goose Up
-- A piece of a night's purge looks whose data has to stay, and removes, under a
-- shared lock of its tenant. Whoever lays a legal hold, writes a breach down or
-- opens one again, or restricts somebody's data, waits here until the piece is
-- over: once it stands, nothing goes any more (OB-P3, OB-P10).
-- +goose StatementBegin
CREATE FUNCTION await_purge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('tikklok purge piece', NEW.tenant_id));
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER await_purge BEFORE INSERT ON retention_hold FOR EACH ROW EXECUTE FUNCTION await_purge();
CREATE TRIGGER await_purge BEFORE INSERT ON privacy_restriction FOR EACH ROW EXECUTE FUNCTION await_purge();
CREATE TRIGGER await_purge BEFORE INSERT ON breach FOR EACH ROW EXECUTE FUNCTION await_purge();
CREATE TRIGGER await_purge BEFORE INSERT ON breach_step FOR EACH ROW WHEN (NEW.what = 'reopened') EXECUTE FUNCTION await_purge();

-- +goose Down
SELECT 'going back is restoring a backup';
