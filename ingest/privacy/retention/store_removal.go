package retention

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// returned is what a DELETE of registrations r gives of each to a removal.
const returned = ` RETURNING r.origin, r.epoch, r.seq, r.tick, r.wall, r.gap, r.reader_id, r.key_version, r.token, r.arrived`

// removal gathers registrations that one piece removes, to write down their
// counts, the ranges of their names and a hash, never their content (I3). It is
// summed up here and not in SQL: there it took twice as long as the removing.
// The next piece may take up its memory (reset).
type removal struct {
	names    []removedName
	contents []byte
}

func (r *removal) reset() { r.names, r.contents = r.names[:0], r.contents[:0] }

// removedName is the name of a registration and where its content stands.
type removedName struct {
	origin, epoch, seq int64
	from, to           int
}

// gather runs a DELETE that ends with returned.
func (r *removal) gather(ctx context.Context, tx pg.Tx, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql+returned, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)...)
	if err != nil {
		return fmt.Errorf("removing taps: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r.add(rows.RawValues())
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("removing taps: %w", err)
	}
	return nil
}

// add takes a row of returned as PostgreSQL sends it: the bytes of the columns
// after the name are its content.
func (r *removal) add(row [][]byte) {
	from := len(r.contents)
	for _, column := range row[3:] {
		r.contents = append(r.contents, column...)
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(row[i])) }
	r.names = append(r.names, removedName{number(0), number(1), number(2), from, len(r.contents)})
}

// removedStream is what was removed of a stream.
type removedStream struct {
	origin, epoch int64
	seqs          []byte // an int8multirange
	hash          [sha256.Size]byte
}

// streams sums up, in order of origin and epoch. A stream's hash is SHA-256
// over its registrations' content in order of seq.
func (r *removal) streams() []removedStream {
	slices.SortFunc(r.names, func(a, b removedName) int {
		return cmp.Or(cmp.Compare(a.origin, b.origin), cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.seq, b.seq))
	})
	var all []removedStream
	for at := 0; at < len(r.names); {
		first := r.names[at]
		end := at + 1
		for end < len(r.names) && r.names[end].origin == first.origin && r.names[end].epoch == first.epoch {
			end++
		}
		all = append(all, removedStream{first.origin, first.epoch, ranges(r.names[at:end]), r.hash(r.names[at:end])})
		at = end
	}
	return all
}

func (r *removal) hash(names []removedName) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, n := range names {
		h.Write(r.contents[n.from:n.to])
	}
	return [sha256.Size]byte(h.Sum(sum[:0]))
}

// ranges writes the numbers of sorted names as an int8multirange.
func ranges(names []removedName) []byte {
	out := []byte{'{'}
	for at := 0; at < len(names); {
		end := at + 1
		for end < len(names) && names[end].seq == names[end-1].seq+1 {
			end++
		}
		if at > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(append(out, '['), names[at].seq, 10)
		out = strconv.AppendInt(append(out, ','), names[end-1].seq, 10)
		out = append(out, ']')
		at = end
	}
	return append(out, '}')
}

// record writes down what was removed, with how many punches went with it. The
// hash of the whole is SHA-256 over those of its streams.
func (r *removal) record(ctx context.Context, tx pg.Tx, by audit.Actor, punches int64) (hash [sha256.Size]byte, err error) {
	var origins, epochs []int64
	var seqs []string
	whole := sha256.New()
	for _, s := range r.streams() {
		origins, epochs, seqs = append(origins, s.origin), append(epochs, s.epoch), append(seqs, string(s.seqs))
		whole.Write(s.hash[:])
	}
	hash = [sha256.Size]byte(whole.Sum(nil))
	if len(r.names) == 0 && punches == 0 {
		return hash, nil
	}
	_, err = tx.Exec(ctx, `WITH record AS (INSERT INTO removal (tenant_id, cause, by_kind, by_id, registrations, punches, hash)
			VALUES (current_tenant(), 'retention', $1, $2, $3, $4, $5) RETURNING removal_id)
		INSERT INTO removed_name (tenant_id, removal_id, origin, epoch, seqs)
		SELECT current_tenant(), removal_id, o, e, s::int8multirange FROM record, unnest($6::bigint[], $7::bigint[], $8::text[]) k (o, e, s)`,
		by.Kind, by.ID, len(r.names), punches, hash[:], origins, epochs, seqs)
	if err != nil {
		return hash, fmt.Errorf("recording which taps were removed: %w", err)
	}
	return hash, nil
}
