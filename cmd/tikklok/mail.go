package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

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
}

// server gives the mail server, or says what is wrong with its settings.
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
	if s.Mail.SMTP == "" {
		slog.Info("nothing is told by e-mail; name a mail server with --smtp")
		return parts, nil
	}
	server, err := s.Mail.server()
	if err != nil {
		return nil, err
	}
	p := mail.Post{Server: server, Log: slog.Default()}
	return append(parts, part{"mail", func(ctx context.Context) error { return p.Run(ctx, db) }}), nil
}
