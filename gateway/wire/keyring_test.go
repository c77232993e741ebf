package wire

import (
	"bytes"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"

	"tikklok/gateway/wire/internal/pb"
)

func FuzzDecodeKeyRing(f *testing.F) {
	ring := &pb.KeyRing{Current: 2, Keys: []*pb.Key{{Version: 1, Secret: make([]byte, 32)}, {Version: 2, Secret: bytes.Repeat([]byte{2}, 32)}}}
	f.Add(marshal(ring))
	f.Add(marshal(&pb.KeyRing{Current: 3, Keys: ring.Keys}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeKeyRing(b)
		if err != nil {
			return
		}
		if k, ok := r.Key(r.Current); !ok || len(k.Secret) != 32 || len(r.Keys) > MaxKeys {
			t.Fatalf("taken: %+v", r)
		}
		m := &pb.KeyRing{Current: r.Current}
		for _, k := range r.Keys {
			m.Keys = append(m.Keys, &pb.Key{Version: k.Version, Secret: k.Secret})
		}
		again, err := decodeKeyRing(marshal(m))
		if err != nil || !reflect.DeepEqual(again, r) || proto.Size(m) > MaxSealed {
			t.Errorf("%v: %+v reads back as %+v", err, r, again)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	for _, message := range [][]byte{nil, []byte("hello"), make([]byte, 300)} {
		var b bytes.Buffer
		if err := WriteFrame(&b, message); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, b []byte) {
		message, err := ReadFrame(bytes.NewReader(b))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := WriteFrame(&again, message); err != nil || !bytes.HasPrefix(b, again.Bytes()) || len(message) > maxEnrol {
			t.Errorf("%d bytes are not what was written (%v)", len(message), err)
		}
	})
}
