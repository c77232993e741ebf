package delivery

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// signingPrefix begins a secret of Standard Webhooks: base64 of its bytes follows.
const signingPrefix = "whsec_"

// newSigning makes a secret for signing webhooks, of 256 random bits.
func newSigning() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return signingPrefix + base64.StdEncoding.EncodeToString(key)
}

// sign gives the header webhook-signature of Standard Webhooks: HMAC-SHA256
// over id, instant and body, under the secret in use and, while it is being
// replaced, under the former one.
func (s Secrets) sign(id string, at time.Time, body []byte) (string, error) {
	secrets := []string{s.Signing}
	if s.Former != "" && at.Before(s.FormerUntil) {
		secrets = append(secrets, s.Former)
	}
	var all []string
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, signingPrefix))
		if err != nil {
			return "", fmt.Errorf("signing a webhook: %w", err)
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " "), nil
}

// hide takes the secrets out of what another end said: it may repeat what it
// was sent.
func (s Secrets) hide(text string) string {
	for _, secret := range []string{s.Token, s.Password} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

// newPrivateKey makes a key to sign in with, in the form of OpenSSH.
func newPrivateKey() (string, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "tikklok")
	if err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	return string(pem.EncodeToMemory(block)), nil
}
