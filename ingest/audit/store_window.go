package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tikklok/ingest/pg"
)

// window is links that stand one after the other, with what is kept of their
// entries. Each of the three tables is read by a range of its own, and they are
// joined here: the database, asked to join them, goes through whole tables or
// looks up row by row, at a third of the speed. Its memory is used again by the
// next read.
type window struct {
	whole bool // keep every payload; else only those of records of removals
	links []link
	of    map[int64]*link // by entry
	room  []byte
	words map[string]string
}

// wordsKept bounds how many different words (actions, kinds) are remembered.
const wordsKept = 1000

// read reads the links from a number on, up to last and to some of them.
func (w *window) read(ctx context.Context, tx pg.Tx, from, last int64, most int) error {
	if w.of == nil || len(w.words) > wordsKept {
		w.of, w.words = map[int64]*link{}, map[string]string{}
	}
	clear(w.of)
	w.links, w.room = w.links[:0], w.room[:0]
	if err := w.readLinks(ctx, tx, from, last, most); err != nil {
		return fmt.Errorf("reading the chain of the audit log: %w", err)
	}
	if len(w.links) == 0 {
		return nil
	}
	where, args := w.entries()
	if err := w.readEntries(ctx, tx, where, args); err != nil {
		return fmt.Errorf("reading the audit log: %w", err)
	}
	if err := w.readPayloads(ctx, tx, where, args); err != nil {
		return fmt.Errorf("reading what entries of the audit log say: %w", err)
	}
	return nil
}

// entries gives which entries to read: a range, as entries that are linked one
// after the other mostly have numbers close together.
func (w *window) entries() (where string, args []any) {
	least, most := w.links[0].entry, w.links[0].entry
	ids := make([]int64, len(w.links))
	for i := range w.links {
		id := w.links[i].entry
		ids[i], least, most = id, min(least, id), max(most, id)
		w.of[id] = &w.links[i]
	}
	if uint64(most-least) < 4*uint64(len(ids)) {
		return "tenant_id = current_tenant() AND entry_id BETWEEN $1 AND $2", []any{least, most}
	}
	return "tenant_id = current_tenant() AND entry_id = ANY ($1)", []any{ids}
}

func (w *window) readLinks(ctx context.Context, tx pg.Tx, from, last int64, most int) error {
	rows, err := tx.Query(ctx, `SELECT seq, entry_id, version, commitment, hash FROM audit_link
		WHERE tenant_id = current_tenant() AND seq BETWEEN $1 AND $2 ORDER BY seq LIMIT $3`, from, last, most)
	if err != nil {
		return err
	}
	var l link
	var commitment, hash pgtype.DriverBytes
	_, err = pgx.ForEachRow(rows, []any{&l.seq, &l.entry, &l.version, &commitment, &hash}, func() error {
		l.commitment = [32]byte{} // none: of versionWhole
		copy(l.commitment[:], commitment)
		copy(l.hash[:], hash)
		w.links = append(w.links, l)
		return nil
	})
	return err
}

func (w *window) readEntries(ctx context.Context, tx pg.Tx, where string, args []any) error {
	rows, err := tx.Query(ctx, `SELECT entry_id, at, COALESCE(subject_id, 0), COALESCE(actor_id, 0), salt, payload_hash, action, subject_kind, actor_kind
		FROM audit_entry WHERE `+where, args...)
	if err != nil {
		return err
	}
	var id, subject, by int64
	var at time.Time
	var salt, hash pgtype.DriverBytes
	_, err = pgx.ForEachRow(rows, []any{&id, &at, &subject, &by, &salt, &hash, nil, nil, nil}, func() error {
		l := w.of[id]
		if l == nil { // of another window, or not linked yet
			return nil
		}
		texts := rows.RawValues()[6:]
		l.there, l.at, l.subjectID, l.salt = true, at, subject, w.keep(salt)
		l.action, l.subjectKind, l.by = w.word(texts[0]), w.word(texts[1]), Actor{ActorKind(w.word(texts[2])), by}
		copy(l.payloadHash[:], hash)
		return nil
	})
	return err
}

func (w *window) readPayloads(ctx context.Context, tx pg.Tx, where string, args []any) error {
	rows, err := tx.Query(ctx, "SELECT entry_id, salt, payload FROM audit_payload WHERE "+where, args...)
	if err != nil {
		return err
	}
	var id int64
	var salt pgtype.DriverBytes
	_, err = pgx.ForEachRow(rows, []any{&id, &salt, nil}, func() error {
		l := w.of[id]
		if l == nil {
			return nil
		}
		keep := w.keep
		if !w.whole && l.action != removeAction {
			keep = nil
		}
		l.keeps(salt, rows.RawValues()[2], keep)
		return nil
	})
	return err
}

// keep copies what is valid until the next row only.
func (w *window) keep(b []byte) []byte {
	if b == nil {
		return nil
	}
	from := len(w.room)
	w.room = append(w.room, b...)
	return w.room[from:len(w.room):len(w.room)]
}

// word gives a text; few different ones come.
func (w *window) word(raw []byte) string {
	s, ok := w.words[string(raw)]
	if !ok {
		s = string(raw)
		w.words[s] = s
	}
	return s
}
