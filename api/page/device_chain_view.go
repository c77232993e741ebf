package page

// Chain is the diagnosis of one gateway (OB-H11).
type Chain struct {
	Verdict string    // "ok", "unknown", "suspect", "failing"
	Causes  []Message // all that was heard of the link that fails, the gravest first
	Remedy  Message
	Links   []ChainLink // in the order of the data's way
}

// ChainLink is one link of it.
type ChainLink struct {
	Name     string // "reader", "line", "gateway", …
	Verdict  string
	Evidence []Message // the gravest first
	Remedy   Message
}

// Wrong says whether somebody should look.
func (c Chain) Wrong() bool { return c.Verdict == "suspect" || c.Verdict == "failing" }

// Culprits are the names of the links with the gravest verdict, where that is
// one that somebody should look at.
func (c Chain) Culprits() (names []string) {
	for _, verdict := range []string{"failing", "suspect"} {
		for _, l := range c.Links {
			if l.Verdict == verdict {
				names = append(names, l.Name)
			}
		}
		if names != nil {
			break
		}
	}
	return names
}
