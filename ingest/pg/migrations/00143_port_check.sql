-- +goose Up
-- Which ports of the server were open, and whether that was expected (OB-C16).
-- Of the whole installation: no tenant and no person is in it.
CREATE TABLE port_check (
  at         timestamptz NOT NULL,
  seen       text NOT NULL CONSTRAINT port_check_seen_known CHECK (seen IN ('inside', 'outside')),
  host       text NOT NULL CONSTRAINT port_check_host_length CHECK (length(host) BETWEEN 1 AND 255),
  open       int[] NOT NULL CONSTRAINT port_check_open CHECK (0 < ALL (open) AND 65536 > ALL (open)),
  unexpected int[] NOT NULL CONSTRAINT port_check_unexpected CHECK (0 < ALL (unexpected) AND 65536 > ALL (unexpected)),
  missing    int[] NOT NULL CONSTRAINT port_check_missing CHECK (0 < ALL (missing) AND 65536 > ALL (missing)),
  PRIMARY KEY (seen, host, at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON port_check FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON port_check TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
