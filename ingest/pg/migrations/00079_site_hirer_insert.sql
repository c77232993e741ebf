-- +goose Up
-- A site that is added with its hirer is of that one from the beginning.
CREATE TRIGGER site_hirer_given AFTER INSERT ON site FOR EACH ROW WHEN (NEW.hirer_id IS NOT NULL) EXECUTE FUNCTION note_site_hirer();

-- +goose Down
SELECT 'going back is restoring a backup';
