package probe

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// PathAccount is where the server says how the account of the probe stands
// whose key asks.
const PathAccount = "/api/v1/probe/account"

// accountMost is how long its answer may take.
const accountMost = 5 * time.Second

// lockedOut is a fault of its own only where it came first: a door that refuses
// right passwords locks the account by the probe's own visits.
const lockedOut = "its account is locked after wrong passwords, for an hour at most; look in the audit log of the probes' tenant who tries them"

// OwnFault says what became of the probe's own account, where that is why the
// door refuses it, and what to do: nobody else is kept out then. "": as far as
// the server says it would let the account in, and so others may be kept out.
func (c *Courier) OwnFault(ctx context.Context) string {
	ctx, stop := context.WithTimeout(ctx, accountMost)
	defer stop()
	content, err := c.call(ctx, http.MethodGet, PathAccount, nil, nil)
	if a, ok := errors.AsType[answer](err); ok && a.refusesKey() {
		return "its account and its key were both cut off; make another probe with `tikklok probe add`"
	}
	var a struct {
		Standing string `json:"standing"`
	}
	if err != nil || json.Unmarshal(content, &a) != nil {
		return ""
	}
	switch a.Standing {
	case "closed":
		return "its account was closed; make another probe with `tikklok probe add`"
	case "changed":
		return "its account has another password since; write that in the probe's file, and start the probe again"
	case "locked":
		return lockedOut
	}
	return ""
}
