-- +goose Up
-- Since when a master key is a former one. Servers that share its file keep
-- dumps each in a folder of their own, which no other can look into: the key
-- stays as long as a dump is kept at all (OB-P14, OB-C8).
CREATE TABLE former_master_key (
  fingerprint text PRIMARY KEY CONSTRAINT former_master_key_fingerprint CHECK (fingerprint ~ '^[0-9a-f]{16}$'),
  replaced_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
SELECT 'going back is restoring a backup';
