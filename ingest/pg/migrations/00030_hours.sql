-- +goose Up
-- How far registrations and time pairs have been taken up: all of transactions
-- below txn.
CREATE TABLE hours_cursor (
  tenant_id bigint PRIMARY KEY REFERENCES tenant,
  txn       bigint NOT NULL
);
SELECT isolate('hours_cursor', 'SELECT, INSERT, UPDATE');

-- A registration with its instant and the employee who held the fob then.
-- Derived: it can be made again from registrations, time pairs and fob issues
-- at any time (I3).
CREATE TABLE punch (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  origin      bigint NOT NULL,
  epoch       bigint NOT NULL,
  seq         bigint NOT NULL,
  tick        bigint NOT NULL,
  gap         bigint NOT NULL,
  wall        bigint NOT NULL,
  reader_id   bigint NOT NULL,
  key_version smallint NOT NULL,
  token       bytea NOT NULL,
  arrived     bigint NOT NULL, -- Unix ms, as all instants here
  pending     boolean NOT NULL DEFAULT true, -- its instant is still to be worked out
  at          bigint NOT NULL DEFAULT 0,
  uncertainty bigint NOT NULL DEFAULT 0,
  known       text NOT NULL DEFAULT '',
  placed      bigint NOT NULL DEFAULT 0, -- where it is looked for: at, or arrived when that cannot be
  fob_id      bigint,
  employee_id bigint, -- NULL: nobody held it, an administrator is needed (OB-H1)
  PRIMARY KEY (tenant_id, origin, epoch, seq)
);
CREATE INDEX punch_tick ON punch (tenant_id, origin, epoch, tick);
CREATE INDEX punch_employee ON punch (tenant_id, employee_id, placed);
CREATE INDEX punch_token ON punch (tenant_id, token, placed);
CREATE INDEX punch_arrived ON punch (tenant_id, arrived);
CREATE INDEX punch_pending ON punch (tenant_id) WHERE pending;
CREATE INDEX punch_unheld ON punch (tenant_id) WHERE employee_id IS NULL;
SELECT isolate('punch', 'SELECT, INSERT, UPDATE, DELETE');

-- What has to be computed again, and why: exactly one of the three subjects.
CREATE TABLE hours_due (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  due_id      bigint GENERATED ALWAYS AS IDENTITY,
  employee_id bigint,
  fob_id      bigint,
  reader_id   bigint,
  from_at     bigint NOT NULL DEFAULT 0,
  to_at       bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, due_id),
  CONSTRAINT hours_due_one_subject CHECK (num_nonnulls(employee_id, fob_id, reader_id) = 1)
);
SELECT isolate('hours_due', 'SELECT, INSERT, DELETE', 'INSERT');

-- A reader's mode is dated, so that a change of it leaves earlier days as they
-- were. What a new reader was before anybody said so, and what somebody
-- corrects within a day, was never meant: that is replaced.
CREATE TABLE reader_mode (
  tenant_id bigint NOT NULL REFERENCES tenant,
  reader_id bigint NOT NULL,
  from_at   bigint NOT NULL, -- Unix ms; 0: from the beginning
  mode      text NOT NULL CONSTRAINT reader_mode_value CHECK (mode IN ('toggle', 'in', 'out', 'break')),
  set_at    timestamptz, -- NULL: nobody set it
  PRIMARY KEY (tenant_id, reader_id, from_at)
);
SELECT isolate('reader_mode', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT, UPDATE');

-- +goose StatementBegin
CREATE FUNCTION note_reader_mode() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE latest reader_mode;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO reader_mode VALUES (NEW.tenant_id, NEW.reader_id, 0, NEW.mode, NULL);
    RETURN NULL;
  END IF;
  SELECT * INTO latest FROM reader_mode m WHERE m.tenant_id = NEW.tenant_id AND m.reader_id = NEW.reader_id ORDER BY m.from_at DESC LIMIT 1;
  IF COALESCE(latest.set_at, NEW.created_at) > now() - interval '1 day' THEN
    UPDATE reader_mode m SET mode = NEW.mode, set_at = now()
      WHERE m.tenant_id = NEW.tenant_id AND m.reader_id = NEW.reader_id AND m.from_at = latest.from_at;
  ELSE
    latest.from_at := (extract(epoch FROM now()) * 1000)::bigint;
    INSERT INTO reader_mode VALUES (NEW.tenant_id, NEW.reader_id, latest.from_at, NEW.mode, now());
  END IF;
  INSERT INTO hours_due (tenant_id, reader_id, from_at) VALUES (NEW.tenant_id, NEW.reader_id, latest.from_at);
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER reader_added AFTER INSERT ON reader FOR EACH ROW EXECUTE FUNCTION note_reader_mode();
CREATE TRIGGER reader_mode_changed AFTER UPDATE OF mode ON reader FOR EACH ROW
  WHEN (OLD.mode <> NEW.mode) EXECUTE FUNCTION note_reader_mode();
INSERT INTO reader_mode SELECT tenant_id, reader_id, 0, mode, NULL FROM reader;

-- Whatever changes who held a fob, when, changes whose hours they are (OB-H1).
-- +goose StatementBegin
CREATE FUNCTION note_fob() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO hours_due (tenant_id, fob_id) VALUES (NEW.tenant_id, NEW.fob_id); RETURN NULL; END $$;
-- +goose StatementEnd
CREATE TRIGGER fob_issue_changed AFTER INSERT OR UPDATE ON fob_issue FOR EACH ROW EXECUTE FUNCTION note_fob();
CREATE TRIGGER fob_token_added AFTER INSERT ON fob_token FOR EACH ROW EXECUTE FUNCTION note_fob();

-- An employee's zone says which day it is, and the dates of employment which
-- days count (OB-C5). In another zone a shift may lie on the day before or
-- after: two days on each side are computed too, so that none stays behind.
-- +goose StatementBegin
CREATE FUNCTION note_employee() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
    SELECT NEW.tenant_id, NEW.employee_id, min(at) - 2 * 86400000::bigint, max(at) + 2 * 86400000::bigint
    FROM (SELECT p.placed FROM punch p WHERE p.tenant_id = NEW.tenant_id AND p.employee_id = NEW.employee_id
      UNION ALL SELECT (extract(epoch FROM w.day::timestamp) * 1000)::bigint FROM worked_day w
        WHERE w.tenant_id = NEW.tenant_id AND w.employee_id = NEW.employee_id) x(at) HAVING count(*) > 0;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER employee_changed AFTER UPDATE OF zone, employed_from, employed_until ON employee FOR EACH ROW
  WHEN ((OLD.zone, OLD.employed_from, OLD.employed_until) IS DISTINCT FROM (NEW.zone, NEW.employed_from, NEW.employed_until))
  EXECUTE FUNCTION note_employee();

CREATE TABLE rule_set (
  tenant_id bigint NOT NULL REFERENCES tenant,
  version   int NOT NULL CONSTRAINT rule_set_version_positive CHECK (version > 1), -- 1 is the program's own
  from_day  date NOT NULL,
  rules     jsonb NOT NULL,
  by_kind   text NOT NULL,
  by_id     bigint NOT NULL,
  made_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, version)
);
SELECT isolate('rule_set', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_set FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Dated decisions by people (I3); an undo is another one.
CREATE TABLE decision (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  decision_id bigint GENERATED ALWAYS AS IDENTITY,
  employee_id bigint NOT NULL,
  kind        text NOT NULL CONSTRAINT decision_kind_known CHECK (kind IN ('add_punch', 'set_time', 'ignore_tap', 'accept', 'undo')),
  origin      bigint, -- of the tap it is about
  epoch       bigint,
  seq         bigint,
  at          bigint,
  mode        text NOT NULL DEFAULT '',
  site_id     bigint,
  undoes      bigint,
  proposed    boolean NOT NULL DEFAULT false,
  reason      text NOT NULL CONSTRAINT decision_reason_length CHECK (octet_length(reason) BETWEEN 1 AND 500),
  by_kind     text NOT NULL CONSTRAINT decision_by_person CHECK (by_kind IN ('account', 'api_key', 'operator')),
  by_id       bigint NOT NULL,
  made_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, decision_id),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  FOREIGN KEY (tenant_id, site_id) REFERENCES site,
  FOREIGN KEY (tenant_id, undoes) REFERENCES decision,
  CONSTRAINT decision_undone_once UNIQUE (tenant_id, undoes),
  CONSTRAINT decision_tap_whole CHECK (num_nonnulls(origin, epoch, seq) IN (0, 3)),
  CONSTRAINT decision_has_what_it_needs CHECK (CASE kind
    WHEN 'add_punch' THEN at IS NOT NULL AND mode IN ('in', 'out', 'break')
    WHEN 'set_time' THEN at IS NOT NULL AND seq IS NOT NULL
    WHEN 'ignore_tap' THEN seq IS NOT NULL
    WHEN 'accept' THEN at IS NOT NULL
    ELSE undoes IS NOT NULL END)
);
CREATE INDEX decision_employee ON decision (tenant_id, employee_id);
SELECT isolate('decision', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Derived: all that was made of an employee's day.
CREATE TABLE worked_day (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  employee_id bigint NOT NULL,
  day         date NOT NULL,
  minutes     int NOT NULL CONSTRAINT worked_day_minutes_range CHECK (minutes >= 0),
  running     boolean NOT NULL,
  revisit     bigint, -- when a shift that runs has become one without an out
  detail      jsonb NOT NULL,
  PRIMARY KEY (tenant_id, employee_id, day)
);
CREATE INDEX worked_day_day ON worked_day (tenant_id, day);
CREATE INDEX worked_day_open ON worked_day (tenant_id, day) WHERE detail ? 'exceptions'; -- what the menu counts at every page
CREATE INDEX worked_day_revisit ON worked_day (tenant_id, revisit) WHERE revisit IS NOT NULL;
SELECT isolate('worked_day', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE hour_line (
  tenant_id   bigint NOT NULL,
  employee_id bigint NOT NULL,
  day         date NOT NULL,
  site_id     bigint NOT NULL, -- 0: unknown
  code        text NOT NULL,
  minutes     int NOT NULL CONSTRAINT hour_line_minutes_positive CHECK (minutes > 0),
  PRIMARY KEY (tenant_id, employee_id, day, site_id, code),
  FOREIGN KEY (tenant_id, employee_id, day) REFERENCES worked_day ON DELETE CASCADE
);
SELECT isolate('hour_line', 'SELECT, INSERT, DELETE');

CREATE TABLE timesheet (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  employee_id bigint NOT NULL,
  monday      date NOT NULL CONSTRAINT timesheet_starts_on_monday CHECK (extract(isodow FROM monday) = 1),
  state       text NOT NULL CONSTRAINT timesheet_state_known CHECK (state IN ('open', 'approved', 'rejected')),
  by_kind     text NOT NULL,
  by_id       bigint NOT NULL,
  at          timestamptz NOT NULL,
  reason      text NOT NULL CONSTRAINT timesheet_reason_length CHECK (octet_length(reason) <= 500),
  PRIMARY KEY (tenant_id, employee_id, monday),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  CONSTRAINT timesheet_rejected_with_reason CHECK (state <> 'rejected' OR reason <> '')
);
SELECT isolate('timesheet', 'SELECT, INSERT, UPDATE');

-- What was approved is frozen (I5): the explanation as it stood with its hash,
-- and the lines. Later approvals of the same week hold differences only.
CREATE TABLE approval (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  approval_id bigint GENERATED ALWAYS AS IDENTITY,
  employee_id bigint NOT NULL,
  monday      date NOT NULL,
  corrects    bigint, -- the first approval of the week; NULL: this is it
  by_kind     text NOT NULL,
  by_id       bigint NOT NULL,
  at          timestamptz NOT NULL,
  reason      text NOT NULL,
  rules       int[] NOT NULL, -- versions
  snapshot    text NOT NULL,
  hash        bytea NOT NULL CONSTRAINT approval_hash_matches CHECK (hash = sha256(convert_to(snapshot, 'UTF8'))),
  PRIMARY KEY (tenant_id, approval_id),
  FOREIGN KEY (tenant_id, employee_id, monday) REFERENCES timesheet,
  FOREIGN KEY (tenant_id, corrects) REFERENCES approval
);
CREATE UNIQUE INDEX approval_first_once ON approval (tenant_id, employee_id, monday) WHERE corrects IS NULL;
SELECT isolate('approval', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE approved_line (
  tenant_id   bigint NOT NULL,
  line_id     bigint GENERATED ALWAYS AS IDENTITY,
  approval_id bigint NOT NULL,
  employee_id bigint NOT NULL,
  day         date NOT NULL,
  site_id     bigint NOT NULL,
  code        text NOT NULL,
  minutes     int NOT NULL CONSTRAINT approved_line_not_empty CHECK (minutes <> 0),
  PRIMARY KEY (tenant_id, line_id),
  FOREIGN KEY (tenant_id, approval_id) REFERENCES approval,
  CONSTRAINT approved_line_once UNIQUE (tenant_id, approval_id, day, site_id, code)
);
CREATE INDEX approved_line_day ON approved_line (tenant_id, day);
CREATE INDEX approved_line_employee ON approved_line (tenant_id, employee_id, day);
SELECT isolate('approved_line', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approved_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 'going back is restoring a backup';
