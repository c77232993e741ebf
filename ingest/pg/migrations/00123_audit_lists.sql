-- Reads of lists, in which a person is one of many, are told in the file of
-- each of them (OB-P7): they are found without the reads of one person each,
-- of which there are a hundred times as many.

-- +goose Up
CREATE INDEX audit_entry_lists ON audit_entry (tenant_id, at) WHERE action = 'data.read' AND subject_id IS NULL;

-- +goose Down
DROP INDEX audit_entry_lists;
