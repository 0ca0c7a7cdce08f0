// Package issue finds which service requests, over all channels, are about one
// problem. Two requests are compared when they have a place in common, lie a
// few steps apart or are near copies; how likely a pair is one problem is read
// from a Model that was learned without labels; average-link clustering makes
// issues of pairs. What people decided of pairs goes before every probability.
//
// The model asks how often pairs at one place are as alike in words, as near
// in time and as equal in category as this pair is, and how often pairs at two
// different places are, which can't be one problem. What is in excess at one
// place is the share of true pairs: the space-time test of Knox (The detection
// of space-time interactions, 1964) read as the local false discovery rate of
// Efron (Large-scale simultaneous hypothesis testing, JASA 2004).
//
// Read makes of a request what has to be kept of it: hashes, no text. Fit
// learns a Model of that, and Grow brings the issues of a Store up to a day:
// it reads the requests near in time to those that are new, and the issues
// that these touch, and gives back what changed. Whatever the days, the issues
// are those of all requests grouped at once.
package issue

import (
	"strings"
	"time"

	"huiliu/internal/fault"
)

// Level says how exactly a place is known.
type Level int

// The levels of a place, the widest first. Unknown is for a place that is only
// text. Community is too wide to bring two requests together. House is a
// number of a road, which may have several buildings behind it.
const (
	Unknown Level = iota
	Community
	Road
	Compound
	House
	Building
)

// Spot is one place that an address was linked to, by its identifier.
type Spot struct {
	ID    string
	Level Level
}

// Point is in degrees, WGS 84.
type Point struct{ Lat, Long float64 }

// Place is where a request is about: what is known of it, the more the
// better; each part may be missing.
type Place struct {
	// ID is the place that the address was linked to, and Level its level.
	ID    string
	Level Level
	// Within are the wider places that hold it: the compound of a building,
	// the road of a house. Two buildings of one compound are told from two of
	// which one is known by its compound alone. Give none of which one has more
	// than Options.Neighbours requests in some months: chance is told by pairs
	// that lie months apart, and of such a place none are compared.
	Within []Spot
	// Text are the words of the address.
	Text string
	// Point is where the row says that it is, nil for none.
	Point *Point
}

// Request is one service request. ID is unique over all channels and must not
// be empty. Title may be empty, as may Body, Category (any code that means one
// kind of problem), Reporter (a pseudonym) and Channel.
type Request struct {
	ID       string
	Title    string
	Body     string
	At       time.Time
	Place    Place
	Category string
	Reporter string
	Channel  string
	// Number is the request's number in its source. Origin is the number of
	// the request of another source that this one was made of, as a case of
	// city management is of a call: the two are surely one problem. Both may be
	// empty.
	Number, Origin string
}

// Title is what an issue is called by when r represents it: the title, or the
// beginning of the body up to 40 runes.
func Title(r *Request) string {
	s := strings.Join(strings.Fields(r.Title), " ")
	if s == "" {
		s = strings.Join(strings.Fields(r.Body), " ")
	}
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}

// Member is one request of an issue.
type Member struct {
	ID string
	// Share is the mean probability, 0 to 1, that it is one problem with the
	// other members it was compared with; 1 for the only member.
	Share float64
	// With is the member that speaks most for it, empty for the only member;
	// Reason says in words why the two are one problem.
	With   string
	Reason fault.Text
}

// Issue is one problem and the requests about it. It carries no words of them.
type Issue struct {
	// Name is the identifier of the first member. It changes when an earlier
	// report comes late: transform/link/identity gives names that stay.
	Name string
	// Members are in the order of their times, then identifiers.
	Members []Member
	// Representative is the member most like the others, of equals the first:
	// Title of that request names the issue.
	Representative string
	// First is the time of the first report, in UTC.
	First time.Time
	// Reporters counts distinct pseudonyms; requests without one count as one
	// reporter each.
	Reporters int
	// Channels are distinct, sorted, the empty one left out.
	Channels []string
}

// Decisions are what people decided of pairs of requests, by identifier. Where
// two requests are decided both ways, by themselves or through others, they
// stay apart: what a person took apart must not come together again unseen.
// Pairs that name a request that is not there wait for it.
type Decisions struct {
	// Same are pairs that are one problem, Apart pairs that are two.
	Same, Apart [][2]string
}
