package wire

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"reflect"
	"testing"

	"tikklok/gateway/wire/internal/pb"
)

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOnlyTheGatewayItIsSealedToOpensAKeyRing(t *testing.T) { // I7
	own, ring := newKey(t), KeyRing{2, []TokenKey{{1, bytes.Repeat([]byte{1}, 32)}, {2, bytes.Repeat([]byte{2}, 32)}}}
	sealed, err := SealKeys(&own.PublicKey, ring)
	if err != nil || len(sealed) > MaxSealed {
		t.Fatalf("%d bytes, %v", len(sealed), err)
	}
	if got, err := OpenKeys(own, sealed); err != nil || !reflect.DeepEqual(got, ring) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, ring)
	}
	if _, err := OpenKeys(newKey(t), sealed); err == nil {
		t.Error("another gateway opened it")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := OpenKeys(own, sealed); err == nil {
		t.Error("a changed one was opened")
	}
}

func TestAKeyRingThatCannotBeUsedIsRefused(t *testing.T) {
	good := &pb.Key{Version: 1, Secret: make([]byte, 32)}
	for name, m := range map[string]*pb.KeyRing{
		"no current key":  {Current: 2, Keys: []*pb.Key{good}},
		"a short secret":  {Current: 1, Keys: []*pb.Key{{Version: 1, Secret: make([]byte, 31)}}},
		"version 0":       {Keys: []*pb.Key{{Secret: make([]byte, 32)}}},
		"a great version": {Current: 1 << 20, Keys: []*pb.Key{{Version: 1 << 20, Secret: make([]byte, 32)}}},
	} {
		if r, err := decodeKeyRing(marshal(m)); err == nil {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}
