package delivery

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

	"tikklok/ingest/tenant"
)

// Kind is a way to the other end.
type Kind string

// The kinds of channels. A destination has at most one of each.
const (
	SFTP    Kind = "sftp"    // the file is put in a folder of a server
	Webhook Kind = "webhook" // the other end is told that a run is ready or void; it pulls
	SETU    Kind = "setu"    // each timecard is posted to a SETU 2.0 API
)

// Kinds gives all kinds.
func Kinds() []Kind { return []Kind{SFTP, Webhook, SETU} }

// Brings says whether the channel brings the run itself, and not only word of
// it.
func (k Kind) Brings() bool { return k != Webhook }

// Channel is a way by which a destination's runs leave by themselves.
type Channel struct {
	ID          int64
	Destination int64
	Kind        Kind
	Settings    Settings
	Region      tenant.Region // where the other end stands; "": not declared
	Operator    tenant.Region // under whose law whoever runs it does
	Since       time.Time     // runs made from then on are sent
	Off         *time.Time    // not used since; nil: in use
}

// Settings are what a channel needs and is no secret.
type Settings struct {
	URL       string   `json:"url,omitempty"`        // Webhook, SETU: https://…; of SETU the part before /purchase-to-pay
	Host      string   `json:"host,omitempty"`       // SFTP
	Port      int      `json:"port,omitempty"`       // SFTP, 1…65535
	User      string   `json:"user,omitempty"`       // SFTP
	Folder    string   `json:"folder,omitempty"`     // SFTP; "": where one is after signing in
	HostKeys  []string `json:"host_keys,omitempty"`  // SFTP: SHA256:… of the keys that the server may have
	PublicKey string   `json:"public_key,omitempty"` // SFTP: of the key that we sign in with, as for authorized_keys
}

// Secrets are what a channel keeps to itself. They are stored sealed, and
// never shown again.
type Secrets struct {
	Password   string `json:"password,omitempty"`    // SFTP
	PrivateKey string `json:"private_key,omitempty"` // SFTP, PEM
	Token      string `json:"token,omitempty"`       // SETU: sent as Authorization: Bearer
	Signing    string `json:"signing,omitempty"`     // Webhook: whsec_…
	Former     string `json:"former,omitempty"`      // Webhook: signs beside it
	// FormerUntil is when Former stops signing.
	FormerUntil time.Time `json:"former_until,omitzero"`
}

// end is the server that an address leads to.
func (s Settings) end() string {
	if u, err := url.Parse(s.URL); err == nil && s.URL != "" {
		return strings.ToLower(u.Scheme + "://" + u.Host)
	}
	return strings.ToLower(net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
}

func (c Channel) place() tenant.Place {
	return tenant.Place{Name: tenant.ChannelPlace + string(c.Kind), Region: c.Region, Operator: c.Operator}
}

// within refuses to bring anything where the contract of this moment does not
// allow it: one that was put back, or taken in, was not held against the channel.
func (c Channel) within(a tenant.Agreement) error {
	if why := a.Terms.Refusal(c.place()); why != "" {
		return as(FaultPlace, errors.New(why))
	}
	return nil
}

// allowed holds a channel to the places that the contract allows (OB-P9).
// Before one is recorded, nothing need be declared.
func (c Channel) allowed(a tenant.Agreement) error {
	place := c.place()
	known := []tenant.Region{"", tenant.NL, tenant.EU, tenant.EEA, tenant.World}
	switch why := a.Terms.Refusal(place); {
	case !slices.Contains(known, c.Region) || !slices.Contains(known, c.Operator):
		return invalid("region", "choose NL, EU, EEA or other")
	case !place.Declared() && a.Version > 0:
		return invalid("region", "say where the other end stands, and under whose law whoever runs it does (OB-P9)")
	case why != "":
		return invalid("place", why)
	}
	return nil
}

// keptFor refuses to show a kept secret to another server than the one it was
// entered for: whoever may change an address need not know it.
func (c Channel) keptFor(old Settings, given, kept Secrets) error {
	switch {
	case c.Settings.end() == old.end():
		return nil
	case kept.Password != "" && given.Password == "" && given.PrivateKey == "":
		return invalid("password", "the address is another one; enter the password again")
	case kept.Token != "" && given.Token == "":
		return invalid("token", "the address is another one; enter the token again")
	}
	return nil
}

// Invalid is an ErrInvalid that names the field: kind, way, url, host, port, user,
// folder, host_keys, region, place, password, private_key, token, overlap or reason.
type Invalid struct{ Field, Reason string }

func (e *Invalid) Error() string { return ErrInvalid.Error() + ": " + e.Reason }

// Is makes it an ErrInvalid.
func (e *Invalid) Is(target error) bool { return target == ErrInvalid }

func invalid(field, reason string) error { return &Invalid{field, reason} }

// check tidies settings and secrets and says what is wrong with them.
func (c *Channel) check(s *Secrets) error {
	switch c.Kind {
	case SFTP:
		return c.Settings.checkSFTP(s)
	case Webhook, SETU:
		if err := c.Settings.checkURL(c.Kind); err != nil {
			return err
		}
		if c.Kind == SETU && (len(s.Token) > 4000 || strings.ContainsFunc(s.Token, notPlain)) {
			return invalid("token", "a token has at most 4000 plain characters, none of them a space")
		}
		c.Settings = Settings{URL: c.Settings.URL}
		*s = Secrets{Token: s.Token, Signing: s.Signing, Former: s.Former, FormerUntil: s.FormerUntil}
		return nil
	}
	return invalid("kind", fmt.Sprintf("the kind %q is unknown; use sftp, webhook or setu", c.Kind))
}

func notPlain(r rune) bool { return r <= ' ' || r > '~' }

func (s *Settings) checkURL(kind Kind) error {
	s.URL = strings.TrimSuffix(strings.TrimSpace(s.URL), "/")
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Host == "" || len(s.URL) > 500 || strings.ContainsFunc(s.URL, notPlain):
		return invalid("url", "the address is none; write it as https://host/path")
	case u.Scheme != "https" && u.Scheme != "http":
		return invalid("url", "the address begins with https://")
	case u.User != nil:
		return invalid("url", "leave name and password out of the address; they would stand in logs")
	case u.RawQuery != "" && kind == SETU:
		return invalid("url", "leave out what follows the ?; the path of the timecards comes after the address")
	case u.Fragment != "":
		return invalid("url", "leave out what follows the #; it is never sent")
	}
	return nil
}

var fingerprint = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)

func (s *Settings) checkSFTP(secret *Secrets) error {
	s.Host, s.User, s.Folder = strings.TrimSpace(s.Host), strings.TrimSpace(s.User), strings.TrimSpace(s.Folder)
	if s.Port == 0 {
		s.Port = 22
	}
	*s = Settings{Host: s.Host, Port: s.Port, User: s.User, Folder: s.Folder, HostKeys: slices.Compact(slices.Sorted(slices.Values(s.HostKeys))), PublicKey: s.PublicKey}
	*secret = Secrets{Password: secret.Password, PrivateKey: secret.PrivateKey}
	switch {
	case s.Host == "" || len(s.Host) > 253 || strings.ContainsFunc(s.Host, notPlain) || strings.ContainsAny(s.Host, "/@[]"):
		return invalid("host", "the server is a name or an address, without port")
	case s.Port < 1 || s.Port > 65535:
		return invalid("port", "a port lies between 1 and 65535")
	case s.User == "" || len(s.User) > 100 || strings.ContainsFunc(s.User, unicode.IsControl):
		return invalid("user", "the user name has 1 to 100 characters")
	case len(s.Folder) > 300 || strings.ContainsFunc(s.Folder, unicode.IsControl) || slices.Contains(strings.Split(s.Folder, "/"), ".."):
		return invalid("folder", "a folder has at most 300 characters, and does not go up by ..")
	case len(s.HostKeys) > 10:
		return invalid("host_keys", "a server has at most 10 keys")
	case len(secret.Password) > 1000:
		return invalid("password", "a password has at most 1000 characters")
	}
	if s.Folder != "" {
		s.Folder = path.Clean(s.Folder)
	}
	for _, f := range s.HostKeys {
		if !fingerprint.MatchString(f) {
			return invalid("host_keys", "a fingerprint is SHA256: and 43 characters, as `ssh-keyscan HOST | ssh-keygen -lf -` prints it")
		}
	}
	return s.checkKey(secret)
}

// checkKey reads the private key; of it the public half is shown.
func (s *Settings) checkKey(secret *Secrets) error {
	s.PublicKey = ""
	if secret.PrivateKey == "" {
		return nil
	}
	signer, err := ssh.ParsePrivateKey([]byte(secret.PrivateKey))
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return invalid("private_key", "the private key has a passphrase; take one without, or leave the field empty and have one made here")
	case err != nil:
		return invalid("private_key", "this is no private key in PEM or OpenSSH form; leave the field empty and one is made here")
	}
	s.PublicKey = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	return nil
}

// Address says where a channel leads, for people.
func (c Channel) Address() string {
	if c.Kind != SFTP {
		return c.Settings.URL
	}
	return "sftp://" + net.JoinHostPort(c.Settings.Host, strconv.Itoa(c.Settings.Port)) + "/" + strings.TrimPrefix(c.Settings.Folder, "/")
}
