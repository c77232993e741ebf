package people

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// What a password costs to check: argon2id (RFC 9106) above OWASP's least
// (19 MiB, 2 passes), about 40 ms on one slow core.
const (
	argonMemory  = 24 * 1024 // KiB
	argonTime    = 3
	argonThreads = 1
	argonKey     = 32
)

// Lock-out: lockAfter failures lock an account for lockFirst, doubled by every
// further failure up to lockMost (OB-C3).
const (
	lockAfter = 5
	lockFirst = time.Minute
	lockMost  = time.Hour
)

// GeneratePassword gives a password of 100 random bits, for an account that
// somebody else makes.
func GeneratePassword() string { return rand.Text()[:20] }

func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < 10 || n > 200 {
		return ErrWeakPassword
	}
	return nil
}

// hashPassword gives a PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func hashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	return phc(salt, argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey))
}

func phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// nobody is checked where no account is found, so that an unknown address
// takes as long as a known one.
func nobody() string { return phc(make([]byte, 16), make([]byte, argonKey)) }

// matches checks a password against a PHC string; one it can't read matches
// nothing.
func matches(hash, password string) bool {
	var version int
	var memory, passes uint32
	var threads uint8
	var rest string
	if _, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &passes, &threads, &rest); err != nil || version != argon2.Version {
		return false
	}
	saltText, keyText, _ := strings.Cut(rest, "$")
	salt, err1 := base64.RawStdEncoding.DecodeString(saltText)
	key, err2 := base64.RawStdEncoding.DecodeString(keyText)
	if err1 != nil || err2 != nil || len(key) != argonKey || memory > 1<<20 || passes == 0 || threads == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, argonKey)
	return subtle.ConstantTimeCompare(got, key) == 1
}

// lockFor gives how long an account is closed after that many failures.
func lockFor(failures int) time.Duration {
	if failures < lockAfter {
		return 0
	}
	d := lockFirst
	for ; failures > lockAfter && d < lockMost; failures-- {
		d *= 2
	}
	return min(d, lockMost)
}
