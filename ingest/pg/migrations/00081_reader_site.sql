-- +goose Up
-- Where a reader was, from when on: one that moves to another site leaves the
-- hours of its former one there, with that site's rules and approvers. What is
-- put right within a day is no move (as for a reader's mode).
CREATE TABLE reader_site (
  tenant_id bigint NOT NULL REFERENCES tenant,
  reader_id bigint NOT NULL,
  from_at   bigint NOT NULL, -- Unix ms; 0: from the beginning
  site_id   bigint NOT NULL,
  set_at    timestamptz, -- NULL: nobody moved it
  PRIMARY KEY (tenant_id, reader_id, from_at),
  FOREIGN KEY (tenant_id, site_id) REFERENCES site
);
SELECT isolate('reader_site', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT, UPDATE');
INSERT INTO reader_site SELECT tenant_id, reader_id, 0, site_id, NULL FROM reader;

-- +goose StatementBegin
CREATE FUNCTION note_reader_site() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE latest reader_site;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO reader_site VALUES (NEW.tenant_id, NEW.reader_id, 0, NEW.site_id, NULL);
    RETURN NULL;
  END IF;
  SELECT * INTO latest FROM reader_site s WHERE s.tenant_id = NEW.tenant_id AND s.reader_id = NEW.reader_id ORDER BY s.from_at DESC LIMIT 1;
  IF COALESCE(latest.set_at, NEW.created_at) > now() - interval '1 day' THEN
    UPDATE reader_site s SET site_id = NEW.site_id, set_at = now()
      WHERE s.tenant_id = NEW.tenant_id AND s.reader_id = NEW.reader_id AND s.from_at = latest.from_at;
  ELSE
    latest.from_at := (extract(epoch FROM now()) * 1000)::bigint;
    INSERT INTO reader_site VALUES (NEW.tenant_id, NEW.reader_id, latest.from_at, NEW.site_id, now());
  END IF;
  INSERT INTO hours_due (tenant_id, reader_id, from_at) VALUES (NEW.tenant_id, NEW.reader_id, latest.from_at);
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER reader_placed AFTER INSERT ON reader FOR EACH ROW EXECUTE FUNCTION note_reader_site();
CREATE TRIGGER reader_moved AFTER UPDATE OF site_id ON reader FOR EACH ROW
  WHEN (OLD.site_id <> NEW.site_id) EXECUTE FUNCTION note_reader_site();

-- +goose Down
SELECT 'going back is restoring a backup';
