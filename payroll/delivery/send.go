package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

// errWithdrawn ends an attempt whose run may no longer leave this way.
var errWithdrawn = errors.New("the run was voided, or brought otherwise, while it was being delivered; nothing was shown to the other end")

// errLost ends an attempt that another server may be making by now.
var errLost = errors.New("the database let go of this delivery while it was under way; nothing was shown to the other end")

// inTime makes the attempt, within the time that its size allows.
func (a *attempt) inTime(ctx context.Context, tx pg.Tx) error {
	run, err := payroll.RunByID(ctx, tx, a.delivery.Run)
	if err != nil {
		return err
	}
	limit := longest(run.Bytes)
	inner, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err = a.try(inner, tx); err != nil && inner.Err() != nil && ctx.Err() == nil {
		return as(FaultLong, fmt.Errorf("not done after %s: %w", limit, err))
	}
	return err
}

// try makes the attempt; nil: the other end has it.
func (a *attempt) try(ctx context.Context, tx pg.Tx) (err error) {
	if a.channel, a.secrets, err = a.Seal.channelOf(ctx, tx, a.delivery.Channel); err != nil {
		return err
	}
	agreed, err := tenant.Contract(ctx, tx)
	if err != nil {
		return err
	}
	if err := a.channel.within(agreed); err != nil {
		return err
	}
	if a.delivery.Kind == Webhook {
		return a.tell(ctx)
	}
	var file payroll.File
	err = a.db.InTenant(ctx, a.tenant, func(tx pg.Tx) (err error) {
		file, err = a.Payroll.File(ctx, tx, a.delivery.Run)
		return err
	})
	if errors.Is(err, payroll.ErrClosed) { // its text names folders
		return as(FaultClosed, errors.New("export is closed until the register of runs and the manifests agree; the operator can see why with `tikklok payroll check`"))
	}
	if err != nil {
		return err
	}
	body, err := file.Open(ctx, a.db, a.tenant)
	if err != nil {
		return err
	}
	if a.delivery.Kind == SETU {
		return a.callSETU(ctx, body)
	}
	return a.put(ctx, file, body)
}

// show commits that the other end is about to see the run, unless it may no
// longer leave this way, or the row is no longer ours: a database that failed
// over has forgotten who held it, and another server may be at it.
func (a *attempt) show(ctx context.Context) error {
	if _, err := a.hold.Exec(ctx, "SELECT"); err != nil {
		return errLost
	}
	return a.db.InTenant(ctx, a.tenant, func(tx pg.Tx) error {
		run, err := payroll.RunByID(ctx, tx, a.delivery.Run)
		if err != nil {
			return err
		}
		if run.State != a.delivery.step {
			return as(FaultVoid, errWithdrawn)
		}
		if err := a.mark(run); err != nil {
			return err
		}
		return noteShown(ctx, tx, a.delivery.ID, a.number, a.now())
	})
}

// delivered tells the register that a person found a run at the other end.
func delivered(ctx context.Context, tx pg.Tx, by audit.Actor, d Delivery, now time.Time) error {
	_, err := payroll.Office{}.MarkDelivered(ctx, tx, by, d.Run, string(d.Kind)+": seen at the other end", now)
	return err
}

// refusal is an HTTP answer that is not the one that was wanted.
type refusal struct {
	status int
	answer string
}

func (r refusal) Error() string { return fmt.Sprintf("the other end answered %d", r.status) }

// answerOf keeps the beginning of what the other end said: enough to find the
// fault, in printable characters.
func answerOf(r io.Reader) string {
	body, _ := io.ReadAll(io.LimitReader(r, 2048)) // what came of it is told
	return strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(string(body), "�"))), " ")
}

// clip cuts a text to its first characters.
func clip(text string, length int) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "�")
	if runes := []rune(text); len(runes) > length {
		return string(runes[:length-1]) + "…"
	}
	return text
}

// readerAt reads an io.ReadSeeker from anywhere.
type readerAt struct{ r io.ReadSeeker }

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	if _, err := r.r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
