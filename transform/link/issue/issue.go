// Package issue finds which service requests, over all channels, are about one
// problem. Two requests are compared when they name a place in common or are
// near copies; how likely a pair is one problem is read from a Model that was
// learned without labels; average-link clustering makes issues of pairs.
//
// The model asks how often pairs at one place are as alike in words, as near
// in time and as equal in category as this pair is, and how often pairs at two
// different places are, which can't be one problem. What is in excess at one
// place is the share of true pairs: the space-time test of Knox (The detection
// of space-time interactions, 1964) read as the local false discovery rate of
// Efron (Large-scale simultaneous hypothesis testing, JASA 2004).
//
// Titles and reasons carry words of the requests: who stores an Issue seals
// them as it seals these.
package issue

import "time"

// Level says how exactly a place is known.
type Level int

// The levels of a place, the widest first. Unknown is for a place that is only
// text. Community is too wide to bring two requests together by itself.
const (
	Unknown Level = iota
	Community
	Road
	Compound
	Building
)

// Place is where a request is about: an identifier with its level when an
// address was linked, or the words of the address, or both, or neither.
type Place struct {
	ID    string
	Level Level
	Text  string
}

// Request is one service request. ID is unique in the corpus and must not be
// empty. Title may be empty, as may Body, Category (any code that means one
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
}

// Reason is why a request is in its issue, as one sentence in each language.
type Reason struct{ EN, ZH string }

// Member is one request of an issue.
type Member struct {
	ID string
	// Share is the mean probability, 0 to 1, that it is one problem with the
	// other members it was compared with; 1 for the only member.
	Share  float64
	Reason Reason
}

// Issue is one problem and the requests about it.
type Issue struct {
	// Members are in the order of their times, then identifiers.
	Members []Member
	// Representative is the member most like the others; Title its title, or
	// the beginning of its body when it has none.
	Representative string
	Title          string
	// First is the time of the first report.
	First time.Time
	// Reporters counts distinct pseudonyms; requests without one count as one
	// reporter each.
	Reporters int
	// Channels are distinct, sorted, the empty one left out.
	Channels []string
}

// Options are the bounds of the work and of the clustering. None of them was
// set by labels.
type Options struct {
	// Probability is the mean probability that two groups need to become one
	// issue. Two problems in one issue hide one of them, one problem in two
	// issues is only seen twice: the first is held to cost twice as much, which
	// makes it two thirds.
	Probability float64
	// Burst is how many requests within BurstSpan make a burst. While it lasts, a
	// request from its place is about it that many times more likely than at other
	// times, so that the odds it needs to join are lower by this factor.
	Burst     int
	BurstSpan time.Duration
	// Neighbours is with how many earlier requests of one place a request is
	// compared; it bounds the pairs of a place that everybody names.
	Neighbours int
	// Horizon is the longest time between two requests that are compared.
	Horizon time.Duration
	// Runes is how much of a body is read: later parts wander to other places
	// and problems.
	Runes int
}

// DefaultOptions are sound for a city's hotline.
func DefaultOptions() Options {
	return Options{Probability: 2. / 3, Burst: 10, BurstSpan: 30 * 24 * time.Hour, Neighbours: 200,
		Horizon: 365 * 24 * time.Hour, Runes: 200}
}
