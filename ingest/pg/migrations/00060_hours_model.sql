-- +goose Up
-- A contract is a kind of agreement that several employees have: rules hang on
-- it (full time, on call, …).
CREATE TABLE contract (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  contract_id bigint GENERATED ALWAYS AS IDENTITY,
  name        text NOT NULL CONSTRAINT contract_name_length CHECK (length(name) BETWEEN 1 AND 100),
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, contract_id),
  CONSTRAINT contract_name_once UNIQUE (tenant_id, name)
);
SELECT isolate('contract', 'SELECT, INSERT, UPDATE');

-- What an employee agreed on, from a day on until the next. Before the first
-- one holds employee.contract_minutes, without a contract.
CREATE TABLE employee_terms (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  employee_id bigint NOT NULL,
  from_day    date NOT NULL,
  contract_id bigint,
  minutes     int NOT NULL CONSTRAINT employee_terms_minutes_range CHECK (minutes BETWEEN 0 AND 10080), -- a week; 0: on call
  PRIMARY KEY (tenant_id, employee_id, from_day),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  FOREIGN KEY (tenant_id, contract_id) REFERENCES contract
);
SELECT isolate('employee_terms', 'SELECT, INSERT, UPDATE, DELETE');

-- A hirer is a set of sites with its own approvers and conditions.
CREATE TABLE hirer (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  hirer_id   bigint GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL CONSTRAINT hirer_name_length CHECK (length(name) BETWEEN 1 AND 100),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, hirer_id),
  CONSTRAINT hirer_name_once UNIQUE (tenant_id, name)
);
SELECT isolate('hirer', 'SELECT, INSERT, UPDATE');
ALTER TABLE site ADD hirer_id bigint, ADD CONSTRAINT site_hirer_fkey FOREIGN KEY (tenant_id, hirer_id) REFERENCES hirer;

-- That an employee works for a hirer, or at a site, on an assignment of the
-- agency: its number and cost centre go out with the hours.
CREATE TABLE assignment (
  tenant_id     bigint NOT NULL REFERENCES tenant,
  assignment_id bigint GENERATED ALWAYS AS IDENTITY,
  employee_id   bigint NOT NULL,
  hirer_id      bigint, -- NULL: any
  site_id       bigint, -- NULL: any of the hirer's
  number        text NOT NULL CONSTRAINT assignment_number_length CHECK (length(number) BETWEEN 1 AND 50),
  cost_centre   text NOT NULL DEFAULT '' CONSTRAINT assignment_cost_centre_length CHECK (length(cost_centre) <= 50),
  from_day      date NOT NULL,
  until_day     date CONSTRAINT assignment_period_order CHECK (until_day IS NULL OR until_day >= from_day), -- last day
  PRIMARY KEY (tenant_id, assignment_id),
  FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  FOREIGN KEY (tenant_id, hirer_id) REFERENCES hirer,
  FOREIGN KEY (tenant_id, site_id) REFERENCES site
);
CREATE INDEX assignment_employee ON assignment (tenant_id, employee_id, from_day);
SELECT isolate('assignment', 'SELECT, INSERT, UPDATE');

-- Rules that hold for a part of the tenant: the fields that the patch names
-- stand above those of the tenant, or of a wider scope (rule.Scope).
ALTER TABLE rule_set ADD scope text NOT NULL DEFAULT 'tenant'
    CONSTRAINT rule_set_scope_known CHECK (scope IN ('tenant', 'hirer', 'site', 'contract', 'assignment', 'employee')),
  ADD scope_id bigint NOT NULL DEFAULT 0 CONSTRAINT rule_set_scope_has_id CHECK ((scope = 'tenant') = (scope_id = 0));

-- The decisions that came with exceptions of every kind. Each says what it is
-- about; those of a whole day name it.
ALTER TABLE decision
  ADD day     date,
  ADD minutes int,
  ADD code    text NOT NULL DEFAULT '' CONSTRAINT decision_code_length CHECK (length(code) <= 20),
  ADD about   text NOT NULL DEFAULT '' CONSTRAINT decision_about_length CHECK (length(about) <= 40),
  DROP CONSTRAINT decision_kind_known,
  DROP CONSTRAINT decision_has_what_it_needs,
  ADD CONSTRAINT decision_kind_known CHECK (kind IN ('add_punch', 'set_time', 'ignore_tap', 'accept', 'undo', 'assign_tap', 'absent', 'add_minutes')),
  ADD CONSTRAINT decision_has_what_it_needs CHECK (CASE kind
    WHEN 'add_punch' THEN at IS NOT NULL AND mode IN ('in', 'out', 'break')
    WHEN 'set_time' THEN at IS NOT NULL AND seq IS NOT NULL
    WHEN 'ignore_tap' THEN seq IS NOT NULL
    WHEN 'assign_tap' THEN seq IS NOT NULL
    WHEN 'accept' THEN at IS NOT NULL OR day IS NOT NULL AND about <> ''
    WHEN 'absent' THEN day IS NOT NULL AND minutes BETWEEN 1 AND 1440
    WHEN 'add_minutes' THEN day IS NOT NULL AND minutes BETWEEN -1440 AND 1440 AND minutes <> 0 AND code <> ''
    ELSE undoes IS NOT NULL END);

-- What a line's minutes are (hours.LineKind).
ALTER TABLE hour_line ADD kind text NOT NULL DEFAULT '',
  DROP CONSTRAINT hour_line_minutes_positive, ADD CONSTRAINT hour_line_not_empty CHECK (minutes <> 0),
  ADD CONSTRAINT hour_line_kind_known CHECK (kind IN ('', 'supplement', 'added', 'absent', 'holiday'));
ALTER TABLE approved_line ADD kind text NOT NULL DEFAULT ''
  CONSTRAINT approved_line_kind_known CHECK (kind IN ('', 'supplement', 'added', 'absent', 'holiday'));

-- +goose Down
SELECT 'going back is restoring a backup';
