-- +goose Up
-- Addresses that a mail server refuses are looked for each minute.
CREATE INDEX mail_refused ON mail (tenant_id, account_id) WHERE state = 'refused';
CREATE INDEX mail_sent_to ON mail (tenant_id, account_id, ended_at) WHERE state = 'sent';

-- +goose Down
SELECT 'going back is restoring a backup';
