-- +goose Up
-- What was seen of the proofs that are looked at, once a day: so that the pack
-- of a month long ago shows what was seen then (OB-C14). No person is in it.
CREATE TABLE evidence_look (
  tenant_id bigint NOT NULL REFERENCES tenant,
  day       date NOT NULL, -- in the tenant's zone
  at        timestamptz NOT NULL,
  program   text NOT NULL CONSTRAINT evidence_look_program CHECK (length(program) BETWEEN 1 AND 100), -- version that looked
  seen      jsonb NOT NULL CONSTRAINT evidence_look_object CHECK (jsonb_typeof(seen) = 'object' AND length(seen::text) <= 50000), -- by proof: holds, value
  PRIMARY KEY (tenant_id, day)
);
SELECT isolate('evidence_look', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence_look FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Every run of the tests that obligations are proved by, in place of the last of
-- each: a later one doesn't take an earlier month's proof away.
CREATE TABLE test_run (
  name    text NOT NULL CONSTRAINT test_run_name CHECK (length(name) BETWEEN 1 AND 300),
  at      timestamptz NOT NULL,
  passed  boolean NOT NULL,
  version text NOT NULL CONSTRAINT test_run_version CHECK (length(version) BETWEEN 1 AND 100), -- of the program that was tested
  PRIMARY KEY (name, at)
);
INSERT INTO test_run SELECT name, at, passed, version FROM test_record;
DROP TABLE test_record;
GRANT SELECT ON test_run TO tikklok_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON test_run FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How the public policy on vulnerabilities and abuse was found, once a day
-- (OB-C12): of the whole installation.
CREATE TABLE policy_check (
  at       timestamptz NOT NULL PRIMARY KEY,
  address  text NOT NULL CONSTRAINT policy_check_address CHECK (length(address) BETWEEN 1 AND 300), -- where it was asked for
  expires  timestamptz, -- of security.txt, where it says so
  problem  text NOT NULL CONSTRAINT policy_check_problem CHECK (length(problem) <= 300) -- '': all is as it has to be
);
GRANT SELECT, INSERT ON policy_check TO tikklok_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_check FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 'going back is restoring a backup';
