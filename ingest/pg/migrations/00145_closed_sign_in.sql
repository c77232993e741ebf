-- +goose Up
-- An attempt at an account that was closed is one to know of (OB-C3, OB-C4), so
-- those are found too. No hash of a password leaves: the account's own
-- transaction reads it.
DROP FUNCTION accounts_for_sign_in(text);
-- +goose StatementBegin
CREATE FUNCTION accounts_for_sign_in(address text)
RETURNS TABLE (tenant_id bigint, account_id bigint, closed boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT a.tenant_id, a.account_id, a.closed_at IS NOT NULL FROM account a WHERE lower(a.email) = lower(address) $$;
-- +goose StatementEnd
ALTER FUNCTION accounts_for_sign_in(text) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION accounts_for_sign_in(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_for_sign_in(text) TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
