package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// whileSuspended does something while the service is suspended, of which nobody
// in the office sees anything (OB-H10): taps are stored and hours computed all
// the same.
func (w *world) whileSuspended(ctx context.Context, do func() error) error {
	step := func(args ...string) error {
		_, err := run(ctx, "tikklok", append(append([]string{"tenant"}, args...), "--state", w.dir)...)
		return err
	}
	if err := step("suspend", "letter 2026-150", "--ground", "misuse"); err != nil {
		return err
	}
	if err := errors.Join(do(), w.shutOut(ctx)); err != nil {
		return err
	}
	return step("lift", "paid")
}

// shutOut says whether the administrator, who is signed in, is kept out.
func (w *world) shutOut(ctx context.Context) error {
	_, err := w.api.raw(ctx, "GET", "/api/v1/employees", nil)
	if err == nil || !strings.Contains(err.Error(), http.StatusText(http.StatusForbidden)) {
		return fmt.Errorf("the service is suspended, and the office gets in: %v", err)
	}
	return nil
}
