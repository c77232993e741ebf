package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/ending"
)

type tenantCertificate struct {
	Number   int64  `arg:"" help:"Of the customer that was destroyed."`
	PDF      string `name:"pdf" type:"path" placeholder:"FILE" help:"Write it on paper, to a file that is not there yet."`
	Language string `default:"nl" enum:"nl,en" help:"nl or en."`
}

// Run shows the certificate of a destruction: nobody can sign in to see it
// (OB-P6).
func (c tenantCertificate) Run(ctx context.Context, p place) error {
	return p.withDatabase(ctx, func(d *database) error {
		db, err := d.open(ctx, pg.RoleApp)
		if err != nil {
			return err
		}
		defer db.Close()
		var all []privacy.Certificate
		err = db.InTenant(ctx, c.Number, func(tx pg.Tx) (err error) {
			all, err = privacy.Certificates(ctx, tx, privacy.CertDestruction, 1)
			return err
		})
		if err == nil && len(all) == 0 {
			err = errors.New("no destruction of customer " + strconv.FormatInt(c.Number, 10) + " was certified")
		}
		if err != nil {
			return err
		}
		return c.show(all[0])
	})
}

func (c tenantCertificate) show(of privacy.Certificate) error {
	paper, err := ending.Paper(c.Language, of)
	if err != nil {
		return err
	}
	if c.PDF == "" {
		fmt.Print(paper.Text())
		return nil
	}
	file, err := os.OpenFile(c.PDF, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("writing the certificate: %w", err)
	}
	if err := errors.Join(paper.PDF(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(c.PDF))
	}
	return nil
}
