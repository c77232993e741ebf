-- +goose Up
-- A run is composed, prepared, created; then delivered, acknowledged or
-- rejected by the package; a void one is reversed and stays. "composing" is
-- never committed: the transaction that takes the lines ends as prepared.
ALTER TABLE payroll_run DROP CONSTRAINT payroll_run_state_known,
  ADD CONSTRAINT payroll_run_state_known
    CHECK (state IN ('composing', 'prepared', 'created', 'delivered', 'acknowledged', 'rejected', 'void'));
GRANT UPDATE (extension, media_type, sha256, bytes, people, lines, totals) ON payroll_run TO tikklok_app;

-- What a run holds changes while it is composed, and its state by legal steps
-- only: whatever the program does, an acknowledged run is not voided before
-- somebody said that it was rejected after all.
-- +goose StatementBegin
CREATE FUNCTION guard_payroll_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'composing' AND (NEW.extension, NEW.media_type, NEW.sha256, NEW.bytes, NEW.people, NEW.lines, NEW.totals)
      IS DISTINCT FROM (OLD.extension, OLD.media_type, OLD.sha256, OLD.bytes, OLD.people, OLD.lines, OLD.totals) THEN
    RAISE EXCEPTION 'run % is composed: its contents do not change', OLD.run_id;
  END IF;
  IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
      ('composing', 'prepared'), ('prepared', 'created'),
      ('created', 'delivered'), ('created', 'acknowledged'), ('created', 'rejected'), ('created', 'void'),
      ('delivered', 'acknowledged'), ('delivered', 'rejected'), ('delivered', 'void'),
      ('acknowledged', 'rejected'), ('rejected', 'delivered'), ('rejected', 'acknowledged'), ('rejected', 'void')) THEN
    RAISE EXCEPTION 'run % is %, from where there is no step to %', OLD.run_id, OLD.state, NEW.state;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER payroll_run_guard BEFORE UPDATE ON payroll_run FOR EACH ROW EXECUTE FUNCTION guard_payroll_run();

-- Who took each step of a run, when and why.
CREATE TABLE payroll_step (
  tenant_id bigint NOT NULL,
  run_id    bigint NOT NULL,
  step_id   bigint GENERATED ALWAYS AS IDENTITY,
  state     text NOT NULL CONSTRAINT payroll_step_state_known
    CHECK (state IN ('prepared', 'created', 'delivered', 'acknowledged', 'rejected', 'void')),
  by_kind   text NOT NULL,
  by_id     bigint NOT NULL,
  at        timestamptz NOT NULL,
  reason    text NOT NULL DEFAULT '' CONSTRAINT payroll_step_reason_length CHECK (length(reason) <= 500),
  PRIMARY KEY (tenant_id, run_id, step_id),
  CONSTRAINT payroll_step_reason_given CHECK (state NOT IN ('rejected', 'void') OR reason <> ''),
  FOREIGN KEY (tenant_id, run_id) REFERENCES payroll_run
);
SELECT isolate('payroll_step', 'SELECT, INSERT');
INSERT INTO payroll_step (tenant_id, run_id, state, by_kind, by_id, at)
  SELECT tenant_id, run_id, 'prepared', by_kind, by_id, at FROM payroll_run ORDER BY run_id;
INSERT INTO payroll_step (tenant_id, run_id, state, by_kind, by_id, at)
  SELECT tenant_id, run_id, 'created', by_kind, by_id, at FROM payroll_run WHERE state <> 'prepared' ORDER BY run_id;
INSERT INTO payroll_step (tenant_id, run_id, state, by_kind, by_id, at, reason)
  SELECT tenant_id, run_id, 'void', void_kind, void_id, void_at, void_reason FROM payroll_run WHERE state = 'void' ORDER BY run_id;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON payroll_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The very bytes, in parts as they were written, so that a file of any size
-- passes through little memory. The files of earlier runs stay in payroll_file,
-- whole. Not compressed: many formats are already, and a part is read fast.
CREATE TABLE payroll_part (
  tenant_id bigint NOT NULL,
  run_id    bigint NOT NULL,
  part      int NOT NULL CONSTRAINT payroll_part_counts CHECK (part >= 0),
  body      bytea NOT NULL CONSTRAINT payroll_part_size CHECK (length(body) BETWEEN 1 AND 4194304),
  PRIMARY KEY (tenant_id, run_id, part),
  FOREIGN KEY (tenant_id, run_id) REFERENCES payroll_run
);
ALTER TABLE payroll_part ALTER COLUMN body SET STORAGE EXTERNAL;
SELECT isolate('payroll_part', 'SELECT, INSERT');

-- +goose Down
SELECT 'going back is restoring a backup';
