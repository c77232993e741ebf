package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Hardware is a device on loan that hangs nowhere, or that was taken off the
// shelf (OB-H7).
type Hardware struct {
	ID      int64
	Kind    string // gateway | reader
	Label   string // serial number, or what it was called
	Place   string // one of the Place constants
	Reason  string
	Gateway int64 // what it was, or is; 0: none
	Reader  int64
	Since   time.Time
}

// Shelf gives all devices that hang nowhere or came off the shelf, the latest
// first.
func Shelf(ctx context.Context, tx pg.Tx) ([]Hardware, error) {
	rows, err := tx.Query(ctx, `SELECT hardware_id, kind, label, status, reason, COALESCE(gateway_id, 0), COALESCE(reader_id, 0), since
		FROM hardware WHERE tenant_id = current_tenant() ORDER BY since DESC, hardware_id DESC`)
	return collect(rows, err, "hardware", func(r pgx.CollectableRow) (h Hardware, err error) {
		return h, r.Scan(&h.ID, &h.Kind, &h.Label, &h.Place, &h.Reason, &h.Gateway, &h.Reader, &h.Since)
	})
}

// AddHardware puts a device on the shelf that was not in use yet.
func AddHardware(ctx context.Context, tx pg.Tx, by audit.Actor, h Hardware) (Hardware, error) {
	h.Place = PlaceSpare
	err := tx.QueryRow(ctx, `INSERT INTO hardware (tenant_id, kind, label, status, reason) VALUES (current_tenant(), $1, $2, $3, $4)
		RETURNING hardware_id, since`, h.Kind, h.Label, h.Place, h.Reason).Scan(&h.ID, &h.Since)
	if err != nil {
		return Hardware{}, named("adding a device to the shelf", err)
	}
	return h, record(ctx, tx, by, "hardware.add", "hardware", h.ID, map[string]any{"kind": h.Kind, "label": h.Label})
}

// PlaceHardware says where a device on the shelf is now.
func PlaceHardware(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, place, reason string, now time.Time) error {
	if place == PlaceInUse || place == "" {
		return ErrPlace
	}
	tag, err := tx.Exec(ctx, `UPDATE hardware SET status = $2, reason = $3, since = $4
		WHERE tenant_id = current_tenant() AND hardware_id = $1`, id, place, reason, now)
	if err := changed("device on the shelf", id, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "hardware.place", "hardware", id, map[string]any{"place": place, "reason": reason})
}

// shelve puts a device that leaves on the shelf. A row by which it once came
// off the shelf goes back there: then it must be somewhere.
func shelve(ctx context.Context, tx pg.Tx, h Hardware, l Leave) error {
	if l.Place == "" {
		return offTheShelf(ctx, tx, h)
	}
	tag, err := tx.Exec(ctx, `UPDATE hardware SET status = $3, reason = $4, since = $5
		WHERE tenant_id = current_tenant() AND status = 'in_use' AND (gateway_id = NULLIF($1::bigint, 0) OR reader_id = NULLIF($2::bigint, 0))`,
		h.Gateway, h.Reader, l.Place, l.Reason, l.Now)
	if err == nil && tag.RowsAffected() == 0 {
		_, err = tx.Exec(ctx, `INSERT INTO hardware (tenant_id, kind, label, status, reason, gateway_id, reader_id, since)
			VALUES (current_tenant(), $1, $2, $3, $4, NULLIF($5::bigint, 0), NULLIF($6::bigint, 0), $7)`, h.Kind, h.Label, l.Place, l.Reason, h.Gateway, h.Reader, l.Now)
	}
	if err != nil {
		return named("putting a device on the shelf", err)
	}
	return nil
}

// offTheShelf refuses to forget a device that came off the shelf.
func offTheShelf(ctx context.Context, tx pg.Tx, h Hardware) error {
	var known bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM hardware WHERE tenant_id = current_tenant() AND status = 'in_use' AND reader_id = $1)`, h.Reader).Scan(&known)
	if err != nil {
		return fmt.Errorf("looking at the shelf: %w", err)
	}
	if known {
		return ErrPlace
	}
	return nil
}

// takeSpare takes a spare device off the shelf for a place; 0: none was there.
func takeSpare(ctx context.Context, tx pg.Tx, id int64, h Hardware, l Leave) error {
	if id == 0 {
		return nil
	}
	tag, err := tx.Exec(ctx, `UPDATE hardware SET status = 'in_use', reason = '', gateway_id = NULLIF($3::bigint, 0), reader_id = NULLIF($4::bigint, 0), since = $5
		WHERE tenant_id = current_tenant() AND hardware_id = $1 AND kind = $2 AND status = 'spare'`, id, h.Kind, h.Gateway, h.Reader, l.Now)
	return changed("spare device", id, tag, err)
}

func retireReader(ctx context.Context, tx pg.Tx, id int64, l Leave) error {
	tag, err := tx.Exec(ctx, `UPDATE reader SET retired_at = $2, retired_by = $3, retired_reason = $4
		WHERE tenant_id = current_tenant() AND reader_id = $1`, id, l.Now, l.By.ID, l.Reason)
	if err := changed("reader", id, tag, err); err != nil {
		return err
	}
	return tell(ctx, tx)
}

func restoreReader(ctx context.Context, tx pg.Tx, id int64) error {
	tag, err := tx.Exec(ctx, `UPDATE reader SET retired_at = NULL, retired_by = NULL, retired_reason = ''
		WHERE tenant_id = current_tenant() AND reader_id = $1 AND retired_at IS NOT NULL`, id)
	if err := changed("reader", id, tag, err); err != nil {
		return err
	}
	return tell(ctx, tx)
}

// retireGateway also retires the gateway's readers without memory.
func retireGateway(ctx context.Context, tx pg.Tx, id int64, l Leave) error {
	tag, err := tx.Exec(ctx, `UPDATE gateway SET retired_at = $2, retired_by = $3, retired_reason = $4
		WHERE tenant_id = current_tenant() AND gateway_id = $1`, id, l.Now, l.By.ID, l.Reason)
	if err := changed("gateway", id, tag, err); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE reader SET retired_at = $2, retired_by = $3, retired_reason = $4
		WHERE tenant_id = current_tenant() AND origin = $1 AND key <> '' AND retired_at IS NULL`, id, l.Now, l.By.ID, l.Reason); err != nil {
		return fmt.Errorf("retiring the readers of gateway %d: %w", id, err)
	}
	return tell(ctx, tx)
}

// forgetTold drops what the device that leaves said of itself: it is not
// compared with what the next one says.
func forgetTold(ctx context.Context, tx pg.Tx, id int64) error {
	b := &pgx.Batch{}
	b.Queue("DELETE FROM gateway_told WHERE tenant_id = current_tenant() AND gateway_id = $1", id)
	b.Queue(`UPDATE gateway SET online = false, software = '', clock = '', unsent = 0, damaged = 0
		WHERE tenant_id = current_tenant() AND gateway_id = $1`, id)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("swapping gateway %d: %w", id, err)
	}
	return tell(ctx, tx)
}

func setReplaces(ctx context.Context, tx pg.Tx, id, old int64) error {
	tag, err := tx.Exec(ctx, "UPDATE reader SET replaces = $2 WHERE tenant_id = current_tenant() AND reader_id = $1", id, old)
	return changed("reader", id, tag, err)
}

// MoveGateway binds a gateway to another site of the tenant: its own origin
// and its readers without memory go along; those with memory stay (I1).
func MoveGateway(ctx context.Context, tx pg.Tx, by audit.Actor, id, site int64) error {
	tag, err := tx.Exec(ctx, "UPDATE gateway SET site_id = $2 WHERE tenant_id = current_tenant() AND gateway_id = $1 AND revoked_at IS NULL", id, site)
	if err := changedInUse(ctx, tx, id, tag, err); err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue("UPDATE origin SET site_id = $2 WHERE tenant_id = current_tenant() AND origin = $1", id, site)
	b.Queue("UPDATE reader SET site_id = $2 WHERE tenant_id = current_tenant() AND origin = $1", id, site)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("moving gateway %d: %w", id, err)
	}
	if err := tell(ctx, tx); err != nil {
		return err
	}
	return record(ctx, tx, by, "gateway.move", "gateway", id, map[string]any{"site": site})
}
