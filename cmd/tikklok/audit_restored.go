package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type auditRestored struct {
	Reason string `required:"" help:"Which backup, and why, 1 to 300 characters; it is audited."`
	Tenant string `help:"Name or number; needed where there are several."`
	To     string `placeholder:"FOLDER" help:"Says it in audit-anchors.jsonl in this folder too, where copies are kept."`
}

// Help says what it takes.
func (auditRestored) Help() string {
	return `A database that was restored from a backup ends before ends of the audit log that
were kept since, and goes on otherwise: each night says so, as it must. This says
that it was a restore: the ends that no longer fit count no more from here on, and
stay in the file. It is refused where anything else is wrong with the log.

  tikklok audit restored --reason "disk failed; backup of 20 November 03:00"`
}

// Run writes it down, in the log itself and beside the anchors.
func (c auditRestored) Run(ctx context.Context, p place) error {
	if n := len([]rune(c.Reason)); n < 1 || n > 300 {
		return errors.New("--reason takes 1 to 300 characters")
	}
	return p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		book := p.anchors(c.To)
		kept, err := book.read()
		if err != nil {
			return err
		}
		before, err := audit.CheckAll(ctx, db, t.ID, kept, nil)
		if err != nil {
			return err
		}
		r, ok := before.Restore(kept)
		if !ok {
			return errors.Join(errors.New("no end that was kept is of another course of the log: nothing was changed"), before.Err())
		}
		r.At, r.Reason = time.Now().UTC().Truncate(time.Second), c.Reason
		return c.record(ctx, db, t.ID, book, r)
	})
}

func (auditRestored) record(ctx context.Context, db *pg.DB, tenant int64, book anchorBook, r audit.Restored) error {
	err := db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		return audit.Append(ctx, tx, audit.Entry{Action: "audit.restored", By: operator, Payload: map[string]any{"after": r.After, "reason": r.Reason}})
	})
	if err != nil {
		return err
	}
	line, err := json.Marshal(r)
	if err == nil {
		err = book.add(line)
	}
	if err == nil { // verified before the line stands it would alarm until the next night
		err = db.InTenant(ctx, tenant, func(tx pg.Tx) error { return audit.AskCheck(ctx, tx) })
	}
	if err == nil {
		fmt.Printf("ends of the audit log that were kept after entry %d count no more\n", r.After)
	}
	return err
}
