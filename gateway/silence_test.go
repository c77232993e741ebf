package gateway

import (
	"errors"
	"net"
	"testing"
	"time"

	"tikklok/gateway/journal"
)

const wanted = 15 * time.Minute

func TestASilenceThatKillsAConnectionIsMadeShorter(t *testing.T) {
	var s silence
	now := time.Now()
	if got := s.keepAlive(wanted); got != wanted {
		t.Errorf("at first %s, want %s", got, wanted)
	}
	s.died(wanted, now)
	if got := s.keepAlive(wanted); got != wanted/2 {
		t.Errorf("after it died once %s, want half", got)
	}
	for range 10 {
		s.died(s.keepAlive(wanted), now)
	}
	if got := s.keepAlive(wanted); got != shortestKeepAlive {
		t.Errorf("after it died again and again %s, want %s", got, shortestKeepAlive)
	}
}

func TestAConnectionThatDiesForAnotherReasonTeachesNothing(t *testing.T) {
	var s silence
	now := time.Now()
	s.died(time.Second, now) // it had just spoken
	s.survived(wanted, now)
	s.died(wanted, now) // what held before may fail once
	if got := s.keepAlive(wanted); got != wanted {
		t.Errorf("%s, want %s", got, wanted)
	}
	s.died(wanted, now)
	if got := s.keepAlive(wanted); got >= wanted {
		t.Errorf("%s after it failed twice, want less", got)
	}
}

func TestALongerSilenceIsTriedAgainAfterADayAndThenMoreRarely(t *testing.T) {
	var s silence
	now := time.Now()
	s.died(wanted, now)
	short := s.keepAlive(wanted)
	s.survived(short, now.Add(time.Hour))
	if got := s.keepAlive(wanted); got != short {
		t.Errorf("after an hour %s, want %s", got, short)
	}
	now = now.Add(trialFirst)
	s.survived(short, now)
	longer := s.keepAlive(wanted)
	if longer <= short {
		t.Errorf("after a day %s, want more than %s", longer, short)
	}
	s.died(longer, now)
	if got := s.keepAlive(wanted); got != short {
		t.Errorf("after that failed %s, want what held: %s", got, short)
	}
	s.survived(short, now.Add(trialFirst))
	if got := s.keepAlive(wanted); got != short {
		t.Errorf("tried again after a day, want two: %s", got)
	}
}

func TestAConnectionKnowsTheSilenceItLivedThrough(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	far, err := l.Accept()
	must(t, err)
	defer far.Close()
	var lived time.Duration
	c := newCounted(near.(*net.TCPConn), func(d time.Duration) { lived = d })
	defer c.Close()
	c.moved = time.Now().Add(-time.Hour)
	_, err = c.Write([]byte("ping"))
	must(t, err)
	if d := c.unanswered(); d < time.Hour {
		t.Errorf("unanswered after %s, want an hour", d)
	}
	_, err = far.Write([]byte("pong"))
	must(t, err)
	_, err = c.Read(make([]byte, 4))
	must(t, err)
	if lived < time.Hour || c.unanswered() != 0 {
		t.Errorf("lived through %s, unanswered %s", lived, c.unanswered())
	}
	if n := c.carried(); n < 3*52 || n > 1000 { // three segments to open, two with data
		t.Errorf("carried %d bytes", n)
	}
	carried := c.carried()
	must(t, c.Close())
	if c.carried() < carried {
		t.Error("a closed connection forgot what it carried")
	}
}

func TestAReaderThatChangesItsMindAllTheTimeIsToldEverMoreRarely(t *testing.T) {
	owing, rest := time.Duration(0), time.Duration(0)
	told := func() {
		owing = max(0, owing-rest) + stateEach
		rest = restAfter(owing)
	}
	for n := range stateBurst - 1 {
		if told(); rest != stateRest {
			t.Fatalf("the change after %d is told after %s, want %s", n+1, rest, stateRest)
		}
	}
	for range 20 {
		told()
	}
	if rest != stateEach {
		t.Errorf("%s in the long run, want %s", rest, stateEach)
	}
	rest = stateBurst * stateEach // calm
	if told(); rest != stateRest {
		t.Errorf("%s after a calm time, want %s", rest, stateRest)
	}
}

func TestTheServerIsToldWhenTheTapsThatWaitedHaveArrived(t *testing.T) {
	s, l := newServer(t), newLine(t)
	s.open(t)
	at := quick
	at.stateEvery = time.Hour
	dir := folder(t)
	startAt(t, s, at, dir, Port{Path: l.path, Protocol: "em4100"})
	tap(t, l, 1)
	until(t, "the first tap is answered", func() bool { r, err := journal.Inspect(dir); return err == nil && s.count() == 1 && r.Unsent == 0 })
	s.mu.Lock()
	s.silent = true
	s.mu.Unlock()
	tap(t, l, 2)
	until(t, "the second is committed", func() bool { return s.count() == 2 })
	for _, c := range s.broker.Clients.GetAll() {
		if !c.Net.Inline {
			c.Stop(errors.New("cut"))
		}
	}
	until(t, "the server is told that it waits", func() bool { return look(s, func() bool { return s.state.Unsent == 1 }) })
	s.mu.Lock()
	s.silent = false
	s.mu.Unlock()
	until(t, "and that none waits any more", func() bool { return look(s, func() bool { return s.state.Unsent == 0 }) })
}
