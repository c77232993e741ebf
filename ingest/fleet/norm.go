package fleet

// UserNorm is how many users each reader and each gateway should have at
// least (OB-H6); farAbove is how many times that is too many for one (ours:
// at 50 people a queue forms when a shift changes).
const (
	UserNorm = 5
	farAbove = 10
)

// Norm is how a number of users compares with the norm.
type Norm string

// The norms.
const (
	NormBelow    Norm = "below"
	NormMet      Norm = "met"
	NormFarAbove Norm = "far_above"
)

// NormOf compares a number of users with the norm (OB-H6).
func NormOf(users int) Norm {
	switch {
	case users < UserNorm:
		return NormBelow
	case users > UserNorm*farAbove:
		return NormFarAbove
	}
	return NormMet
}
