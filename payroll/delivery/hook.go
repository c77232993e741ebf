package delivery

import (
	"context"
	"fmt"
)

// hookLabel binds what is sealed to a tenant's webhook of no destination.
func hookLabel(tenant int64) []byte { return fmt.Appendf(nil, "hook %d", tenant) }

// NewHook tidies the address of a webhook that tells of the service itself and
// of no destination (OB-S3), and makes its signing secret: sealed, and to be
// shown this once. Errors: ErrInvalid.
func (s Seal) NewHook(tenant int64, address string) (tidy string, sealed []byte, shown string, err error) {
	settings, secrets := Settings{URL: address}, Secrets{Signing: newSigning()}
	if err := settings.checkURL(Webhook); err != nil {
		return "", nil, "", err
	}
	sealed, err = s.close(secrets, hookLabel(tenant))
	return settings.URL, sealed, secrets.Signing, err
}

// TellHook posts a message to such a webhook, signed as those of runs are
// (Standard Webhooks); id is the same at each attempt. What fails is said
// without the address, which may hold a secret.
func (c Courier) TellHook(ctx context.Context, tenant int64, address string, sealed []byte, id string, body []byte) error {
	secrets, err := c.Seal.open(sealed, hookLabel(tenant))
	if err != nil {
		return err
	}
	return c.postSigned(ctx, address, secrets, id, body)
}
