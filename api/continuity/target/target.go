// Package target promises that a file put at a place for backups stands there
// whole under its name, or not at all, and that a place without a declared
// region is none (OB-P9, OB-C9). A place that doesn't answer gives ErrSilent
// within a minute or so, a folder of a dead network share too.
//
// Folders and SFTP are the kinds of place: what else there is can be mounted as
// a folder, and each kind more would be a door more out of the machine.
package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"tikklok/ingest/tenant"
)

// Store is a session at a place: a folder, or a server's folder by SFTP. Names
// are slash-separated and relative; one that doesn't exist gives fs.ErrNotExist.
type Store interface {
	// Put writes a file whole, over one of the same name, and gives its bytes.
	// It is durable there as far as the other end can say.
	Put(ctx context.Context, name string, body io.Reader) (int64, error)
	// Get opens a file.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List gives what stands in a folder, by name; none for one that isn't there.
	List(ctx context.Context, folder string) ([]Entry, error)
	// Remove removes a file, or an empty folder; one that is gone is no error.
	Remove(ctx context.Context, name string) error
	Close() error
}

// Entry is a file or a folder within another.
type Entry struct {
	Name   string // without its folder
	Folder bool
	Bytes  int64
}

// Target is a place for backups, as whoever runs the server declared it.
type Target struct {
	Name    string       // as people call it
	Place   tenant.Place // its region and its operator's
	Address string       // without secrets, for people

	at       *url.URL
	make     bool   // the folder is made where there is none
	share    *share // of a folder
	hostKeys []string
	keyFile  string
	password string // the file it stands in
}

// ErrInvalid says what of a declaration is wrong.
var ErrInvalid = errors.New("a place for backups is declared as NAME=file:///FOLDER?place=NL/EU or NAME=sftp://USER@HOST:22/FOLDER?place=NL/EU&host-key=SHA256:…&key=FILE (or password-file=FILE)")

var goodName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

// Parse reads NAME=URL. The region must be declared (OB-P9).
func Parse(text string) (Target, error) {
	name, address, _ := strings.Cut(text, "=")
	at, err := url.Parse(address)
	if err != nil || !goodName.MatchString(name) {
		return Target{}, fmt.Errorf("%w; the name has small letters, digits and -", ErrInvalid)
	}
	t := Target{Name: name, at: at}
	q := at.Query()
	if t.Place, err = place(name, q.Get("place")); err != nil {
		return Target{}, err
	}
	t.keyFile, t.password = q.Get("key"), q.Get("password-file")
	for _, key := range q["host-key"] {
		t.hostKeys = append(t.hostKeys, strings.ReplaceAll(key, " ", "+")) // + is a space in a query
	}
	for known := range q {
		if !strings.Contains(" place key password-file host-key ", " "+known+" ") {
			return Target{}, fmt.Errorf("%s: %q is unknown; %w", name, known, ErrInvalid)
		}
	}
	switch at.Scheme {
	case "file":
		if at.Host != "" || !filepath.IsAbs(at.Path) {
			return Target{}, fmt.Errorf("%s: write the folder's whole path after file://; %w", name, ErrInvalid)
		}
		t.Address, t.share = at.Path, &share{address: at.Path, patience: patience}
	case "sftp":
		if err := t.checkSFTP(); err != nil {
			return Target{}, err
		}
		t.Address = "sftp://" + at.Host + at.Path
	default:
		return Target{}, fmt.Errorf("%s: %q is no kind of place that is known yet; %w", name, at.Scheme, ErrInvalid)
	}
	return t, nil
}

func (t Target) checkSFTP() error {
	_, secret := t.at.User.Password()
	switch {
	case secret:
		return fmt.Errorf("%s: a password does not belong on a command line, which everybody on the machine can read; put it into a file and name that with password-file=", t.Name)
	case t.at.Hostname() == "" || t.at.User.Username() == "" || len(strings.Trim(t.at.Path, "/")) == 0:
		return fmt.Errorf("%s: %w", t.Name, ErrInvalid)
	case t.keyFile == "" && t.password == "":
		return fmt.Errorf("%s: say with key= or password-file= how to sign in", t.Name)
	case len(t.hostKeys) == 0:
		return fmt.Errorf("%s: pin the server's key with host-key=SHA256:… (ssh-keyscan HOST | ssh-keygen -lf -), else anybody could answer in its place", t.Name)
	}
	return nil
}

// place reads REGION/OPERATOR of a place whose name is its own.
func place(name, text string) (tenant.Place, error) {
	p, err := tenant.ParsePlace("backups", text)
	if err != nil {
		return p, fmt.Errorf("place for backups %s: it must be declared where it stands, with place=: %w", name, err)
	}
	p.Name = "backup place " + name
	return p, nil
}

// Local is a folder on this machine that is made where there is none; it may
// stand where backups are declared to stand, or undeclared.
func Local(name, folder string, at tenant.Place) Target {
	at.Name = "backup place " + name
	return Target{Name: name, Place: at, Address: folder, at: &url.URL{Scheme: "file", Path: folder}, make: true, share: &share{address: folder, patience: patience}}
}

// Kind gives folder or sftp.
func (t Target) Kind() string {
	if t.at.Scheme == "file" {
		return "folder"
	}
	return t.at.Scheme
}

// Open begins a session; the caller closes it.
func (t Target) Open(ctx context.Context) (Store, error) {
	if t.at.Scheme == "sftp" {
		return t.dial(ctx)
	}
	if err := t.share.do(ctx, t.standing); err != nil {
		return nil, fmt.Errorf("place for backups %s: %w", t.Name, err)
	}
	return folder{t.at.Path, t.share}, nil
}

// standing says whether the folder is there, and makes it where it may.
func (t Target) standing() error {
	if t.make {
		if err := os.MkdirAll(t.at.Path, 0o700); err != nil {
			return err
		}
	}
	if at, err := os.Stat(t.at.Path); err != nil || !at.IsDir() {
		return fmt.Errorf("there is no folder %s; is its disk mounted? (It is not made, so that backups don't land on the wrong disk.)", t.at.Path)
	}
	return nil
}
