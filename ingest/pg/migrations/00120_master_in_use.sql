-- +goose Up
-- Which master key seals: the next one once its time began, and never one that
-- only stands in a file. Whoever asks holds up the beginning of a rotation until
-- its transaction ends, so that a rotation sees every data key under the former
-- one. NULL: the database is sealed under none yet.
-- +goose StatementBegin
CREATE FUNCTION master_in_use() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  LOCK TABLE master_key IN SHARE MODE;
  RETURN (SELECT fingerprint FROM master_key ORDER BY state = 'next' DESC LIMIT 1);
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION master_in_use() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION master_in_use() TO tikklok_app, tikklok_privacy;

-- +goose Down
SELECT 'going back is restoring a backup';
