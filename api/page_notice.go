package api

import (
	"context"
	"encoding/json"

	"tikklok/api/page"
)

// notice tells, on the next page, how an action went.
type notice struct {
	Bad    bool
	Key    string
	Values []string      `json:",omitempty"`
	Why    page.Message  `json:",omitzero"`  // of notice.failed; its values are texts
	Undo   string        `json:",omitempty"` // where to post
	Hidden []page.Hidden `json:",omitempty"` // what to post
}

func (s *Server) leave(ctx context.Context, n notice) {
	raw, err := json.Marshal(n)
	if err != nil {
		return // strings only: it can't fail
	}
	s.sessions.Put(ctx, keyNotice, string(raw))
}

func (s *Server) takeNotice(ctx context.Context) *page.Notice {
	var n notice
	if json.Unmarshal([]byte(s.sessions.PopString(ctx, keyNotice)), &n) != nil {
		return nil
	}
	values := make([]any, len(n.Values))
	for i, v := range n.Values {
		values[i] = v
	}
	if n.Why.Key != "" {
		values = append(values, n.Why)
	}
	v := &page.Notice{Bad: n.Bad, Text: page.Say(n.Key, values...)}
	if n.Undo != "" {
		v.Undo = &page.UndoForm{Action: n.Undo, Values: n.Hidden}
	}
	return v
}
