-- +goose Up
-- Which probe told a comparison of open ports, so that the list of hosts that
-- stands on its key can be bounded (OB-C16). '': the server or its operator.
ALTER TABLE port_check ADD COLUMN probe text NOT NULL DEFAULT '' CONSTRAINT port_check_probe_length CHECK (length(probe) <= 100);
CREATE INDEX port_check_told ON port_check (probe, at) WHERE probe <> '';

-- +goose Down
SELECT 'going back is restoring a backup';
