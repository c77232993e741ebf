-- +goose Up
-- What a printed paper asks: the approvals of somebody's weeks, which approval
-- a printed hash names, and where the audit log says so.
CREATE INDEX approval_week ON approval (tenant_id, employee_id, monday);
CREATE INDEX approval_hash ON approval (tenant_id, hash);
CREATE INDEX audit_entry_approval ON audit_entry (tenant_id, subject_id) WHERE action = 'timesheet.approve';

-- +goose Down
SELECT 'going back is restoring a backup';
