-- +goose Up
-- Whoever removes what entries of the audit log say records, in the log itself
-- and in the same transaction, of which entries (audit.Purge, audit.Forget):
-- what is gone without that was taken away behind the program's back. Those
-- records stay as long as the chain: they hold numbers of entries only.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_class(action text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE
     WHEN action IN ('data.read', 'day.open') THEN 'access-log'
     WHEN action LIKE 'account.sign\_%' OR action = 'api_key.refuse' THEN 'sign-ins'
     WHEN action = 'audit.remove' THEN 'removals' -- no entry had it, so the index on the class still holds
     ELSE 'audit' END $$;
-- +goose StatementEnd
REVOKE DELETE ON audit_payload FROM tikklok_app; -- it removes nothing

-- What was removed until now was not recorded: it is taken as it is.
ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_payload NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_link NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_waiting NO FORCE ROW LEVEL SECURITY;
CREATE TEMP TABLE audit_gone AS
  WITH gone AS (
    SELECT n.tenant_id, n.entry_id, e.entry_id IS NULL AS whole
    FROM (SELECT tenant_id, entry_id FROM audit_link UNION SELECT tenant_id, entry_id FROM audit_entry) n
    LEFT JOIN audit_entry e USING (tenant_id, entry_id) LEFT JOIN audit_payload p USING (tenant_id, entry_id)
    WHERE p.entry_id IS NULL),
  span AS (
    SELECT tenant_id, whole, min(entry_id) AS first, max(entry_id) AS last
    FROM (SELECT *, entry_id - row_number() OVER (PARTITION BY tenant_id, whole ORDER BY entry_id) AS island FROM gone) g
    GROUP BY tenant_id, whole, island)
  SELECT tenant_id, uuid_send(gen_random_uuid()) AS salt,
    '{"contents":[' || COALESCE(string_agg('[' || first || ',' || last || ']', ',' ORDER BY first) FILTER (WHERE NOT whole), '')
      || '],"entries":[' || COALESCE(string_agg('[' || first || ',' || last || ']', ',' ORDER BY first) FILTER (WHERE whole), '') || ']}' AS said
  FROM span GROUP BY tenant_id;
WITH entry AS (
  INSERT INTO audit_entry (tenant_id, action, subject_kind, actor_kind, payload_hash, salt)
  SELECT tenant_id, 'audit.remove', '', 'system', sha256(salt || said::bytea), uuid_send(gen_random_uuid()) FROM audit_gone
  RETURNING tenant_id, entry_id),
beside AS (
  INSERT INTO audit_payload (tenant_id, entry_id, salt, payload) SELECT tenant_id, entry_id, salt, said::json FROM entry JOIN audit_gone USING (tenant_id))
INSERT INTO audit_waiting (tenant_id, entry_id) SELECT tenant_id, entry_id FROM entry;
DROP TABLE audit_gone;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_payload FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_link FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_waiting FORCE ROW LEVEL SECURITY;

-- +goose Down
SELECT 'going back is restoring a backup';
