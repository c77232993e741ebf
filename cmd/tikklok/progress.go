package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress tells how far long work is: a bar that moves on a terminal, a line
// now and then elsewhere. Work that is done soon shows nothing.
type progress struct {
	to       io.Writer
	terminal bool
	what     string // "employees"
	began    time.Time
	said     time.Time
	shown    bool
}

// progressEvery is how often work tells where nobody watches; a bar moves ten
// times as often.
const progressEvery = 2 * time.Second

func newProgress(what string) *progress {
	info, err := os.Stderr.Stat()
	now := time.Now()
	return &progress{to: os.Stderr, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0, what: what, began: now, said: now}
}

// at tells that done of all are done.
func (p *progress) at(done, all int) {
	now, every := time.Now(), progressEvery
	if p.terminal {
		every /= 10
	}
	if now.Sub(p.said) < every || all <= 0 {
		return
	}
	p.said, p.shown = now, true
	if !p.terminal {
		fmt.Fprintf(p.to, "%d of %d %s\n", done, all, p.what)
		return
	}
	fmt.Fprintf(p.to, "\r%s %d of %d %s, %s ", bar(done, all), done, all, p.what, now.Sub(p.began).Round(time.Second))
}

// end takes the bar away.
func (p *progress) end() {
	if p.terminal && p.shown {
		fmt.Fprint(p.to, "\r\033[K")
	}
}

const barWidth = 30 // characters

func bar(done, all int) string {
	full := min(max(done, 0), all) * barWidth / all
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "]"
}
