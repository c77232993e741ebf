package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"tikklok/api/sla/notice"
	"tikklok/ingest/mail"
	"tikklok/ingest/pg"
	"tikklok/payroll/delivery"
)

// mailSettings say which mail server takes letters.
type mailSettings struct {
	SMTP         string   `name:"smtp" placeholder:"HOST:PORT" help:"The mail server that takes what is told by e-mail; without one letters wait in the database until they are of no use."`
	TLS          mail.TLS `name:"smtp-tls" enum:"starttls,implicit,none" default:"starttls" help:"How the way there is kept closed; none: to a server on this machine only."`
	User         string   `name:"smtp-user" placeholder:"NAME" help:"As who to sign in there."`
	PasswordFile string   `name:"smtp-password-file" type:"path" placeholder:"FILE" help:"A file with the password for it."`
	From         string   `name:"mail-from" default:"Tikklok <no-reply@localhost>" help:"The sender of letters."`
	AlarmTo      []string `name:"alarm-to" sep:"none" placeholder:"ADDRESS" help:"Who is told by e-mail what is wrong with this installation, and when it is over (tikklok alarm --help); may be given more than once."`
}

// named gives the mail server, or nil where none is named; an error says what
// is wrong with the settings.
func (m mailSettings) named() (*mail.Server, error) {
	if err := m.checkAlarmTo(); err != nil || m.SMTP == "" {
		return nil, err
	}
	s, err := m.server()
	return &s, err
}

func (m mailSettings) server() (mail.Server, error) {
	s := mail.Server{Address: m.SMTP, TLS: m.TLS, User: m.User, From: m.From}
	if m.PasswordFile != "" {
		text, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return s, fmt.Errorf("--smtp-password-file: %w", err)
		}
		s.Password = strings.TrimRight(string(text), "\r\n")
	}
	if err := s.Check(); err != nil {
		return s, fmt.Errorf("--smtp: %w", err)
	}
	return s, nil
}

// tellers tell webhooks of announcements and, where there is a mail server,
// send what is spooled.
func (s *server) tellers(db *pg.DB, courier delivery.Courier) ([]part, error) {
	hooks := notice.Teller{Courier: courier, Log: slog.Default()}
	parts := []part{{"announcements", func(ctx context.Context) error { return hooks.Run(ctx, db) }}}
	server, err := s.Mail.named()
	if err != nil {
		return nil, err
	}
	alarms, err := s.alarmKeeper(db, server)
	if err != nil {
		return nil, err
	}
	parts = append(parts, part{"alarms", alarms.Run})
	if server == nil {
		slog.Info("nothing is told by e-mail; name a mail server with --smtp")
		return parts, nil
	}
	ledger, err := mail.OpenLedger(s.place.folder("mailed"), time.Now())
	if err != nil {
		return nil, err
	}
	p := mail.Post{Server: *server, Ledger: ledger, Log: slog.Default()}
	return append(parts, part{"mail", func(ctx context.Context) error { return p.Run(ctx, db) }}), nil
}
