package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"tikklok/api/sla/alarm"
	"tikklok/ingest/mail"
	"tikklok/ingest/pg"
)

// alarmBook is where the alarms of whoever runs the service are kept: beside
// the database, as its loss is one of them.
func (p place) alarmBook() string { return p.folder("alarms.json") }

// alarmKeeper looks what is wrong, and tells it to --alarm-to by way of server
// (nil: there is none) and to the administrators of customers.
func (s *server) alarmKeeper(db *pg.DB, server *mail.Server) (alarm.Keeper, error) {
	book, err := alarm.OpenBook(s.place.alarmBook())
	if errors.Is(err, alarm.ErrDamaged) {
		slog.Warn("the book of alarms was damaged", "error", err)
	} else if err != nil {
		return alarm.Keeper{}, err
	}
	if len(s.Mail.AlarmTo) == 0 {
		slog.Info("nobody is told by e-mail what is wrong with this installation; name an address with --alarm-to")
	}
	logged, _ := slog.Default().Handler().(*errorLog)
	l := &lookout{db: db, state: s.place.State, errors: logged, mailed: server != nil, wait: lookTimeout}
	if s.portsSoftly() {
		if l.softly, err = os.Hostname(); err != nil {
			return alarm.Keeper{}, fmt.Errorf("naming this machine: %w", err)
		}
	}
	return alarm.Keeper{Look: l.look, Book: book, To: s.Mail.AlarmTo, Server: server, Zone: time.Local, Log: slog.Default()}, nil
}

// checkAlarmTo refuses addresses that are none.
func (m mailSettings) checkAlarmTo() error {
	for _, to := range m.AlarmTo {
		if !mail.Reaches(to) {
			return fmt.Errorf("--alarm-to %q is no address; write it as duty@example.com", to)
		}
	}
	if len(m.AlarmTo) > 0 && m.SMTP == "" {
		return errors.New("--alarm-to needs a mail server: name one with --smtp")
	}
	return nil
}

type alarmCommand struct {
	List alarmListCommand `cmd:"" help:"Show what is wrong, since when, and whether it was told."`
}

// Help says where alarms come from.
func (alarmCommand) Help() string {
	return `For whoever runs the server. Once a minute it looks what is wrong with the
installation and at each customer: backups, open ports, certificates, probes, the
duty roster, audit logs, availability, incidents, letters that wait, the disk, the
database, and all that is logged as an error. With --alarm-to each of these is
told by e-mail once when it begins, again each day while it lasts, and once when
it is over. What comes and goes within a quarter of an hour is one alarm.

  tikklok serve --smtp mail.example.com:587 --mail-from "Tikklok <no-reply@example.com>" \
    --smtp-user tikklok --smtp-password-file /etc/tikklok/smtp --alarm-to duty@example.com
  tikklok alarm list`
}

type alarmListCommand struct{}

// Run prints the book. It needs no database and no server that runs.
func (alarmListCommand) Run(p place) error {
	all, waiting, err := alarm.ReadBook(p.alarmBook())
	if err != nil {
		return err
	}
	for _, a := range all {
		state := "told " + a.Told.Local().Format(moment)
		switch {
		case a.Told.IsZero():
			state = "not told yet"
		case !a.Clear.IsZero():
			state += ", not seen since " + a.Clear.Local().Format(moment)
		}
		fmt.Printf("%s  since %s, %s\n    %s\n", a.Key, a.Since.Local().Format(moment), state, a.EN)
	}
	fmt.Printf("%d alarms, %d letters wait\n", len(all), waiting)
	return nil
}
