package request

import (
	"testing"

	"tikklok/ingest/press/presstest"
)

func TestLanguagesSayTheSame(t *testing.T) { presstest.SayTheSame(t, texts) }
