-- +goose Up
-- What an employee asks to have corrected. It changes no hours by itself.
CREATE TABLE correction_request (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  request_id  bigint GENERATED ALWAYS AS IDENTITY,
  employee_id bigint NOT NULL,
  day         date NOT NULL,
  what        text NOT NULL CONSTRAINT correction_request_what_known CHECK (what IN ('in', 'out', 'break', 'other')),
  at          bigint, -- Unix ms, by the employee
  text        text NOT NULL CONSTRAINT correction_request_text_length CHECK (octet_length(text) <= 300),
  made_at     timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'open' CONSTRAINT correction_request_state_known CHECK (state IN ('open', 'granted', 'refused')),
  by_kind     text NOT NULL DEFAULT '',
  by_id       bigint NOT NULL DEFAULT 0,
  answered_at timestamptz,
  reason      text NOT NULL DEFAULT '' CONSTRAINT correction_request_reason_length CHECK (octet_length(reason) <= 500),
  PRIMARY KEY (tenant_id, request_id),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  CONSTRAINT correction_request_answered CHECK ((state = 'open') = (answered_at IS NULL) AND (state = 'open' OR reason <> ''))
);
CREATE INDEX correction_request_open ON correction_request (tenant_id, employee_id) WHERE state = 'open';
CREATE INDEX correction_request_day ON correction_request (tenant_id, employee_id, day);
SELECT isolate('correction_request', 'SELECT, INSERT, UPDATE (state, by_kind, by_id, answered_at, reason)');

-- How an issue ended: a tap after it is of a fob that was lost, blocked or
-- returned then, whatever became of the fob since (OB-H1).
ALTER TABLE fob_issue ADD ended text NOT NULL DEFAULT ''
  CONSTRAINT fob_issue_ended_known CHECK (ended IN ('', 'in_stock', 'lost', 'blocked', 'returned'));
UPDATE fob_issue i SET ended = f.status FROM fob f
  WHERE f.tenant_id = i.tenant_id AND f.fob_id = i.fob_id AND i.returned_at IS NOT NULL AND f.status IN ('in_stock', 'lost', 'blocked', 'returned')
    AND NOT EXISTS (SELECT FROM fob_issue l WHERE l.tenant_id = i.tenant_id AND l.fob_id = i.fob_id AND l.issued_at > i.issued_at);

-- A tap that nobody's fob made can be left out without an employee.
ALTER TABLE decision ALTER employee_id DROP NOT NULL,
  ADD CONSTRAINT decision_has_employee CHECK (employee_id IS NOT NULL OR kind IN ('ignore_tap', 'undo'));
CREATE INDEX decision_tap ON decision (tenant_id, origin, epoch, seq) WHERE seq IS NOT NULL;
CREATE INDEX decision_assigned ON decision (tenant_id) WHERE kind = 'assign_tap';

-- A gateway that tells of two fobs that they are one, and whoever closes that,
-- changes what a person is asked about their taps (I7).
-- +goose StatementBegin
CREATE FUNCTION note_twin_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO hours_due (tenant_id, fob_id) SELECT t.tenant_id, t.fob_id FROM fob_token t
    WHERE t.tenant_id = NEW.tenant_id AND (t.key_version, t.token) IN ((NEW.old_version, NEW.old_token), (NEW.new_version, NEW.new_token));
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER twin_conflict_changed AFTER INSERT OR UPDATE ON twin_conflict FOR EACH ROW EXECUTE FUNCTION note_twin_conflict();

-- +goose Down
SELECT 'going back is restoring a backup';
