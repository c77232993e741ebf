package wire

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"tikklok/gateway/wire/internal/pb"
)

// typical is 20 taps of 10 fobs through one reader without memory, with one
// time pair, as a gateway sends them in the morning.
func typical() Batch {
	l := Log{
		Stream: Stream{Origin: 12, Epoch: 0x8899AABBCCDDEEFF}, Highest: 1043, KeyVersion: 1,
		Pairs: []Pair{{Tick: 86_400_000, Instant: 1_790_000_000_000, Bound: 25, Source: SourceDisciplined}},
	}
	for i := range 20 {
		tick := 86_400_000 + uint64(i)*41_739
		token := Token{byte(i % 10), 0x9E, 0x37, 0x79, 0xB9, 0x7F, 0x4A, byte(i % 10)}
		l.Taps = append(l.Taps, Tap{Seq: 1024 + uint64(i), Tick: tick, Wall: 1_790_000_000_000 + int64(i)*41_739, Token: token, Reader: "front"})
	}
	return Batch{Logs: []Log{l}}
}

func TestBatchesComeBackAsTheyWere(t *testing.T) {
	gateway, reader := Stream{7, 9}, Stream{FirstReader + 1, 1<<64 - 1}
	for name, b := range map[string]Batch{
		"empty":             {},
		"twins and renewal": {Twins: []Twin{{1, 2, Token{1}, Token{2}}, {1, 2, Token{3}, Token{4}}, {2, 3, Token{2}, Token{5}}}, Renewal: []byte{0x30}},
		"typical":           typical(),
		"log without taps":  {Logs: []Log{{Stream: gateway, Highest: 3}}},
		"start":             {Logs: []Log{{Stream: gateway, Start: &Start{Predecessor: 5, PredecessorLast: MaxSeq, TolerancePPM: 20}}}},
		"pairs alone": {Logs: []Log{{Stream: reader, Pairs: []Pair{
			{Tick: 0, Instant: -MaxInstant, Bound: 1<<32 - 1, Source: SourceUndisciplined},
			{Tick: MaxTick, Instant: MaxInstant, Source: SourceServer},
		}}}},
		"extremes": {Logs: []Log{{Stream: Stream{MaxOrigin, 1}, Highest: MaxSeq, KeyVersion: MaxKeyVersion, Taps: []Tap{
			{Seq: 1, Tick: 0, Wall: MaxInstant}, {Seq: MaxSeq, Tick: MaxTick, Wall: -MaxInstant, Gap: 1<<32 - 1},
		}}}},
		"a clock that equals its tick": {Logs: []Log{{Stream: gateway, Highest: 1, KeyVersion: 1, Taps: []Tap{{Seq: 1, Tick: 5, Wall: 5}}}}},
		"a clock that came late":       {Logs: []Log{{Stream: gateway, Highest: 2, KeyVersion: 1, Taps: []Tap{{Seq: 1, Tick: 5}, {Seq: 2, Tick: 9, Wall: 1e12}}}}},
		"readers, gaps and holes": {Logs: []Log{{Stream: gateway, Highest: 9, KeyVersion: 2, Taps: []Tap{
			{Seq: 2, Tick: 5, Token: Token{1}, Reader: "a"}, {Seq: 5, Tick: 5, Token: Token{2}, Reader: "b", Gap: 7}, {Seq: 9, Tick: 6, Token: Token{1}, Reader: ""},
		}}}},
		"two logs share tokens": {Logs: []Log{
			{Stream: gateway, Highest: 1, KeyVersion: 1, Taps: []Tap{{Seq: 1, Token: Token{3}, Reader: "a"}}},
			{Stream: reader, Highest: 1, KeyVersion: 1, Taps: []Tap{{Seq: 1, Token: Token{3}}}},
		}},
		"tokens old and new": {Logs: []Log{
			{Stream: gateway, Highest: 9, KeyVersion: 1, Taps: []Tap{{Seq: 1, Token: Token{1}}, {Seq: 2, Token: Token{2}}, {Seq: 3, Token: Token{1}}, {Seq: 4, Token: Token{3}}}},
			{Stream: reader, Highest: 3, KeyVersion: 1, Taps: []Tap{{Seq: 1, Token: Token{4}}, {Seq: 2, Token: Token{3}}, {Seq: 3, Token: Token{5}}}},
		}},
		"missing": {Missing: []Span{{gateway, 1, 1}, {reader, 5, MaxSeq}}},
	} {
		got, err := DecodeBatch(b.Encode())
		if err != nil || !reflect.DeepEqual(got, b) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, err, got, b)
		}
	}
}

func TestEncodedLiesAreRefused(t *testing.T) {
	tap := func(seq, tick uint64) Tap { return Tap{Seq: seq, Tick: tick} }
	for want, l := range map[string]Log{
		"seq":          {Highest: 9, Taps: []Tap{tap(2, 1), tap(2, 1)}},
		"seq: 3":       {Highest: 9, Taps: []Tap{tap(3, 1), tap(2, 1)}},
		"seq: 0":       {Highest: 9, Taps: []Tap{tap(0, 1)}},
		"ticks":        {Highest: 9, Taps: []Tap{tap(1, 2), tap(2, 1)}},
		"ticks: 0":     {Highest: 9, Taps: []Tap{tap(1, MaxTick+1)}},
		"highest: 2 +": {Highest: 1, Taps: []Tap{tap(2, 1)}},
		"wall":         {Highest: 1, Taps: []Tap{{Seq: 1, Wall: MaxInstant + 1}}},
		"readers":      {Highest: 1, Taps: []Tap{{Seq: 1, Reader: strings.Repeat("x", MaxText+1)}}},
		"source 9":     {Pairs: []Pair{{Source: 9}}},
		"instant":      {Pairs: []Pair{{Source: 1, Instant: -MaxInstant - 1}}},
		"pairs: tick":  {Pairs: []Pair{{Source: 1, Tick: MaxTick + 1}}},
		"start":        {Start: &Start{PredecessorLast: MaxSeq + 1}},
	} {
		l.Stream, l.KeyVersion = Stream{1, 1}, 1
		if _, err := DecodeBatch(Batch{Logs: []Log{l}}.Encode()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	for want, l := range map[string]Log{
		"origin 0":    {Stream: Stream{0, 1}},
		"origin 9":    {Stream: Stream{MaxOrigin + 1, 1}},
		"epoch 0":     {Stream: Stream{1, 0}},
		"key_version": {Stream: Stream{1, 1}, Highest: 1, Taps: []Tap{tap(1, 1)}},
		"pairs":       {Stream: Stream{1, 1}, KeyVersion: 1, Taps: make([]Tap, MaxTaps+1)},
		"highest":     {Stream: Stream{1, 1}, Highest: MaxSeq + 1},
	} {
		if _, err := DecodeBatch(Batch{Logs: []Log{l}}.Encode()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestColumnsThatLieAreNamed(t *testing.T) {
	for want, spoil := range map[string]func(*pb.Batch, *pb.Log){
		"tokens: 79 bytes":    func(b *pb.Batch, _ *pb.Log) { b.Tokens = b.Tokens[1:] },
		"tokens: index":       func(b *pb.Batch, _ *pb.Log) { b.Tokens = nil },
		"tokens: index 11":    func(_ *pb.Batch, l *pb.Log) { l.Tokens[9] = 11 },
		"seq_steps: 3":        func(_ *pb.Batch, l *pb.Log) { l.SeqSteps = []uint64{1, 1, 1} },
		"seq: 1024 + 1844":    func(_ *pb.Batch, l *pb.Log) { l.SeqSteps = make([]uint64, 19); l.SeqSteps[0] = 1<<64 - 1 },
		"seq: 1024 + 0":       func(_ *pb.Batch, l *pb.Log) { l.SeqSteps = make([]uint64, 19) },
		"reader: 1 entries":   func(_ *pb.Batch, l *pb.Log) { l.Reader = []uint32{0} },
		"reader: index 0":     func(_ *pb.Batch, l *pb.Log) { l.Readers, l.Reader = nil, make([]uint32, 20) },
		"gaps":                func(_ *pb.Batch, l *pb.Log) { l.Gaps = []uint32{1} },
		"wall_steps: 1":       func(_ *pb.Batch, l *pb.Log) { l.WallSteps = []int64{1} },
		"wall_steps without":  func(_ *pb.Batch, l *pb.Log) { l.Wall, l.WallSteps = nil, make([]int64, 19) },
		"wall: instant":       func(_ *pb.Batch, l *pb.Log) { l.WallSteps = make([]int64, 19); l.WallSteps[3] = 1<<63 - 1 },
		"pairs: 3 entries":    func(_ *pb.Batch, l *pb.Log) { l.Pairs = l.Pairs[1:] },
		"pairs: bound -1":     func(_ *pb.Batch, l *pb.Log) { l.Pairs[2] = -1 },
		"pairs: tick -":       func(_ *pb.Batch, l *pb.Log) { l.Pairs[0] = -1 << 63 },
		"tokens: index 10":    func(_ *pb.Batch, l *pb.Log) { l.Tokens = nil },
		"tokens: 21 entries":  func(_ *pb.Batch, l *pb.Log) { l.Tokens = make([]uint32, 21) },
		"readers: a name of":  func(_ *pb.Batch, l *pb.Log) { l.Readers = []string{"front\x00"} },
		"tokens: 10 entries":  func(_ *pb.Batch, l *pb.Log) { l.Ticks = nil },
		"version 2":           func(b *pb.Batch, _ *pb.Log) { b.Version = 2 },
		"version 0":           func(b *pb.Batch, _ *pb.Log) { b.Version = 0 },
		"missing: seqs 3…2":   func(b *pb.Batch, _ *pb.Log) { b.Missing = []*pb.Span{{Origin: 1, Epoch: 1, From: 3, To: 2}} },
		"missing: seqs 0…2":   func(b *pb.Batch, _ *pb.Log) { b.Missing = []*pb.Span{{Origin: 1, Epoch: 1, To: 2}} },
		"missing: origin 0":   func(b *pb.Batch, _ *pb.Log) { b.Missing = []*pb.Span{{}} },
		"field 3 stands 1025": func(b *pb.Batch, _ *pb.Log) { b.Logs = make([]*pb.Log, MaxLogs+1) },
	} {
		m := &pb.Batch{}
		if err := proto.Unmarshal(typical().Encode(), m); err != nil {
			t.Fatal(err)
		}
		spoil(m, m.Logs[0])
		if _, err := DecodeBatch(marshal(m)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	if _, err := DecodeBatch(make([]byte, MaxMessage+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a payload that is too long: %v", err)
	}
}

func TestUnknownFieldsArePassedOver(t *testing.T) {
	b := typical().Encode()
	b = protowire.AppendTag(b, 900, protowire.BytesType)
	b = protowire.AppendString(b, "from the future")
	if got, err := DecodeBatch(b); err != nil || !reflect.DeepEqual(got, typical()) {
		t.Errorf("%v: %+v", err, got)
	}
}

// The bound holds the price of a registration over GPRS down.
func TestTypicalBatchTakesAtMost10BytesARegistration(t *testing.T) {
	if n := len(typical().Encode()); n > 10*20 {
		t.Errorf("%d bytes for 20 registrations", n)
	}
}

// BenchmarkBatchBytes weighs a typical batch against the same in JSON.
func BenchmarkBatchBytes(b *testing.B) {
	batch := typical()
	plain, err := json.Marshal(batch)
	if err != nil {
		b.Fatal(err)
	}
	var n int
	for b.Loop() {
		n = len(batch.Encode())
	}
	fmt.Printf("bench batch_bytes value=%.2f unit=bytes/registration reference=json reference_value=%.2f ratio=%.3f goal=14\n",
		float64(n)/20, float64(len(plain))/20, float64(n)/float64(len(plain)))
}

func BenchmarkDecodeBatch(b *testing.B) {
	payload := typical().Encode()
	for b.Loop() {
		if _, err := DecodeBatch(payload); err != nil {
			b.Fatal(err)
		}
	}
}

// Whoever reads the published .proto reads what a gateway sends.
func TestThePublishedProtoIsTheTruth(t *testing.T) {
	source, err := os.ReadFile("tikklok.proto")
	if err != nil {
		t.Fatal(err)
	}
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"tikklok.proto": string(source)}),
	}}
	files, err := compiler.Compile(t.Context(), "tikklok.proto")
	if err != nil {
		t.Fatal(err)
	}
	batch := dynamicpb.NewMessage(files[0].Messages().ByName("Batch"))
	if err := proto.Unmarshal(typical().Encode(), batch); err != nil {
		t.Fatal(err)
	}
	if n := len(batch.GetUnknown()); n > 0 {
		t.Errorf("%d bytes that the .proto doesn't know", n)
	}
	log := batch.Get(batch.Descriptor().Fields().ByName("logs")).List().Get(0).Message()
	ticks := log.Get(log.Descriptor().Fields().ByName("ticks")).List()
	var tick uint64
	for i, tap := range typical().Logs[0].Taps {
		if tick += ticks.Get(i).Uint(); tick != tap.Tick {
			t.Fatalf("tap %d: tick %d, want %d", i, tick, tap.Tick)
		}
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(typical().Encode())
	f.Add(Batch{Missing: []Span{{Stream{1, 1}, 1, 2}}}.Encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := DecodeBatch(payload)
		if err != nil {
			return
		}
		again, err := DecodeBatch(b.Encode())
		if err != nil || !reflect.DeepEqual(again, b) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, b)
		}
	})
}
