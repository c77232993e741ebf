-- +goose Up
-- Which hirer a site was of, from which day on: a site that moves to another
-- keeps the former one's conditions and approvers on the days before. The first
-- hirer counts from the beginning, and what is put right within a day is no move
-- (as for a reader's mode).
CREATE TABLE site_hirer (
  tenant_id bigint NOT NULL REFERENCES tenant,
  site_id   bigint NOT NULL,
  from_day  date NOT NULL,
  hirer_id  bigint, -- NULL: none from then on
  set_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, site_id, from_day),
  FOREIGN KEY (tenant_id, site_id) REFERENCES site,
  FOREIGN KEY (tenant_id, hirer_id) REFERENCES hirer
);
SELECT isolate('site_hirer', 'SELECT, INSERT, UPDATE', 'SELECT');
INSERT INTO site_hirer (tenant_id, site_id, from_day, hirer_id) SELECT tenant_id, site_id, '1950-01-01', hirer_id FROM site WHERE hirer_id IS NOT NULL;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION note_site_hirer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE latest site_hirer; since date := '1950-01-01';
BEGIN
  SELECT * INTO latest FROM site_hirer h WHERE h.tenant_id = NEW.tenant_id AND h.site_id = NEW.site_id ORDER BY h.from_day DESC LIMIT 1;
  IF FOUND AND latest.set_at > now() - interval '1 day' THEN
    since := latest.from_day;
  ELSIF FOUND THEN
    SELECT (now() AT TIME ZONE t.zone)::date INTO since FROM tenant t WHERE t.tenant_id = NEW.tenant_id;
  END IF;
  INSERT INTO site_hirer VALUES (NEW.tenant_id, NEW.site_id, since, NEW.hirer_id, now())
    ON CONFLICT (tenant_id, site_id, from_day) DO UPDATE SET hirer_id = EXCLUDED.hirer_id, set_at = now();
  INSERT INTO hours_due (tenant_id, reader_id, from_at)
    SELECT r.tenant_id, r.reader_id, greatest((extract(epoch FROM since::timestamp) * 1000)::bigint - 2 * 86400000::bigint, 0)
    FROM reader r WHERE r.tenant_id = NEW.tenant_id AND r.site_id = NEW.site_id;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT 'going back is restoring a backup';
