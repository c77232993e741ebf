-- +goose Up
-- An account may belong to one employee. With the role employee, which stands
-- alone, it sees that employee's own days and nothing else; with roles of the
-- office the link says whose hours the account may not approve.
ALTER TABLE account
  ADD employee_id bigint,
  ADD CONSTRAINT account_employee_fkey FOREIGN KEY (tenant_id, employee_id) REFERENCES employee,
  DROP CONSTRAINT account_roles_known,
  ADD CONSTRAINT account_roles_known CHECK (roles <@ ARRAY['administrator', 'approver', 'payroll', 'auditor', 'employee'] AND cardinality(roles) > 0),
  ADD CONSTRAINT account_employee_alone CHECK (NOT 'employee' = ANY (roles) OR roles = ARRAY['employee'] AND employee_id IS NOT NULL),
  DROP CONSTRAINT account_language_known,
  ADD CONSTRAINT account_language_known CHECK (language IN ('nl', 'en') OR language IN ('pl', 'de', 'ro') AND roles = ARRAY['employee']);
CREATE UNIQUE INDEX account_employee_once ON account (tenant_id, employee_id) WHERE closed_at IS NULL AND roles = ARRAY['employee'];

-- +goose Down
SELECT 'going back is restoring a backup';
