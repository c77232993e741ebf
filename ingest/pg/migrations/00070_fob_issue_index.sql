-- +goose Up
-- Who held a fob is asked with every tap.
CREATE INDEX fob_issue_fob ON fob_issue (tenant_id, fob_id, issued_at);

-- +goose Down
SELECT 'going back is restoring a backup';
