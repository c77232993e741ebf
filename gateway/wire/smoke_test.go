package wire

import ("testing";"reflect")

func TestX(t *testing.T){
 b := Batch{Logs: []Log{{Stream: Stream{7,9}, Highest: 5, KeyVersion:1, Taps: []Tap{{Seq:2,Tick:5,Wall:7,Token:Token{1},Reader:"a"},{Seq:5,Tick:9,Token:Token{2},Reader:"b"}}, Pairs: []Pair{{5,6,7,1}}}}}
 g, err := DecodeBatch(b.Encode())
 if err!=nil || !reflect.DeepEqual(g,b) { t.Fatalf("%+v %v", g, err)}
}
