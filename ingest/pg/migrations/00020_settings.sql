-- +goose Up
-- The version of what a tenant's gateways should know: it rises whenever the
-- content changes, on every replica alike, and after a restored backup too.
CREATE TABLE gateway_settings (
  tenant_id bigint PRIMARY KEY REFERENCES tenant,
  version   bigint NOT NULL,
  digest    bytea NOT NULL
);
SELECT isolate('gateway_settings', 'SELECT', 'SELECT, INSERT, UPDATE');

-- +goose Down
SELECT 'going back is restoring a backup';
