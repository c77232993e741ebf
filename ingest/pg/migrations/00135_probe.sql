-- +goose Up
-- The tenant that probes sign in to and send their taps to, to see whether the
-- service works (OB-S1). It is no customer and nobody works there: a tap without
-- an employee is no punch, so that none of them can ever be anybody's hours, and
-- by I6 no other tenant sees them.
ALTER TABLE tenant ADD COLUMN probe boolean NOT NULL DEFAULT false;

-- +goose StatementBegin
CREATE FUNCTION refuse_people_of_probe() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM tenant t WHERE t.tenant_id = NEW.tenant_id AND t.probe) THEN
    RAISE EXCEPTION 'the tenant of probes has no employees' USING ERRCODE = 'check_violation', CONSTRAINT = 'probe_has_no_people';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION refuse_probe_of_people() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM employee e WHERE e.tenant_id = NEW.tenant_id) THEN
    RAISE EXCEPTION 'a tenant with employees is no tenant of probes' USING ERRCODE = 'check_violation', CONSTRAINT = 'probe_has_no_people';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER probe_has_no_people BEFORE INSERT ON employee FOR EACH ROW EXECUTE FUNCTION refuse_people_of_probe();
CREATE TRIGGER probe_has_no_people BEFORE UPDATE OF probe ON tenant FOR EACH ROW WHEN (NEW.probe) EXECUTE FUNCTION refuse_probe_of_people();

-- +goose Down
SELECT 'going back is restoring a backup';
