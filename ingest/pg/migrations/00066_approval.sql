-- +goose Up
-- Who approves a week, in which order, and until when: dated and versioned, of
-- the tenant, or of one hirer (which stands above it).
CREATE TABLE approval_policy (
  tenant_id bigint NOT NULL REFERENCES tenant,
  version   int NOT NULL CONSTRAINT approval_policy_version_positive CHECK (version > 1), -- 1 is the program's own
  hirer_id  bigint, -- NULL: everybody's
  from_day  date NOT NULL CONSTRAINT approval_policy_starts_on_monday CHECK (extract(isodow FROM from_day) = 1),
  policy    jsonb NOT NULL,
  by_kind   text NOT NULL,
  by_id     bigint NOT NULL,
  made_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, version),
  FOREIGN KEY (tenant_id, hirer_id) REFERENCES hirer
);
SELECT isolate('approval_policy', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What happened to a week, step by step. A level counts until the week is
-- frozen, rejected or reopened, and as long as its lines are those it was
-- given for.
CREATE TABLE approval_step (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  step_id     bigint GENERATED ALWAYS AS IDENTITY,
  employee_id bigint NOT NULL,
  monday      date NOT NULL CONSTRAINT approval_step_starts_on_monday CHECK (extract(isodow FROM monday) = 1),
  act         text NOT NULL CONSTRAINT approval_step_act_known CHECK (act IN ('given', 'frozen', 'rejected', 'reopened')),
  level       text NOT NULL DEFAULT '',
  hirer_id    bigint NOT NULL DEFAULT 0, -- for whom a hirer's level was given; 0: none
  by_kind     text NOT NULL,
  by_id       bigint NOT NULL,
  deputy_for  bigint, -- the account whose authority was used
  at          timestamptz NOT NULL,
  reason      text NOT NULL CONSTRAINT approval_step_reason_length CHECK (octet_length(reason) <= 500),
  policy      int NOT NULL DEFAULT 0, -- version
  lines       bytea, -- SHA-256 of the lines it was given for
  PRIMARY KEY (tenant_id, step_id),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  FOREIGN KEY (tenant_id, deputy_for) REFERENCES account,
  CONSTRAINT approval_step_level_of_given CHECK (CASE WHEN act = 'given' THEN level IN ('employee', 'hirer', 'agency') AND length(lines) = 32 ELSE level = '' END)
);
CREATE INDEX approval_step_week ON approval_step (tenant_id, monday, employee_id);
SELECT isolate('approval_step', 'SELECT, INSERT');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who gave which level of what was frozen; and lines have kinds, so that a
-- code that became another kind of line is taken back as what it was.
ALTER TABLE approval ADD levels jsonb NOT NULL DEFAULT '[]' CONSTRAINT approval_levels_list CHECK (jsonb_typeof(levels) = 'array');
ALTER TABLE approved_line DROP CONSTRAINT approved_line_once,
  ADD CONSTRAINT approved_line_once UNIQUE (tenant_id, approval_id, day, site_id, code, kind);

-- Which hirers an approver approves for; none: for all, and for the agency.
CREATE TABLE account_hirer (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  account_id bigint NOT NULL,
  hirer_id   bigint NOT NULL,
  PRIMARY KEY (tenant_id, account_id, hirer_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES account,
  FOREIGN KEY (tenant_id, hirer_id) REFERENCES hirer
);
SELECT isolate('account_hirer', 'SELECT, INSERT, DELETE');

-- Who may approve in somebody else's place, and when.
CREATE TABLE deputy (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  deputy_id  bigint GENERATED ALWAYS AS IDENTITY,
  account_id bigint NOT NULL,
  for_id     bigint NOT NULL CONSTRAINT deputy_for_another CHECK (for_id <> account_id),
  from_day   date NOT NULL,
  until_day  date NOT NULL CONSTRAINT deputy_period_order CHECK (until_day >= from_day), -- last day
  made_at    timestamptz NOT NULL,
  ended_at   timestamptz, -- taken back before its last day
  PRIMARY KEY (tenant_id, deputy_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES account,
  FOREIGN KEY (tenant_id, for_id) REFERENCES account
);
SELECT isolate('deputy', 'SELECT, INSERT, UPDATE (ended_at)');

-- That somebody was reminded of a week's deadline. What is mailed is told here
-- by whatever mails it; nothing does yet.
CREATE TABLE approval_reminder (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  reminder_id bigint GENERATED ALWAYS AS IDENTITY,
  monday      date NOT NULL,
  kind        text NOT NULL CONSTRAINT approval_reminder_kind_known CHECK (kind IN ('before', 'passed')),
  due_at      timestamptz NOT NULL, -- the deadline
  waiting     int NOT NULL CONSTRAINT approval_reminder_waiting_positive CHECK (waiting >= 0), -- timesheets that waited when it was made
  made_at     timestamptz NOT NULL,
  mail        text NOT NULL DEFAULT 'not_yet' CONSTRAINT approval_reminder_mail_known CHECK (mail IN ('not_yet', 'sent')),
  PRIMARY KEY (tenant_id, reminder_id),
  CONSTRAINT approval_reminder_once UNIQUE (tenant_id, monday, kind)
);
SELECT isolate('approval_reminder', 'SELECT, INSERT, UPDATE (mail)');

-- An approval of many timesheets, done in pieces. What an item was seen as is
-- what may be approved; once done it is never done again.
CREATE TABLE approval_bulk (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  bulk_id    bigint GENERATED ALWAYS AS IDENTITY,
  monday     date NOT NULL,
  account_id bigint NOT NULL,
  reason     text NOT NULL CONSTRAINT approval_bulk_reason_length CHECK (octet_length(reason) <= 500),
  made_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, bulk_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES account
);
SELECT isolate('approval_bulk', 'SELECT, INSERT');
CREATE TABLE approval_bulk_item (
  tenant_id   bigint NOT NULL,
  bulk_id     bigint NOT NULL,
  employee_id bigint NOT NULL,
  seen        text NOT NULL CONSTRAINT approval_bulk_item_seen_length CHECK (length(seen) BETWEEN 1 AND 4000),
  state       text NOT NULL DEFAULT 'waiting' CONSTRAINT approval_bulk_item_state_known CHECK (state IN ('waiting', 'done', 'refused')),
  problem     text NOT NULL DEFAULT '', -- why it was refused
  PRIMARY KEY (tenant_id, bulk_id, employee_id),
  FOREIGN KEY (tenant_id, bulk_id) REFERENCES approval_bulk,
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee
);
CREATE INDEX approval_bulk_item_waiting ON approval_bulk_item (tenant_id, bulk_id) WHERE state = 'waiting';
SELECT isolate('approval_bulk_item', 'SELECT, INSERT, UPDATE (state, problem)');

-- +goose Down
SELECT 'going back is restoring a backup';
